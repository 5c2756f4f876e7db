/** Results as clients fetch them: stretches of rows, in Arrow batches or in columns. */

import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import type { Chunk } from "lakehouse-engine/protocol";
import type { Context } from "../../core/service.ts";
import type { Statement } from "../sql/store.ts";
import { chunkFile } from "../sql/view.ts";
import { type ResultColumn, resultColumn, toColumns, type Value } from "./columns.ts";
import { ROW_SET, type RowSet } from "./wire/structs.ts";

/** Bytes of an answer where the client sets no limit of its own. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface Rows {
  readonly columns: readonly ResultColumn[];
  readonly format: number;
  readonly total: number;
  readonly bytes?: number;
  /** The message that Arrow batches need before them. */
  readonly arrowSchema?: Buffer;
  /** Rows from `offset` on; at least one where there is one. The number of rows comes with them. */
  read(offset: number, limits: { rows: number; bytes: number }): { rowSet: RowSet; count: number };
}

/** Metadata: rows in memory. */
export function memoryRows(columns: readonly ResultColumn[], rows: readonly (readonly Value[])[]): Rows {
  return {
    columns,
    format: ROW_SET.COLUMNS,
    total: rows.length,
    read(offset, limits) {
      const part = rows.slice(offset, offset + limits.rows);
      return { rowSet: columnSet(offset, columns, part), count: part.length };
    },
  };
}

const columnSet = (offset: number, columns: readonly ResultColumn[], rows: readonly (readonly Value[])[]): RowSet => ({
  startRowOffset: offset,
  rows: [],
  columns: toColumns(columns, rows),
});

/** The result of a statement that succeeded. */
export function statementRows(context: Context, statement: Statement): Rows {
  return statement.format === "ARROW_STREAM" ? arrowRows(context, statement) : textRows(context, statement);
}

const chunkAt = (chunks: readonly Chunk[], row: number): Chunk | undefined =>
  chunks.find(({ rowOffset, rowCount }) => row >= rowOffset && row < rowOffset + rowCount);

function textRows(context: Context, statement: Statement): Rows {
  const { columns: infos, chunks, totalRowCount, totalByteCount } = statement.result!;
  const columns = infos.map(resultColumn);
  // clients read forward, a chunk in several answers
  let last: { index: number; rows: Value[][] } | undefined;
  const load = (chunk: Chunk): Value[][] => {
    if (last?.index !== chunk.index) {
      const rows = JSON.parse(readFileSync(chunkFile(context, statement, chunk), "utf8")) as Value[][];
      last = { index: chunk.index, rows };
    }
    return last.rows;
  };
  return {
    columns,
    format: ROW_SET.COLUMNS,
    total: totalRowCount,
    bytes: totalByteCount,
    read(offset, limits) {
      const chunk = chunkAt(chunks, offset);
      if (!chunk) return { rowSet: columnSet(offset, columns, []), count: 0 };
      const from = offset - chunk.rowOffset;
      const perRow = Math.max(1, chunk.byteCount / chunk.rowCount);
      const most = Math.max(1, Math.min(limits.rows, Math.floor((limits.bytes || MAX_BYTES) / perRow)));
      const part = load(chunk).slice(from, from + most);
      return { rowSet: columnSet(offset, columns, part), count: part.length };
    },
  };
}

interface Batch {
  chunk: Chunk;
  offset: number;
  byteCount: number;
  rowOffset: number;
  rowCount: number;
}

function batchesOf(chunks: readonly Chunk[]): Batch[] {
  return chunks.flatMap((chunk) => {
    let rowOffset = chunk.rowOffset;
    return (chunk.batches ?? []).map((batch) => {
      const found = { ...batch, chunk, rowOffset };
      rowOffset += batch.rowCount;
      return found;
    });
  });
}

function readPart(file: string, offset: number, size: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.allocUnsafe(size);
    readSync(descriptor, bytes, 0, size, offset);
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** Batches are given whole: one more row than asked for is cheaper than cutting them, and clients take what comes. */
function arrowRows(context: Context, statement: Statement): Rows {
  const { columns, chunks, totalRowCount, totalByteCount, arrowSchema } = statement.result!;
  const batches = batchesOf(chunks);
  return {
    columns: columns.map(resultColumn),
    format: ROW_SET.ARROW,
    total: totalRowCount,
    bytes: totalByteCount,
    ...(arrowSchema ? { arrowSchema: Buffer.from(arrowSchema, "base64") } : {}),
    read(offset, limits) {
      const first = batches.findIndex(({ rowOffset, rowCount }) => rowOffset + rowCount > offset);
      const found: { batch: Buffer; rowCount: number }[] = [];
      let [count, bytes] = [0, 0];
      for (const each of first < 0 ? [] : batches.slice(first)) {
        const full = count + each.rowCount > limits.rows || bytes + each.byteCount > (limits.bytes || MAX_BYTES);
        if (found.length > 0 && full) break;
        const file = chunkFile(context, statement, each.chunk);
        found.push({ batch: readPart(file, each.offset, each.byteCount), rowCount: each.rowCount });
        count += each.rowCount;
        bytes += each.byteCount;
      }
      const startRowOffset = batches[first]?.rowOffset ?? totalRowCount;
      return { rowSet: { startRowOffset, rows: [], arrowBatches: found }, count };
    },
  };
}
