/** What an alert's column comes to, and whether that triggers it. https://docs.databricks.com/api/workspace/alertsv2/createalert */
import { TaskFailure } from "../failure.ts";
import type { Row } from "./statements.ts";

export interface Evaluation {
  comparison_operator: string;
  source: { name: string; aggregation?: string };
  threshold?: {
    column?: { name: string };
    value?: { double_value?: number; string_value?: string; bool_value?: boolean };
  };
  empty_result_state?: string;
}

type Value = string | number | boolean | null;

/** Rows keep the digits of numbers; an alert compares doubles. */
const plain = (value: unknown): Value => {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "string") return value;
  return Number(JSON.stringify(value));
};

/** Of the first row, where no aggregation is set. */
export function aggregate(values: readonly unknown[], aggregation: string | undefined): Value {
  const all = values.map(plain);
  if (!aggregation) return all[0] ?? null;
  const known = all.filter((value) => value !== null);
  if (aggregation === "COUNT") return known.length;
  if (aggregation === "COUNT_DISTINCT") return new Set(known).size;
  if (known.length === 0) return null;
  const ordered = known.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (aggregation === "MIN") return ordered[0]!;
  if (aggregation === "MAX") return ordered.at(-1)!;
  const numbers = ordered.map(Number);
  const wrong = numbers.findIndex((number) => Number.isNaN(number));
  if (wrong >= 0) throw new TaskFailure(`The alert's ${aggregation} needs numbers; '${ordered[wrong]}' is none.`);
  const sum = numbers.reduce((total, number) => total + number, 0);
  const mean = sum / numbers.length;
  if (aggregation === "SUM") return sum;
  if (aggregation === "AVG") return mean;
  if (aggregation === "MEDIAN") {
    return (numbers[Math.floor((numbers.length - 1) / 2)]! + numbers[Math.ceil((numbers.length - 1) / 2)]!) / 2;
  }
  if (aggregation === "STDDEV") {
    if (numbers.length < 2) return null;
    return Math.sqrt(numbers.reduce((total, number) => total + (number - mean) ** 2, 0) / (numbers.length - 1));
  }
  throw new TaskFailure(`The alert's aggregation ${aggregation} is not one that the local workspace knows.`);
}

/** A value of the alert's own, or of another column of the first row. */
export function thresholdOf({ threshold }: Evaluation, first: Row): Value {
  if (threshold?.column) {
    const { name } = threshold.column;
    if (!(name in first)) throw new TaskFailure(`The alert's query has no column '${name}' for its threshold.`);
    return plain(first[name]);
  }
  const { double_value, string_value, bool_value } = threshold?.value ?? {};
  return double_value ?? string_value ?? bool_value ?? null;
}

const COMPARE: Record<string, (order: number) => boolean> = {
  EQUAL: (order) => order === 0,
  NOT_EQUAL: (order) => order !== 0,
  LESS_THAN: (order) => order < 0,
  LESS_THAN_OR_EQUAL: (order) => order <= 0,
  GREATER_THAN: (order) => order > 0,
  GREATER_THAN_OR_EQUAL: (order) => order >= 0,
};

/** TRIGGERED or OK; UNKNOWN where there is nothing to compare. */
export function stateOfAlert(value: Value, operator: string, threshold: Value): "TRIGGERED" | "OK" | "UNKNOWN" {
  if (operator === "IS_NULL") return value === null ? "TRIGGERED" : "OK";
  if (operator === "IS_NOT_NULL") return value !== null ? "TRIGGERED" : "OK";
  if (value === null || threshold === null) return "UNKNOWN";
  const [a, b] = typeof threshold === "number" ? [Number(value), threshold] : [String(value), String(threshold)];
  if (Number.isNaN(a)) throw new TaskFailure(`The alert compares numbers; '${value}' is none.`);
  const compare = COMPARE[operator];
  if (!compare) throw new TaskFailure(`The alert's operator ${operator} is not one that the local workspace knows.`);
  return compare(a < b ? -1 : a > b ? 1 : 0) ? "TRIGGERED" : "OK";
}
