/** Compares what the program wants, what the state has and what is in the workspace. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { mapped } from "../api.ts";
import { type State, text } from "../drift/state.ts";
import type { StepMetadata } from "../pull-request/resources.ts";
import { KINDS } from "./kinds.ts";
import type { Action, Known, Orphan, Wanted } from "./model.ts";
import type { Mode } from "./options.ts";

/** Stands in a preview for a value that is known once something else exists (Pulumi's plugin.UnknownStringValue). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

interface Step extends StepMetadata {
  readonly provider?: string;
}

const kindOf = (type: string): string => /:([A-Za-z0-9]+)$/.exec(type)?.[1] ?? type;

/** What a preview's events say that the next update would create. */
export function wantedIn(events: readonly object[]): Wanted[] {
  const byUrn = new Map<string, Wanted>();
  for (const { resourcePreEvent } of events as readonly { resourcePreEvent?: { metadata: Step } }[]) {
    const step = resourcePreEvent?.metadata;
    if (step?.op !== "create" || step.new?.custom === false) continue;
    const { urn, type, provider } = step;
    byUrn.set(urn, {
      urn,
      type,
      kind: kindOf(type),
      parent: step.new?.parent,
      provider,
      inputs: step.new?.inputs ?? {},
    });
  }
  return [...byUrn.values()];
}

/** Whether a name that the search needs is not known yet: then the object's parent does not exist, nor does it. */
function unknown({ inputs }: Wanted): boolean {
  const names = ["name", "fullName", "catalogName", "schemaName", "path", "parentPath", "displayName", "entityName"];
  return names.some((name) => text(inputs, name)?.includes(UNKNOWN));
}

export async function orphansOf(api: WorkspaceApi, state: State, wanted: readonly Wanted[]): Promise<Orphan[]> {
  const pathOf = (values: Readonly<Record<string, unknown>>): string[] => {
    const path = text(values, "path");
    return path === undefined ? [] : [path];
  };
  const known: Known = {
    paths: new Set([
      ...state.resources.flatMap(({ inputs }) => pathOf(inputs)),
      ...wanted.flatMap((one) => pathOf(one.inputs)),
    ]),
  };
  const missing = wanted.filter((one) => one.kind in KINDS && !unknown(one));
  const lost = await mapped(missing, async (one): Promise<Orphan[]> => {
    const matches = await KINDS[one.kind]!.find(api, one.inputs, known);
    return matches.map((match, at) => ({ wanted: one, match, duplicate: at > 0 }));
  });
  const repeating = state.resources.filter(({ type }) => KINDS[type]?.repeats);
  const ids = new Set(repeating.map(({ type, id }) => `${type} ${id}`));
  const twice = await mapped(repeating, async ({ urn, type, inputs }): Promise<Orphan[]> => {
    const matches = await KINDS[type]!.find(api, inputs, known);
    const others = matches.filter(({ id, ours }) => ours && !ids.has(`${type} ${id}`));
    const one: Wanted = { urn, type, kind: type, parent: undefined, provider: undefined, inputs };
    return others.map((match) => ({ wanted: one, match, duplicate: true }));
  });
  return [...lost.flat(), ...twice.flat()];
}

/** What a mode does about an orphan; a list says what `--fix` would do. */
export function actionFor({ wanted, match, duplicate }: Orphan, mode: Mode): Action {
  if (!match.ours) return { byHand: "it does not carry this stack's marks: somebody else may have made it" };
  const why = duplicate ? "the state has another one of this name" : KINDS[wanted.kind]!.noImport;
  if (why === undefined && mode !== "delete") return "import";
  if (mode === "import") return { byHand: `it cannot be imported: ${why}` };
  if (match.holds !== undefined) return { byHand: `${why ?? "it is not deleted"}, and it holds ${match.holds}` };
  return "delete";
}
