/** What a preview changes, read from the engine's events: one entry for each resource, with what data it holds. */
import { createHash } from "node:crypto";
import type { Operation, ResourceChange } from "./model.ts";

/** The engine's events as `pulumi preview --json` streams them (sdk/go/common/apitype/events.go). */
interface State {
  readonly custom?: boolean;
  readonly parent?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}
export interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: State | null;
  readonly new?: State | null;
  readonly keys?: readonly string[] | null;
  readonly diffs?: readonly string[] | null;
  readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
}
interface EngineEvent {
  readonly resourcePreEvent?: { metadata: StepMetadata };
  readonly summaryEvent?: { durationSeconds?: number; resourceChanges?: Record<string, number> };
}

export interface Changes {
  readonly changes: ResourceChange[];
  readonly unchanged: number;
  readonly seconds: number;
}

/** A replacement comes as three steps of one resource. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  delete: "delete",
  import: "import",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "import-replacement": "replace",
};
/** Steps that leave a resource as it is. */
export const NOT_CHANGED = new Set(["same", "read", "refresh"]);
const ORDER: readonly Operation[] = ["replace", "delete", "update", "import", "create", "other"];
const PULUMI_TYPES = /^pulumi:(pulumi|providers):/;

/** Parses lines that hold an event; a program's own output may stand between them. */
export function eventsIn(lines: readonly string[]): Record<string, unknown>[] {
  return lines.flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return []; // what a program prints may look like JSON
    }
  });
}

export function changesIn(events: readonly object[]): Changes {
  const byUrn = new Map<string, ResourceChange>();
  let unchanged = 0;
  let seconds = 0;
  for (const { resourcePreEvent, summaryEvent } of events as readonly EngineEvent[]) {
    if (summaryEvent) {
      seconds = summaryEvent.durationSeconds ?? seconds;
      unchanged = summaryEvent.resourceChanges?.same ?? unchanged;
    }
    const step = resourcePreEvent?.metadata;
    if (step === undefined || NOT_CHANGED.has(step.op) || PULUMI_TYPES.test(step.type)) continue;
    if ((step.new ?? step.old)?.custom === false) continue; // a component is nothing in the workspace
    const before = byUrn.get(step.urn);
    byUrn.set(step.urn, before === undefined ? changeOf(step) : merged(before, changeOf(step)));
  }
  const changes = [...byUrn.values()].sort(inOrder);
  return { changes, unchanged, seconds };
}

/** The component, or other resource, that each resource belongs to. */
export function parentsIn(events: readonly object[]): Map<string, string> {
  const steps = (events as readonly EngineEvent[]).flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  return new Map(
    steps.flatMap(({ urn, old, new: now }) => {
      const parent = now?.parent ?? old?.parent;
      return parent === undefined ? [] : [[urn, parent] as const];
    }),
  );
}

/** What holds data comes first among equals. */
function inOrder(a: ResourceChange, b: ResourceChange): number {
  const rank = (one: ResourceChange): number => ORDER.indexOf(one.operation) * 2 + (one.data === undefined ? 1 : 0);
  return rank(a) - rank(b) || (`${a.type} ${a.name}` < `${b.type} ${b.name}` ? -1 : 1);
}

function changeOf(step: StepMetadata): ResourceChange {
  const replacedBy = step.keys ?? [];
  const detailed = Object.keys(step.detailedDiff ?? {});
  const properties = [...new Set([...replacedBy, ...(detailed.length > 0 ? detailed : (step.diffs ?? []))])];
  const data = dataOf(step);
  return {
    urn: step.urn,
    type: shortType(step.type),
    name: step.urn.split("::").slice(3).join("::"),
    operation: OPERATIONS[step.op] ?? "other",
    properties: properties.filter((name) => !/(^|\.)__/.test(name)),
    replacedBy,
    ...(data === undefined ? {} : { data }),
    ...(step.new?.inputs === undefined ? {} : { digest: digestOf(step.new.inputs) }),
    isProtected: step.old?.protect ?? step.new?.protect ?? false,
    isRetained: step.old?.retainOnDelete ?? step.new?.retainOnDelete ?? false,
  };
}

/** The engine has put `[secret]` in the place of secrets, and one word for all that is not known yet. */
const digestOf = (inputs: object): string => createHash("sha256").update(JSON.stringify(inputs)).digest("hex");

function merged(one: ResourceChange, other: ResourceChange): ResourceChange {
  const operation = ORDER[Math.min(ORDER.indexOf(one.operation), ORDER.indexOf(other.operation))]!;
  const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
  return {
    ...one,
    operation,
    properties: union(one.properties, other.properties),
    replacedBy: union(one.replacedBy, other.replacedBy),
    ...(one.data === undefined && other.data !== undefined ? { data: other.data } : {}),
    isProtected: one.isProtected || other.isProtected,
    isRetained: one.isRetained || other.isRetained,
  };
}

/** "Pipeline" for databricks:index/pipeline:Pipeline, and the whole name for a type of a component or another provider. */
const shortType = (type: string): string => /^databricks:[^:]+:([A-Za-z0-9]+)$/.exec(type)?.[1] ?? type;

/** What is in an object of this type, which goes when it is deleted or replaced. */
function dataOf({ type, old }: StepMetadata): string | undefined {
  const values = { ...old?.inputs, ...old?.outputs };
  const text = (name: string): string => (typeof values[name] === "string" ? (values[name] as string) : "");
  const full = [text("catalogName"), text("schemaName"), text("name")].filter((part) => part !== "").join(".");
  switch (shortType(type)) {
    case "Catalog":
      return `all schemas, tables and volumes of catalog ${full}`;
    case "Schema":
      return `all tables and volumes of schema ${full}`;
    case "Volume":
      return text("volumeType") === "EXTERNAL" ? undefined : `the files of volume ${full}`;
    case "SqlTable":
      return text("tableType") === "VIEW" || text("tableType") === "EXTERNAL" ? undefined : `the rows of table ${full}`;
    case "Pipeline":
      return `the streaming tables and materialized views of pipeline ${text("name")}, and its checkpoints`;
    case "SecretScope":
      return `the secrets of scope ${text("name")}`;
    case "Secret":
      return "its value";
    case "RegisteredModel":
    case "MlflowModel":
      return `all versions of model ${full}`;
    case "MlflowExperiment":
      return "its runs";
    case "VectorSearchIndex":
    case "OnlineTable":
    case "QualityMonitor":
      return "what it has computed";
    case "DatabaseInstance":
      return `the databases of instance ${text("name")}`;
    default:
      return undefined;
  }
}
