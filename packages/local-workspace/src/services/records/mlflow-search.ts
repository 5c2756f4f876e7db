/** Conditions and orders of runs/search. https://mlflow.org/docs/latest/ml/search/search-runs/ */
import { invalid } from "../../core/errors.ts";
import { like } from "../../core/like.ts";
import type { Metric, MlflowRun } from "./mlflow-runs-store.ts";

export interface Found {
  run: MlflowRun;
  metrics: Metric[];
}
type Value = string | number | undefined;

const NAME = /^\s*(?:(\w+)\s*\.\s*)?(?:"([^"]*)"|`([^`]*)`|([\w./-]+))/;
const CONDITION = /^\s*(!=|>=|<=|=|>|<|(?:I?LIKE)\b)\s*(?:'([^']*)'|"([^"]*)"|(-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?))/i;

/** @throws INVALID_PARAMETER_VALUE that shows what is not understood */
export function condition(filter: string): (found: Found) => boolean {
  const tests: ((found: Found) => boolean)[] = [];
  let rest = filter;
  while (rest.trim() !== "") {
    if (tests.length > 0) {
      if (!/^\s*and\s/i.test(rest))
        throw invalid(`Invalid filter string '${filter}': AND is expected at '${rest.trim()}'.`);
      rest = rest.replace(/^\s*and\s/i, "");
    }
    const [field, afterName] = named(rest, filter);
    const match = CONDITION.exec(afterName);
    if (!match) {
      throw invalid(
        `Invalid filter string '${filter}': a comparison with a text or number is expected at '${afterName.trim()}'.`,
      );
    }
    const [whole, operator = "", single, double, number] = match;
    const wanted = number === undefined ? (single ?? double ?? "") : Number(number);
    tests.push((found) => holds(field(found), operator.toUpperCase(), wanted));
    rest = afterName.slice(whole.length);
  }
  return (found) => tests.every((test) => test(found));
}

/** Compares two runs as the clauses say, the newer first where they say nothing. */
export function order(clauses: readonly string[]): (a: Found, b: Found) => number {
  const keys = clauses.map((clause) => {
    const [field, rest] = named(clause, clause);
    const direction = rest.trim().toUpperCase();
    if (!["", "ASC", "DESC"].includes(direction)) throw invalid(`Invalid order_by clause '${clause}'.`);
    return { field, sign: direction === "DESC" ? -1 : 1 };
  });
  return (a, b) => {
    for (const { field, sign } of keys) {
      const [left, right] = [field(a), field(b)];
      if (left === right) continue;
      if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
      return (left < right ? -1 : 1) * sign;
    }
    return b.run.info.start_time - a.run.info.start_time;
  };
}

function named(text: string, whole: string): [(found: Found) => Value, string] {
  const match = NAME.exec(text);
  if (!match) throw invalid(`Invalid filter string '${whole}': a name is expected at '${text.trim()}'.`);
  const [taken, kind, double, backticks, plain] = match;
  const name = double ?? backticks ?? plain ?? "";
  const rest = text.slice(taken.length);
  switch ((kind ?? "attributes").toLowerCase().replace(/s$/, "")) {
    case "metric":
      return [({ metrics }) => metricValue(metrics.find(({ key }) => key === name)), rest];
    case "param":
    case "parameter":
      return [({ run }) => run.params.find(({ key }) => key === name)?.value, rest];
    case "tag":
      return [({ run }) => run.tags.find(({ key }) => key === name)?.value, rest];
    case "attribute":
    case "attr":
    case "run":
      return [({ run }) => attribute(run, name), rest];
  }
  throw invalid(`Invalid filter string '${whole}': '${kind}' is none of metrics, params, tags, attributes.`);
}

const metricValue = (metric: Metric | undefined): Value => (metric === undefined ? undefined : Number(metric.value));

function attribute({ info }: MlflowRun, name: string): Value {
  const names: Record<string, Value> = {
    ...{ run_id: info.run_id, run_name: info.run_name, "Run name": info.run_name, status: info.status },
    ...{ artifact_uri: info.artifact_uri, user_id: info.user_id, experiment_id: info.experiment_id },
    ...{ start_time: info.start_time, created: info.start_time, Created: info.start_time, end_time: info.end_time },
  };
  if (!Object.hasOwn(names, name)) throw invalid(`Invalid attribute key '${name}' specified.`);
  return names[name];
}

function holds(value: Value, operator: string, wanted: string | number): boolean {
  if (value === undefined) return false;
  const given = typeof wanted === "number" ? Number(value) : String(value);
  switch (operator) {
    case "=":
      return given === wanted;
    case "!=":
      return given !== wanted;
    case ">":
      return given > wanted;
    case ">=":
      return given >= wanted;
    case "<":
      return given < wanted;
    case "<=":
      return given <= wanted;
  }
  const [text, pattern] = [String(value), String(wanted)];
  return operator === "ILIKE" ? like(text.toLowerCase(), pattern.toLowerCase()) : like(text, pattern);
}
