/**
 * Dynamic value references, `{{job.parameters.day}}`, in task parameters.
 * https://docs.databricks.com/aws/en/jobs/dynamic-value-references: an unknown namespace is left as it is, an unknown
 * name inside a known namespace is an error.
 */
import { invalid } from "../../../core/errors.ts";
import { exactText, parseExact } from "../../../core/exact-json.ts";

export interface ReferenceScope {
  job: {
    id: number;
    name: string;
    runId: number;
    repairCount: number;
    startTime: number;
    trigger: string;
    /** What a file arrival trigger watches. */
    arrivals?: string;
  };
  parameters: ReadonlyMap<string, string>;
  task: { name: string; runId: number; executionCount: number; notebookPath?: string };
  tasks(name: string): { runId: number; result: string; errorCode: string; executionCount: number } | undefined;
  /** A task value's JSON. */
  value(task: string, key: string): string | undefined;
  /** The rows of a SQL task's result, by column. */
  rows(task: string): Record<string, unknown>[] | undefined;
  /** Of the iteration of a for-each task. */
  input?: string;
  workspace: { id: number; url: string };
}

const REFERENCE = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** The text of `name` as it stands in the form's part of a reference: dots inside backquotes belong to the name. */
function split(path: string): string[] {
  return [...path.matchAll(/`([^`]*)`|([^.]+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

const pad = (value: number): string => String(value).padStart(2, "0");

function time(at: number, form: string | undefined): string | undefined {
  const date = new Date(at);
  const weekday = date.getUTCDay() === 0 ? 7 : date.getUTCDay();
  const iso = date.toISOString();
  const forms: Record<string, string> = {
    timestamp_ms: String(at),
    iso_date: iso.slice(0, 10),
    iso_datetime: iso.slice(0, 19),
    iso_weekday: String(weekday),
    is_weekday: String(weekday < 6),
    year: String(date.getUTCFullYear()),
    month: pad(date.getUTCMonth() + 1),
    day: pad(date.getUTCDate()),
    hour: pad(date.getUTCHours()),
    minute: pad(date.getUTCMinutes()),
    second: pad(date.getUTCSeconds()),
  };
  return form === undefined ? undefined : forms[form];
}

type Lookup = (parts: string[], scope: ReferenceScope) => string | undefined;

const job: Lookup = ([name, ...rest], { job, parameters }) => {
  if (name === "id") return String(job.id);
  if (name === "name") return job.name;
  if (name === "run_id") return String(job.runId);
  if (name === "repair_count") return String(job.repairCount);
  if (name === "start_time") return time(job.startTime, rest[0]);
  if (name === "trigger" && rest[0] === "type") return job.trigger;
  if (name === "trigger" && rest.join(".") === "file_arrival.location") return job.arrivals;
  if (name === "trigger" && rest[0] === "time") return time(job.startTime, rest[1]);
  if (name === "parameters") return parameters.get(rest.join("."));
  return undefined;
};

const task: Lookup = ([name], { task }) => {
  if (name === "name") return task.name;
  if (name === "run_id") return String(task.runId);
  if (name === "execution_count") return String(task.executionCount);
  if (name === "notebook_path") return task.notebookPath ?? "";
  return undefined;
};

const tasks: Lookup = ([name = "", property, ...rest], scope) => {
  if (property === "values") {
    const found = scope.value(name, rest.join("."));
    if (found === undefined) throw invalid(`Task value '${rest.join(".")}' of task '${name}' does not exist.`);
    return exactText(parseExact(found));
  }
  if (property === "output") return ofRows(scope.rows(name), name, rest);
  const other = scope.tasks(name);
  if (!other) return undefined;
  if (property === "run_id") return String(other.runId);
  if (property === "result_state") return other.result;
  if (property === "error_code") return other.errorCode;
  if (property === "execution_count") return String(other.executionCount);
  return undefined;
};

/** Of a SQL task's result: `rows`, `first_row`, `first_row.<column>`. A row is an object of its columns. */
function ofRows(rows: Record<string, unknown>[] | undefined, task: string, [what, ...column]: string[]) {
  if (!rows) throw invalid(`Task '${task}' has no rows: it is no SQL task, or its last statement returned none.`);
  if (what === "rows" && column.length === 0) return JSON.stringify(rows);
  if (what !== "first_row") return undefined;
  const [first] = rows;
  if (!first) throw invalid(`The result of task '${task}' has no rows, so it has no first_row.`);
  const name = column.join(".");
  if (name === "") return JSON.stringify(first);
  return name in first ? exactText(first[name]) : undefined;
}

const workspace: Lookup = ([name], { workspace }) => {
  if (name === "id") return String(workspace.id);
  if (name === "url") return workspace.url;
  return undefined;
};

const input: Lookup = (parts, { input }) => {
  if (input === undefined) return undefined;
  if (parts.length === 0) return input;
  let value: unknown;
  try {
    value = parseExact(input);
  } catch {
    return undefined;
  }
  for (const part of parts) value = (value as Record<string, unknown> | null)?.[part];
  return value === undefined ? undefined : exactText(value);
};

const NAMESPACES: Record<string, Lookup> = { job, task, tasks, workspace, input };

/** Forms from before namespaces, still served. */
const LEGACY: Record<string, (scope: ReferenceScope) => string> = {
  job_id: ({ job }) => String(job.id),
  run_id: ({ task }) => String(task.runId),
  parent_run_id: ({ job }) => String(job.runId),
  task_key: ({ task }) => task.name,
  task_retry_count: ({ task }) => String(task.executionCount - 1),
  start_date: ({ job }) => new Date(job.startTime).toISOString().slice(0, 10),
  start_time: ({ job }) => String(job.startTime),
};

export function resolveText(text: string, scope: ReferenceScope): string {
  return text.replace(REFERENCE, (whole, path: string) => {
    const legacy = LEGACY[path];
    if (legacy) return legacy(scope);
    const [namespace = "", ...rest] = split(path);
    const lookup = NAMESPACES[namespace];
    if (!lookup || (namespace === "input" && scope.input === undefined)) return whole;
    const value = lookup(rest, scope);
    if (value === undefined) throw invalid(`Dynamic value reference '{{${path}}}' does not exist.`);
    return value;
  });
}

/** Fills in every string of `value`, however deep. */
export function resolveAll<T>(value: T, scope: ReferenceScope): T {
  if (typeof value === "string") return resolveText(value, scope) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => resolveAll(item, scope)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveAll(item as unknown, scope)])) as T;
}
