/** condition_task: compares two texts, as numbers where both are numbers and the operator is an order. */
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import { saveTaskRun } from "../store.ts";
import type { Output } from "../types.ts";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** EQUAL_TO and NOT_EQUAL compare texts ("12.0" is not "12"); the others compare numbers. */
export function compare(op: string, left: string, right: string): boolean {
  if (op === "EQUAL_TO") return left === right;
  if (op === "NOT_EQUAL") return left !== right;
  for (const value of [left, right]) {
    if (!NUMBER.test(value.trim()))
      throw new TaskFailure(`Condition ${op} compares numbers; '${value}' is not a number.`);
  }
  const [a, b] = [Number(left), Number(right)];
  if (op === "GREATER_THAN") return a > b;
  if (op === "GREATER_THAN_OR_EQUAL") return a >= b;
  if (op === "LESS_THAN") return a < b;
  return a <= b;
}

export async function conditionTask(work: TaskWork): Promise<Output> {
  const { op, left, right } = resolveAll(work.taskRun.task.condition_task!, scopeOf(work));
  work.taskRun.resolved = { condition_task: { left, right } };
  saveTaskRun(work.context.db, work.taskRun);
  return { condition: { left, right, outcome: compare(op, left, right) ? "true" : "false" } };
}
