/** The Statement Execution service: https://docs.databricks.com/api/workspace/statementexecution */
import { createReadStream } from "node:fs";
import { denied, invalid, notFound } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal, Service } from "../../core/service.ts";
import { requireLevel } from "../permissions/access.ts";
import { getWarehouse, saveWarehouse } from "../warehouses/store.ts";
import { checkLink } from "./links.ts";
import { StatementRunner } from "./runner.ts";
import { chunkParams, type Execute, executeRequest, historyQuery, linkQuery, statementParams } from "./schemas.ts";
import { getStatement, listStatements, migrations, type Statement } from "./store.ts";
import { chunkFile, chunkView, historyView, statementView } from "./view.ts";

const BASE = "/api/2.0/sql/statements";
const DEFAULT_WAIT = 10;

function waitMillis({ wait_timeout }: Execute): number {
  const seconds = wait_timeout === undefined ? DEFAULT_WAIT : Number(/^(\d+)s$/.exec(wait_timeout)?.[1] ?? Number.NaN);
  if (seconds === 0 || (seconds >= 5 && seconds <= 50)) return seconds * 1000;
  throw invalid(`wait_timeout must be 0s, or from 5s to 50s, got '${wait_timeout}'.`);
}

function check(request: Execute): void {
  const { disposition = "INLINE", format = "JSON_ARRAY", wait_timeout, on_wait_timeout, parameters = [] } = request;
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

const runners = new WeakMap<Context, StatementRunner>();

function runnerOf(context: Context): StatementRunner {
  const runner = runners.get(context) ?? new StatementRunner(context);
  runners.set(context, runner);
  return runner;
}

function routes(app: App, context: Context): void {
  const { db } = context;
  const runner = runnerOf(context);

  /** A statement is its user's alone. */
  const find = (statementId: string, principal: Principal): Statement => {
    const statement = getStatement(db, statementId);
    if (statement?.principal !== principal.name) throw notFound(`The statement ${statementId} was not found.`);
    return statement;
  };

  app.post(BASE, { schema: { body: executeRequest } }, async ({ body, principal }) => {
    check(body);
    const millis = waitMillis(body);
    const warehouse = getWarehouse(db, body.warehouse_id);
    if (!warehouse) throw notFound(`SQL warehouse ${body.warehouse_id} does not exist.`);
    requireLevel(context, principal, "sql/warehouses", warehouse.id, "CAN_USE");
    if (warehouse.state === "STOPPED") saveWarehouse(db, { ...warehouse, state: "RUNNING" });
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
  start: (context) => runnerOf(context).recover(),
  stop: (context) => runnerOf(context).stop(),
};
