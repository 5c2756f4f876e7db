/** Statements of a task on a warehouse: one after another in one session, as its run-as. */
import { readFileSync } from "node:fs";
import { EngineError } from "../../../../core/engine-client.ts";
import { exactNumber } from "../../../../core/exact-json.ts";
import type { Context } from "../../../../core/service.ts";
import { sqlOf } from "../../../sql/access.ts";
import type { Execute } from "../../../sql/schemas.ts";
import type { Statement } from "../../../sql/store.ts";
import { chunkFile } from "../../../sql/view.ts";
import type { TaskWork } from "../executor.ts";

export type Row = Record<string, unknown>;

/** What `{{tasks.<name>.output.rows}}` may have. https://docs.databricks.com/aws/en/jobs/dynamic-value-references */
const MOST_ROWS = 1000;

/** One after another in one session: all share what USE, SET and temporary views leave. Resolves with the last. */
export async function runStatements(
  { context, run, signal }: TaskWork,
  warehouseId: string,
  place: { catalog?: string; schema?: string },
  statements: readonly string[],
  values: Readonly<Record<string, string>>,
): Promise<Statement | undefined> {
  const { sessions } = sqlOf(context);
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value, type: "STRING" }));
  const session = await sessions.open(run.runAs, warehouseId, { configuration: {}, ...place });
  const common = { warehouse_id: warehouseId, session_id: session.id, parameters };
  try {
    let last: Statement | undefined;
    for (const statement of statements) {
      if (signal.aborted) break;
      last = await runOne(context, { ...common, statement }, run.runAs, signal);
    }
    return last;
  } finally {
    await sessions.close(session.id);
  }
}

/** @throws EngineError where the statement failed */
async function runOne(
  context: Context,
  request: Pick<Execute, "statement" | "warehouse_id" | "session_id" | "parameters">,
  principal: string,
  signal: AbortSignal,
): Promise<Statement> {
  const { runner } = sqlOf(context);
  // only INLINE bounds the bytes of a result
  const whole = { ...request, disposition: "EXTERNAL_LINKS", format: "JSON_ARRAY", row_limit: MOST_ROWS } as const;
  const started = runner.start(whole, principal, { protocol: "JOB" });
  const cancel = (): void => void runner.cancel(started);
  signal.addEventListener("abort", cancel, { once: true });
  const ended = await runner.ended(started.statementId);
  signal.removeEventListener("abort", cancel);
  if (ended.state === "SUCCEEDED") return ended;
  if (ended.error && !ended.errorClass) throw new Error(ended.error.message);
  // without an error its session ended, which happens only when the engine does
  throw new EngineError(ended.error?.message ?? "The Spark engine ended while the statement was running.", {
    error_class: ended.errorClass ?? "ENGINE_DIED",
    error_code: ended.error?.error_code,
  });
}

const NUMBERS = /^(BYTE|SHORT|INT|LONG|FLOAT|DOUBLE|DECIMAL)$/;
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** The first rows of a result as objects of their columns; numbers keep their digits. */
export function rowsOf(context: Context, { result, ...statement }: Statement): Row[] {
  const value = (text: string | null, type = ""): unknown => {
    if (text === null) return null;
    if (type === "BOOLEAN") return text === "true";
    return NUMBERS.test(type) && JSON_NUMBER.test(text) ? exactNumber(text) : text;
  };
  if (!result) return [];
  return result.chunks.flatMap((chunk) => {
    const values = JSON.parse(readFileSync(chunkFile(context, statement, chunk), "utf8")) as (string | null)[][];
    return values.map((row) =>
      Object.fromEntries(result.columns.map(({ name, type_name }, at) => [name, value(row[at] ?? null, type_name)])),
    );
  });
}
