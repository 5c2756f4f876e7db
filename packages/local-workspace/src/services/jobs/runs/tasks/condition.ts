/**
 * condition_task: compares two texts, as numbers where the operator is an order.
 * https://docs.databricks.com/aws/en/jobs/if-else
 */
import { isScalar, parseExact } from "../../../../core/exact-json.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { type ReferenceScope, resolveText } from "../references.ts";
import { scopeOf } from "../scope.ts";
import { saveTaskRun } from "../store.ts";
import type { Output } from "../types.ts";

const NUMBER = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i;

/** EQUAL_TO and NOT_EQUAL compare texts ("12.0" is not "12"); the others compare numbers. */
export function compare(op: string, left: string, right: string): boolean {
  if (op === "EQUAL_TO") return left === right;
  if (op === "NOT_EQUAL") return left !== right;
  const [a, b] = [left, right].map((value) => {
    const found = decimal(value.trim());
    if (!found) throw new TaskFailure(`Condition ${op} compares numbers; '${value}' is not a number.`);
    return found;
  }) as [Decimal, Decimal];
  const order = ordered(a, b);
  if (op === "GREATER_THAN") return order > 0;
  if (op === "GREATER_THAN_OR_EQUAL") return order >= 0;
  if (op === "LESS_THAN") return order < 0;
  return order <= 0;
}

/** digits × 10^-scale, exactly: a long id is not rounded to a double. */
interface Decimal {
  digits: bigint;
  scale: number;
}

/** Beyond it no such number is exact, and none is compared. */
const MOST_EXPONENT = 400;

function decimal(text: string): Decimal | undefined {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (whole === "" && fraction === "") return undefined;
  if (Math.abs(Number(exponent)) > MOST_EXPONENT) return undefined;
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  return { digits, scale: fraction.length - Number(exponent) };
}

function ordered(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [a, b].map((each) => each.digits * 10n ** BigInt(scale - each.scale)) as [bigint, bigint];
  return x === y ? 0 : x < y ? -1 : 1;
}

/** The operand's text. Lists, objects and null cannot be compared. */
function operand(text: string, scope: ReferenceScope): string {
  const refuse = (what: string): never => {
    throw new TaskFailure(`A condition compares numbers, texts and booleans; ${what} is none of them.`);
  };
  const value = (task: string, key: string): string | undefined => {
    const json = scope.value(task, key);
    return json === undefined || isScalar(parseExact(json)) ? json : refuse(`the value '${key}' of task '${task}'`);
  };
  const resolved = resolveText(text, { ...scope, value });
  if (!text.includes("{{") && isStructure(text)) refuse(`'${text}'`);
  if (/\{\{\s*tasks\.[^}]*\.output\.(rows|first_row)\s*\}\}/.test(text)) refuse(`'${text}'`);
  return resolved;
}

function isStructure(text: string): boolean {
  try {
    return !isScalar(parseExact(text)) && text.trim() !== "null";
  } catch {
    return false;
  }
}

export async function conditionTask(work: TaskWork): Promise<Output> {
  const { op, ...operands } = work.taskRun.task.condition_task!;
  const scope = scopeOf(work);
  const [left, right] = [operand(operands.left, scope), operand(operands.right, scope)];
  work.taskRun.resolved = { condition_task: { left, right } };
  saveTaskRun(work.context.db, work.taskRun);
  return { condition: { left, right, outcome: compare(op, left, right) ? "true" : "false" } };
}
