/** A client of the Thrift service, as drivers are: calls in bytes over HTTP, and a fake engine that answers statements. */

import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ColumnInfo } from "lakehouse-engine/protocol";
import { METHODS } from "../../../src/services/thrift/methods.ts";
import { Reader, Writer } from "../../../src/services/thrift/wire/binary.ts";
import { i32, string, struct } from "../../../src/services/thrift/wire/types.ts";
import type { Client, Json, TestWorkspace } from "../client.ts";

/** What came: a reply, or a TApplicationException. */
export interface Reply {
  success?: Json;
  exception?: { message?: string; type?: number };
}

const REPLY = 2;
const MANY = 10_000_000;

export function encode(method: string, req: unknown, type = METHODS[method]!.request): Buffer {
  const writer = new Writer();
  writer.i32(-0x7ffeffff);
  writer.string(method);
  writer.i32(7);
  struct({ req: [1, type] }).write(writer, { req });
  return writer.finish();
}

function decode(method: string, bytes: Buffer): Reply {
  const reader = new Reader(bytes, MANY);
  const kind = reader.i32() & 0xff;
  assert.equal(reader.string(), method);
  assert.equal(reader.i32(), 7, "the sequence number is the call's");
  if (kind !== REPLY) return { exception: struct({ message: [1, string], type: [2, i32] }).read(reader) };
  const answer = struct({ success: [0, METHODS[method]!.response] }).read(reader) as Reply;
  assert.equal(reader.remaining, 0);
  return answer;
}

export class ThriftClient {
  readonly #client: Client;
  readonly path: string;

  constructor(client: Client, warehouseId: string, kind = "warehouses") {
    this.#client = client;
    this.path = `/sql/1.0/${kind}/${warehouseId}`;
  }

  post(bytes: Buffer, contentType = "application/x-thrift"): Promise<Response> {
    return this.#client.fetch("POST", this.path, bytes, { "content-type": contentType });
  }

  async send(method: string, bytes: Buffer): Promise<Reply> {
    const answer = await this.post(bytes);
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.equal(answer.headers.get("content-type"), "application/x-thrift");
    return decode(method, Buffer.from(await answer.arrayBuffer()));
  }

  async call(method: string, req: unknown): Promise<Json> {
    const { success, exception } = await this.send(method, encode(method, req));
    assert.ok(success, `${method}: ${exception?.message}`);
    return success;
  }

  /** Calls, and expects success. */
  async ok(method: string, req: unknown): Promise<Json> {
    const answer = await this.call(method, req);
    assert.equal(answer.status.statusCode, 0, `${method}: ${answer.status.errorMessage}`);
    return answer;
  }

  /** Calls, and expects a status that is an error; answers it. */
  async refused(method: string, req: unknown): Promise<Json> {
    const { status } = await this.call(method, req);
    assert.ok(status.statusCode >= 3, `${method} was not refused`);
    return status;
  }

  async open(more: Json = {}): Promise<Json> {
    return this.ok("OpenSession", { client_protocol_i64: 0xa507, ...more });
  }
}

export const warehouseOf = async ({ admin }: TestWorkspace): Promise<string> =>
  (await admin.ok("GET", "/api/2.0/sql/warehouses")).warehouses[0].id as string;

const info = (name: string, type_name: string, type_text = type_name.toLowerCase()): ColumnInfo => ({
  name,
  type_name,
  type_text,
});

/** Statements answer with these columns, and rows of text or Arrow batches of the given numbers of rows. */
export function answerStatements(
  workspace: TestWorkspace,
  rows: unknown[][] = [["1", "a"]],
  batches: number[] = [],
): void {
  workspace.engine.on("sql.openSession", ({ catalog = "main", schema = "default" }) => ({ catalog, schema }));
  workspace.engine.on("sql.execute", ({ resultDir, format }) => {
    const arrow = format === "ARROW_STREAM";
    const file = join(String(resultDir), "0");
    const parts = batches.map((rowCount, index) => ({ rowCount, byteCount: 4, text: `<b${index}` }));
    writeFileSync(file, arrow ? `schema${parts.map(({ text }) => `${text}>`).join("")}` : JSON.stringify(rows));
    const rowCount = arrow ? batches.reduce((sum, each) => sum + each, 0) : rows.length;
    const chunk = {
      ...{ index: 0, rowOffset: 0, rowCount, byteCount: 1000, file },
      ...(arrow
        ? { batches: parts.map(({ rowCount, byteCount }, index) => ({ offset: 6 + index * 4, rowCount, byteCount })) }
        : {}),
    };
    return {
      columns: [info("id", "LONG", "bigint"), info("name", "STRING")],
      chunks: rowCount > 0 ? [chunk] : [],
      totalRowCount: rowCount,
      totalByteCount: 1000,
      truncated: false,
      ...(arrow ? { arrowSchema: Buffer.from("schema").toString("base64") } : {}),
    };
  });
}
