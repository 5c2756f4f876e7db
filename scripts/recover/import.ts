/** What the Pulumi CLI takes to put orphans into a state. */
import { nameOf, type Orphan } from "./model.ts";

interface ImportFile {
  /** Names by which the entries refer to resources of the state. */
  readonly nameTable: Readonly<Record<string, string>>;
  readonly resources: readonly Readonly<Record<string, string>>[];
}

/** https://www.pulumi.com/docs/iac/guides/migration/import/#bulk-import-operations */
export function importFile(orphans: readonly Orphan[]): ImportFile {
  const nameTable: Record<string, string> = {};
  const refer = (urn: string): string => {
    const name = `known-${Object.keys(nameTable).length}`;
    const known = Object.entries(nameTable).find(([, other]) => other === urn)?.[0];
    if (known === undefined) nameTable[name] = urn;
    return known ?? name;
  };
  const resources = orphans.map(({ wanted: { urn, type, parent, provider }, match: { id } }) => ({
    type,
    name: nameOf(urn),
    id,
    ...(parent === undefined || parent.includes("pulumi:pulumi:Stack::") ? {} : { parent: refer(parent) }),
    ...providerOf(provider, refer),
  }));
  return { nameTable, resources };
}

/** A default provider is named by its version (`default_1_110_0`); another one is a resource of the state. */
function providerOf(reference: string | undefined, refer: (urn: string) => string): Readonly<Record<string, string>> {
  if (reference === undefined) return {};
  const urn = reference.slice(0, reference.lastIndexOf("::"));
  const version = /::default_(\d+)_(\d+)_(\d+)/.exec(urn)?.slice(1).join(".");
  return version === undefined ? { provider: refer(urn) } : { version };
}

interface Exported {
  readonly deployment?: { readonly pending_operations?: readonly { readonly type?: string }[] };
}

export function withoutPending(exported: Exported): { without: Exported; count: number } {
  const pending = exported.deployment?.pending_operations ?? [];
  const kept = pending.filter(({ type }) => type !== "creating");
  const deployment = { ...exported.deployment, pending_operations: kept };
  return { without: { ...exported, deployment }, count: pending.length - kept.length };
}
