/** The Statement Execution service: https://docs.databricks.com/api/workspace/statementexecution */
import { createReadStream } from "node:fs";
import { EngineError } from "../../core/engine-client.ts";
import { ApiError, denied, invalid, notFound } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal, Service } from "../../core/service.ts";
import { sqlOf, useWarehouse } from "./access.ts";
import { featureFlagRoutes } from "./feature-flags.ts";
import { checkLink } from "./links.ts";
import {
  chunkParams,
  type Execute,
  executeInSession,
  executeRequest,
  historyQuery,
  linkQuery,
  type SessionOfWarehouse,
  type StatementParams,
  scopedParams,
  sessionOfWarehouse,
  sessionParams,
  sessionQuery,
  sessionRequest,
  statementParams,
  warehouseParams,
} from "./schemas.ts";
import { getStatement, listStatements, migrations, type Statement } from "./store.ts";
import { chunkFile, chunkView, historyView, statementView } from "./view.ts";

const BASE = "/api/2.0/sql/statements";
/** Not in the public reference; clients of the Statement Execution API that have connections open one each. */
const SESSIONS = "/api/2.0/sql/sessions";
/** As newer drivers have it, for sessions and for what is in them. */
const OF_WAREHOUSE = "/api/2.0/sql/warehouses/:warehouse_id/sessions";
const IN_SESSION = `${OF_WAREHOUSE}/:session_id/statements`;
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
    if (!name) continue;
    if (seen.has(name)) throw invalid(`Parameter '${name}' is given twice.`);
    seen.add(name);
  }
}

/** A body may say again what its path says, and nothing else. */
function sameAsPath(body: Record<string, unknown>, path: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(path)) {
    if ((body[name] ?? value) !== value)
      throw invalid(`${name} is '${value}' in the path and '${body[name]}' in the body.`);
  }
}

/** What the routes do, whichever of their paths is called. */
function actionsOf(context: Context) {
  const { db } = context;
  const { runner, sessions } = sqlOf(context);

  const requireSession = (id: string, warehouseId: string, principal: Principal): void => {
    if (sessions.use(id, principal.name)?.warehouseId !== warehouseId) {
      throw notFound(`The session ${id} was not found on SQL warehouse ${warehouseId}.`);
    }
  };

  /** A statement is its user's alone. */
  const find = ({ statement_id, session_id, warehouse_id }: StatementParams, principal: Principal): Statement => {
    if (session_id) requireSession(session_id, warehouse_id ?? "", principal);
    const statement = getStatement(db, statement_id);
    if (statement?.principal !== principal.name || statement.protocol !== undefined) {
      throw notFound(`The statement ${statement_id} was not found.`);
    }
    return statement;
  };

  const open = async (warehouseId: string, body: SessionOfWarehouse, principal: Principal) => {
    const { catalog, schema, session_confs: configuration = {} } = body;
    sameAsPath(body, { warehouse_id: warehouseId });
    useWarehouse(context, principal, warehouseId);
    try {
      const { id } = await sessions.open(principal.name, warehouseId, { catalog, schema, configuration });
      return { session_id: id };
    } catch (error) {
      throw error instanceof EngineError ? new ApiError("BAD_REQUEST", error.message) : error;
    }
  };

  const close = async (id: string, warehouseId: string, principal: Principal) => {
    requireSession(id, warehouseId, principal);
    await sessions.close(id);
    return {};
  };

  const execute = async (body: Execute, principal: Principal) => {
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
  };

  return { open, close, execute, find };
}

type Actions = ReturnType<typeof actionsOf>;

function sessionRoutes(app: App, { open, close }: Actions): void {
  // some drivers write a slash at the end
  for (const path of [SESSIONS, `${SESSIONS}/`]) {
    app.post(path, { schema: { body: sessionRequest } }, async ({ body, principal }) =>
      open(body.warehouse_id, body, principal),
    );
  }
  app.post(
    OF_WAREHOUSE,
    { schema: { params: warehouseParams, body: sessionOfWarehouse } },
    async ({ params, body, principal }) => open(params.warehouse_id, body, principal),
  );
  app.delete(
    `${SESSIONS}/:session_id`,
    { schema: { params: sessionParams, querystring: sessionQuery } },
    async ({ params, query, body, principal }) => {
      const sent = (body ?? {}) as { warehouse_id?: string };
      const warehouseId = query.warehouse_id ?? sent.warehouse_id;
      if (!warehouseId) throw invalid("warehouse_id: is required");
      return close(params.session_id, warehouseId, principal);
    },
  );
  app.delete(`${OF_WAREHOUSE}/:session_id`, { schema: { params: scopedParams } }, async ({ params, principal }) =>
    close(params.session_id, params.warehouse_id, principal),
  );
}

function statementRoutes(app: App, context: Context, { execute, find }: Actions): void {
  const { runner } = sqlOf(context);
  for (const path of [BASE, `${BASE}/`]) {
    app.post(path, { schema: { body: executeRequest } }, async ({ body, principal }) => execute(body, principal));
  }
  app.post(
    IN_SESSION,
    { schema: { params: scopedParams, body: executeInSession } },
    async ({ params, body, principal }) => {
      sameAsPath(body, params);
      return execute({ ...body, ...params }, principal);
    },
  );
  for (const [base, within] of [[BASE, {}] as const, [IN_SESSION, scopedParams.shape] as const]) {
    const one = `${base}/:statement_id`;
    const ofStatement = statementParams.extend(within);
    const ofChunk = chunkParams.extend(within);
    app.get(one, { schema: { params: ofStatement } }, async ({ params, principal }) =>
      statementView(context, find(params, principal)),
    );
    app.post(`${one}/cancel`, { schema: { params: ofStatement } }, async ({ params, principal }) => {
      await runner.cancel(find(params, principal));
      return {};
    });
    app.delete(one, { schema: { params: ofStatement } }, async ({ params, principal }) => {
      await runner.close(find(params, principal));
      return {};
    });
    app.get(`${one}/result/chunks/:chunk_index`, { schema: { params: ofChunk } }, async ({ params, principal }) =>
      chunkView(context, find(params, principal), params.chunk_index),
    );
  }
}

function linkRoutes(app: App, context: Context): void {
  const { db } = context;
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
}

function historyRoutes(app: App, { db }: Context): void {
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

function routes(app: App, context: Context): void {
  const actions = actionsOf(context);
  sessionRoutes(app, actions);
  statementRoutes(app, context, actions);
  linkRoutes(app, context);
  featureFlagRoutes(app);
  historyRoutes(app, context);
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
