/** An alert as the file that it is in the workspace's tree, `<name>.dbalert.json`: what bundles generate from and deploy. */
import { exactNumber } from "../../core/exact-json.ts";
import type { Document } from "./store.ts";

interface Evaluation {
  source?: object;
  comparison_operator?: string;
  threshold?: { value?: { double_value?: number } };
  notification?: object;
}

/** Texts stand as lists of their lines; numbers that are compared have a decimal point. */
export function alertFile({ custom_summary, evaluation, schedule, query_text, custom_description }: Document): string {
  const { source, comparison_operator, threshold, notification } = (evaluation ?? {}) as Evaluation;
  const file = {
    custom_summary,
    evaluation: { source, comparison_operator, threshold: withPoint(threshold), notification: notification ?? {} },
    schedule,
    query_lines: lines(query_text),
    custom_description_lines: lines(custom_description),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function withPoint(threshold: Evaluation["threshold"]): unknown {
  const number = threshold?.value?.double_value;
  if (number === undefined || !Number.isInteger(number)) return threshold;
  return { ...threshold, value: { ...threshold!.value, double_value: exactNumber(number.toFixed(1)) } };
}

const lines = (text: unknown): string[] | undefined =>
  typeof text === "string" && text !== "" ? text.replace(/\n$/, "").split("\n") : undefined;
