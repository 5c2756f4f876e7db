/** Statements in the shapes of the Statement Execution API. */

import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Chunk } from "lakehouse-engine/protocol";
import { ApiError, notFound } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { makeLink } from "./links.ts";
import { INLINE_LIMIT } from "./runner.ts";
import type { Statement } from "./store.ts";

type Json = Record<string, unknown>;

const chunkInfo = ({ index, rowOffset, rowCount, byteCount }: Chunk): Json => ({
  chunk_index: index,
  row_offset: rowOffset,
  row_count: rowCount,
  byte_count: byteCount,
});

const COLUMN_FIELDS = [
  "name",
  "type_text",
  "type_name",
  "type_precision",
  "type_scale",
  "type_interval_type",
  "position",
];

function columnView(column: Json): Json {
  return Object.fromEntries(
    COLUMN_FIELDS.filter((field) => column[field] !== undefined && column[field] !== null).map((field) => [
      field,
      column[field],
    ]),
  );
}

export function chunkFile(context: Context, { statementId }: Statement, { file }: Chunk): string {
  return isAbsolute(file) ? file : join(context.dataDir, "results", statementId, file);
}

export function chunkView(context: Context, statement: Statement, index: number): Json {
  const { statementId, result, disposition } = statement;
  if (!result) throw notReady(statement);
  const chunk = result.chunks[index];
  if (!chunk) {
    if (index === 0)
      return disposition === "INLINE" ? { chunk_index: 0, row_offset: 0, row_count: 0, data_array: [] } : {};
    throw notFound(`Chunk ${index} of statement ${statementId} does not exist; it has ${result.chunks.length}.`);
  }
  const next = result.chunks[index + 1]
    ? {
        next_chunk_index: index + 1,
        next_chunk_internal_link: `/api/2.0/sql/statements/${statementId}/result/chunks/${index + 1}`,
      }
    : {};
  if (disposition === "INLINE_OR_EXTERNAL_LINKS" && result.chunks.length === 1 && chunk.byteCount <= INLINE_LIMIT) {
    const data = readFileSync(chunkFile(context, statement, chunk));
    if (statement.format === "ARROW_STREAM") return { ...chunkInfo(chunk), attachment: data.toString("base64") };
    if (statement.format === "JSON_ARRAY") return { ...chunkInfo(chunk), data_array: JSON.parse(data.toString()) };
  }
  if (disposition !== "INLINE") {
    const { url, expiration } = makeLink(context.host(), statementId, index);
    return { external_links: [{ ...chunkInfo(chunk), ...next, external_link: url, expiration }] };
  }
  const rows = JSON.parse(readFileSync(chunkFile(context, statement, chunk), "utf8")) as unknown;
  return { ...chunkInfo(chunk), ...next, data_array: rows };
}

function notReady({ statementId, state }: Statement): ApiError {
  if (state === "CLOSED")
    return notFound(`The result of statement ${statementId} is no longer available: the statement is closed.`);
  return new ApiError("INVALID_STATE", `Statement ${statementId} is in state ${state} and has no result.`);
}

export function statementView(context: Context, statement: Statement): Json {
  const { statementId, state, error, sqlState, result, format } = statement;
  const status = { state, ...(error ? { error } : {}), ...(sqlState ? { sql_state: sqlState } : {}) };
  if (state !== "SUCCEEDED" || !result) return { statement_id: statementId, status };
  return {
    statement_id: statementId,
    status,
    manifest: {
      format,
      schema: {
        column_count: result.columns.length,
        ...(result.columns.length > 0 ? { columns: result.columns.map(columnView) } : {}),
      },
      total_chunk_count: result.chunks.length,
      ...(result.chunks.length > 0 ? { chunks: result.chunks.map(chunkInfo) } : {}),
      total_row_count: result.totalRowCount,
      total_byte_count: result.totalByteCount,
      truncated: result.truncated,
    },
    result: result.columns.length > 0 ? chunkView(context, statement, 0) : {},
  };
}

const HISTORY_STATUS: Record<Statement["state"], string> = {
  PENDING: "QUEUED",
  RUNNING: "RUNNING",
  SUCCEEDED: "FINISHED",
  CLOSED: "FINISHED",
  FAILED: "FAILED",
  CANCELED: "CANCELED",
};

export function historyView({
  statementId,
  statement,
  started,
  ended,
  state,
  error,
  principal,
  warehouseId,
  result,
}: Statement): Json {
  return {
    query_id: statementId,
    query_text: statement,
    status: HISTORY_STATUS[state],
    statement_type: statement.trimStart().split(/\s+/, 1)[0]?.toUpperCase(),
    warehouse_id: warehouseId,
    user_name: principal,
    executed_as_user_name: principal,
    query_start_time_ms: started,
    is_final: ended !== undefined,
    ...(ended ? { query_end_time_ms: ended, execution_end_time_ms: ended, duration: ended - started } : {}),
    ...(error ? { error_message: error.message } : {}),
    ...(result ? { rows_produced: result.totalRowCount } : {}),
  };
}
