/** Values that a template holds where a person's own belong. They have the right form, so nothing else would refuse them. */

interface Placeholder {
  readonly looks: RegExp;
  readonly instead: string;
}

const UUID: RegExp = /^0{8}-0{4}-/;
/** By the setting's path; list positions are left out. */
const PLACEHOLDERS: Readonly<Record<string, Placeholder>> = {
  runAs: { looks: UUID, instead: "the application id of the service principal that runs production" },
  "compute.budgetPolicyId": { looks: UUID, instead: "the id of your serverless usage policy, or take the line out" },
  "compute.clusterPolicyId": { looks: /^0+$/, instead: "the id of your cluster policy" },
  // Domains that nobody can own: RFC 2606 and RFC 6761.
  alerts: {
    looks: /@(.*\.)?(example\.(com|org|net)|example|invalid|test|localhost)$/i,
    instead: "an address that somebody reads",
  },
  workspaceIds: {
    looks: /^(0+|1234567890\d*)$/,
    instead: "the id of your workspace: the digits after ?o= in its address",
  },
  storageRoot: { looks: /[/@.](example|your|my)[-.]|<|>/i, instead: "the URL of your external location" },
};

export interface Found {
  readonly path: readonly (string | number)[];
  readonly instead: string;
}

/** Every placeholder in parsed settings. */
export function placeholdersIn(settings: object, path: readonly (string | number)[] = []): Found[] {
  return Object.entries(settings).flatMap(([key, value]): Found[] => {
    const at = [...path, Array.isArray(settings) ? Number(key) : key];
    if (typeof value === "object" && value !== null) return placeholdersIn(value, at);
    const known = PLACEHOLDERS[at.filter((part) => typeof part === "string").join(".")];
    return typeof value === "string" && known?.looks.test(value) ? [{ path: at, instead: known.instead }] : [];
  });
}
