/**
 * The Thrift service of SQL warehouses, which the Databricks SQL connectors and drivers speak: TCLIService in the binary
 * protocol, a call a POST. Results come in the answers; there are no links to files (cloud fetch).
 */
import { z } from "zod";
import { invalid } from "../../core/errors.ts";
import type { App, Context, Principal, Service } from "../../core/service.ts";
import { useWarehouse } from "../sql/access.ts";
import { isBusy } from "./errors.ts";
import { type Caller, METHODS } from "./methods.ts";
import { ThriftSessions } from "./operations.ts";
import { stagingRoutes } from "./staging.ts";
import { WireError } from "./wire/binary.ts";
import { type Call, EXCEPTION_TYPE, readCall, writeException, writeReply } from "./wire/message.ts";
import { struct, type Type } from "./wire/types.ts";

const CONTENT_TYPE = "application/x-thrift";
/** Seconds after which clients may try again where they are asked to. */
const RETRY_AFTER = "5";

/** Field 1 of the arguments of every method. */
function readRequest(call: Call, type: Type<unknown>): unknown {
  const { req } = struct({ req: [1, type] }).read(call.body) as { req?: unknown };
  if (req === undefined) throw new WireError(`${call.method} came without a request`);
  return req;
}

/** The answer to the bytes of a call. Throws where they are not even the beginning of one. */
async function answerTo(caller: Caller, bytes: Buffer, log: (error: unknown) => void): Promise<Buffer> {
  let call: Call;
  try {
    call = readCall(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw invalid(`The body is not a Thrift call in the binary protocol: ${error.message}.`);
  }
  const { method: name, sequence } = call;
  const exception = (type: number, text: string): Buffer => writeException(name, sequence, type, text);
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (!method) return exception(EXCEPTION_TYPE.UNKNOWN_METHOD, `The local workspace has no method '${name}'.`);
  try {
    const answer = await method.call(caller, readRequest(call, method.request));
    return writeReply(name, sequence, method.response, answer);
  } catch (error) {
    if (error instanceof WireError) return exception(EXCEPTION_TYPE.PROTOCOL_ERROR, `${name}: ${error.message}.`);
    if (isBusy(error)) throw error;
    log(error);
    const reason = error instanceof Error ? error.message : String(error);
    return exception(EXCEPTION_TYPE.INTERNAL_ERROR, `The local workspace failed: ${reason}. Its log has the trace.`);
  }
}

/** In a header, where clients look for it: one line of characters that a header may have. */
function messageOf(payload: unknown): string {
  try {
    const { message } = JSON.parse(String(payload)) as { message?: string };
    return (message ?? "").replace(/[^\x20-\x7e]+/g, " ");
  } catch {
    return "";
  }
}

function routes(app: App, context: Context): void {
  const sessions = new ThriftSessions(context);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onSend", async (_request, reply, payload) => {
    if (reply.statusCode < 400) return;
    reply.header("x-thriftserver-error-message", messageOf(payload));
    if (reply.statusCode === 429 || reply.statusCode === 503) reply.header("retry-after", RETRY_AFTER);
  });
  stagingRoutes(app, context);
  for (const kind of ["warehouses", "endpoints"]) {
    app.post(
      `/sql/1.0/${kind}/:warehouse_id`,
      { schema: { hide: true, params: z.object({ warehouse_id: z.string() }) } },
      async (request, reply) => {
        const principal: Principal = request.principal;
        const { warehouse_id: warehouseId } = request.params;
        useWarehouse(context, principal, warehouseId);
        const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const authorization = request.headers.authorization ?? "";
        const caller = { context, sessions, principal, warehouseId, authorization };
        const answer = await answerTo(caller, bytes, (error) => request.log.error(error));
        return reply.type(CONTENT_TYPE).send(answer);
      },
    );
  }
}

export const thrift: Service = { name: "thrift", routes };
