/** The Statement Execution service: https://docs.databricks.com/api/workspace/statementexecution */
import { createReadStream } from "node:fs";
import { ApiError, denied, invalid, notFound } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal, Service } from "../../core/service.ts";
import { EngineError } from "../../engine/client.ts";
import { sqlOf, useWarehouse } from "./access.ts";
import { checkLink } from "./links.ts";
import {
  chunkParams,
  type Execute,
  executeRequest,
  historyQuery,
  linkQuery,
  sessionParams,
  sessionQuery,
  sessionRequest,
  statementParams,
} from "./schemas.ts";
import { getStatement, listStatements, migrations, type Statement } from "./store.ts";
import { chunkFile, chunkView, historyView, statementView } from "./view.ts";

const BASE = "/api/2.0/sql/statements";
/** Not in the public reference; clients of the Statement Execution API that have connections open one each. */
const SESSIONS = "/api/2.0/sql/sessions";
const DEFAULT_WAIT = 10;

function waitMillis({ wait_timeout }: Execute): number {
  const seconds = wait_timeout === undefined ? DEFAULT_WAIT : Number(/^(\d+)s$/.exec(wait_timeout)?.[1] ?? Number.NaN);
  if (seconds === 0 || (seconds >= 5 && seconds <= 50)) return seconds * 1000;
  throw invalid(`wait_timeout must be 0s, or from 5s to 50s, got '${wait_timeout}'.`);
}

function check(request: Execute): void {
  const { disposition = "INLINE", format = "JSON_ARRAY", wait_timeout, on_wait_timeout, parameters = [] } = request;
  if (request.session_id && (request.catalog ?? request.schema) !== undefined) {
    throw invalid("catalog and schema are the session's where session_id is given.");
  }
  if (disposition === "INLINE" && format !== "JSON_ARRAY") {
    throw invalid(`Format ${format} is only supported with disposition EXTERNAL_LINKS; INLINE gives JSON_ARRAY.`);
  }
  if (wait_timeout === "0s" && on_wait_timeout === "CANCEL") {
    throw invalid("on_wait_timeout CANCEL cannot be used with wait_timeout 0s.");
  }
  const seen = new Set<string>();
  for (const { name } of parameters) {
    if (seen.has(name)) throw invalid(`Parameter '${name}' is given twice.`);
    seen.add(name);
  }
}

function routes(app: App, context: Context): void {
  const { db } = context;
  const { runner, sessions } = sqlOf(context);

  /** A statement is its user's alone. */
  const find = (statementId: string, principal: Principal): Statement => {
    const statement = getStatement(db, statementId);
    if (statement?.principal !== principal.name || statement.protocol === "THRIFT") {
      throw notFound(`The statement ${statementId} was not found.`);
    }
    return statement;
  };

  const requireSession = (id: string, warehouseId: string, principal: Principal): void => {
    if (sessions.use(id, principal.name)?.warehouseId !== warehouseId) {
      throw notFound(`The session ${id} was not found on SQL warehouse ${warehouseId}.`);
    }
  };

  app.post(SESSIONS, { schema: { body: sessionRequest } }, async ({ body, principal }) => {
    const { warehouse_id, catalog, schema, session_confs: configuration = {} } = body;
    useWarehouse(context, principal, warehouse_id);
    try {
      const { id } = await sessions.open(principal.name, warehouse_id, { catalog, schema, configuration });
      return { session_id: id };
    } catch (error) {
      throw error instanceof EngineError ? new ApiError("BAD_REQUEST", error.message) : error;
    }
  });

  app.delete(
    `${SESSIONS}/:session_id`,
    { schema: { params: sessionParams, querystring: sessionQuery } },
    async ({ params, query, body, principal }) => {
      const sent = (body ?? {}) as { warehouse_id?: string };
      const warehouseId = query.warehouse_id ?? sent.warehouse_id;
      if (!warehouseId) throw invalid("warehouse_id: is required");
      requireSession(params.session_id, warehouseId, principal);
      await sessions.close(params.session_id);
      return {};
    },
  );

  app.post(BASE, { schema: { body: executeRequest } }, async ({ body, principal }) => {
    check(body);
    const millis = waitMillis(body);
    useWarehouse(context, principal, body.warehouse_id);
    if (body.session_id) requireSession(body.session_id, body.warehouse_id, principal);
    let statement = runner.start(body, principal.name);
    if (millis > 0) statement = await runner.wait(statement.statementId, millis);
    if (millis > 0 && body.on_wait_timeout === "CANCEL" && ["PENDING", "RUNNING"].includes(statement.state)) {
      await runner.cancel(statement);
      statement = getStatement(db, statement.statementId)!;
    }
    return statementView(context, statement);
  });

  app.get(`${BASE}/:statement_id`, { schema: { params: statementParams } }, async ({ params, principal }) =>
    statementView(context, find(params.statement_id, principal)),
  );

  app.post(`${BASE}/:statement_id/cancel`, { schema: { params: statementParams } }, async ({ params, principal }) => {
    await runner.cancel(find(params.statement_id, principal));
    return {};
  });

  app.delete(`${BASE}/:statement_id`, { schema: { params: statementParams } }, async ({ params, principal }) => {
    await runner.close(find(params.statement_id, principal));
    return {};
  });

  app.get(
    `${BASE}/:statement_id/result/chunks/:chunk_index`,
    { schema: { params: chunkParams } },
    async ({ params, principal }) => chunkView(context, find(params.statement_id, principal), params.chunk_index),
  );

  app.get(
    "/sql-results/:statement_id/:chunk_index",
    { config: { public: true }, schema: { params: chunkParams, querystring: linkQuery } },
    async ({ params, query, headers }, reply) => {
      const { statement_id, chunk_index } = params;
      if (headers.authorization)
        throw invalid("An external link carries its own credentials: send no Authorization header.");
      if (!checkLink(statement_id, chunk_index, query.expires, query.signature))
        throw denied("This link has expired or was changed.");
      const statement = getStatement(db, statement_id);
      const chunk = statement?.result?.chunks[chunk_index];
      if (!statement || !chunk) throw notFound(`Chunk ${chunk_index} of statement ${statement_id} does not exist.`);
      return reply.type("application/octet-stream").send(createReadStream(chunkFile(context, statement, chunk)));
    },
  );

  app.get("/api/2.0/sql/history/queries", { schema: { querystring: historyQuery } }, async ({ query, principal }) => {
    const own = listStatements(db).filter((statement) => statement.principal === principal.name);
    const page = { size: query.max_results, pageToken: query.page_token };
    const { items, next_page_token } = paginate(own, page, { fallback: 100, max: 1000 });
    return {
      res: items.map(historyView),
      has_next_page: next_page_token !== undefined,
      ...(next_page_token ? { next_page_token } : {}),
    };
  });
}

export const sql: Service = {
  name: "sql",
  migrations,
  routes,
  start(context) {
    const { runner, sessions } = sqlOf(context);
    runner.recover();
    sessions.start();
  },
  stop(context) {
    const { runner, sessions } = sqlOf(context);
    sessions.stop();
    runner.stop();
  },
};
