/** What `pulumi preview --refresh` sees, read from the engine's events: resources that the next update would put back. */
import { NOT_CHANGED, type StepMetadata } from "../pull-request/resources.ts";
import { type Difference, shown } from "./model.ts";

/** The value at `tasks[0].notebookTask["a.b"].source`. */
export function valueAt(values: unknown, path: string): unknown {
  const keys = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name!,
  );
  let value = values;
  for (const key of keys) {
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function refreshed(events: readonly object[]): Difference[] {
  const seen = new Map<string, Difference[]>();
  for (const { resourcePreEvent } of events as readonly { resourcePreEvent?: { metadata: StepMetadata } }[]) {
    const step = resourcePreEvent?.metadata;
    if (step === undefined || NOT_CHANGED.has(step.op) || step.type.startsWith("pulumi:")) continue;
    if (!seen.has(step.urn)) seen.set(step.urn, differences(step));
  }
  return [...seen.values()].flat();
}

function differences({ op, urn, type, old, new: wanted, diffs, detailedDiff }: StepMetadata): Difference[] {
  const name = urn.split("::").slice(3).join("::");
  const object = `${/:([A-Za-z0-9]+)$/.exec(type)?.[1] ?? type} ${name}`;
  const common = { kind: "resource", object, urn, fix: "update" } as const;
  if (op.startsWith("create")) return [{ ...common, property: "exists", deployed: "yes", workspace: "no" }];
  if (op.startsWith("delete")) return [{ ...common, property: "exists", deployed: "no", workspace: "yes" }];
  const paths = Object.keys(detailedDiff ?? {}).length > 0 ? Object.keys(detailedDiff!) : (diffs ?? []);
  return paths.map((path) => ({
    ...common,
    property: path,
    deployed: shown(valueAt(wanted?.inputs, path)),
    workspace: shown(valueAt(old?.outputs, path) ?? valueAt(old?.inputs, path)),
  }));
}
