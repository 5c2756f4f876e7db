/**
 * Commands on clusters: code in an execution context, whose names and session its commands share.
 * https://docs.databricks.com/api/workspace/commandexecution
 */
import { z } from "zod";
import { EngineError } from "../../core/engine-client.ts";
import { invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { Part } from "../../core/part.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { requirePython } from "../identity/python-code.ts";
import { requireCluster } from "./clusters.ts";

const LANGUAGES = { python: "PYTHON", sql: "SQL" } as const;
type Language = keyof typeof LANGUAGES;
type Status = "Running" | "Cancelling" | "Cancelled" | "Finished" | "Error";

interface Command {
  id: string;
  status: Status;
  text: string;
  results?: Record<string, unknown>;
}
interface ExecutionContext {
  id: string;
  clusterId: string;
  principal: string;
  commands: Map<string, Command>;
  /** Its commands run one after another. */
  last: Promise<void>;
}

/** Databricks' limit of a cluster, too. */
const MOST_CONTEXTS = 145;
/** What is kept of a command's prints: the end. */
const TEXT_LIMIT = 5 * 1024 * 1024;

const language = z.enum(["python", "sql", "scala", "r"]);
const inCluster = z.looseObject({ clusterId: z.string().min(1), language });
const inContext = z.looseObject({ clusterId: z.string().min(1), contextId: z.string().min(1) });
const execution = z.looseObject({ ...inContext.shape, language, command: z.string() });
const ofCommand = z.looseObject({ ...inContext.shape, commandId: z.string().min(1) });

/** They live as long as the process: a restart of a cluster ends its contexts on Databricks, too. */
const contexts = new Part<Map<string, ExecutionContext>>(() => new Map());

function supported(asked: z.infer<typeof language>): Language {
  if (asked in LANGUAGES) return asked as Language;
  throw invalid(`Language ${asked} is not supported by the local workspace's clusters; use python or sql.`);
}

function requireRunning(context: Context, principal: Principal, clusterId: string): void {
  const cluster = requireCluster(context, clusterId, principal, "CAN_ATTACH_TO");
  if (cluster.state !== "RUNNING")
    throw invalid(`ClusterNotReadyException: Cluster ${clusterId} is not running; start it first.`);
}

function find(context: Context, principal: Principal, asked: z.infer<typeof inContext>): ExecutionContext {
  requireCluster(context, asked.clusterId, principal, "CAN_ATTACH_TO");
  const found = contexts.of(context).get(asked.contextId);
  if (found?.clusterId !== asked.clusterId || found.principal !== principal.name) {
    throw notFound(`ContextNotFound: There is no execution context ${asked.contextId} on cluster ${asked.clusterId}.`);
  }
  return found;
}

function findCommand(context: Context, principal: Principal, asked: z.infer<typeof ofCommand>): Command {
  const command = find(context, principal, asked).commands.get(asked.commandId);
  if (!command)
    throw notFound(`CommandNotFound: There is no command ${asked.commandId} in context ${asked.contextId}.`);
  return command;
}

/** Whether it was asked to stop. */
const asked = ({ status }: Command): boolean => status === "Cancelling";

async function run(
  context: Context,
  place: ExecutionContext,
  command: Command,
  kind: Language,
  source: string,
): Promise<void> {
  if (asked(command)) {
    command.status = "Cancelled";
    return;
  }
  try {
    const answer = await context.engine.request("command.run", {
      contextId: place.id,
      runId: command.id,
      language: LANGUAGES[kind],
      source,
      principal: place.principal,
    });
    const ended = asked(command);
    command.status = ended ? "Cancelled" : "Finished";
    if (!ended) command.results = resultsOf(answer, command.text, kind);
  } catch (error) {
    command.status = "Error";
    const cause = error instanceof EngineError ? error.message : String((error as Error).message);
    command.results = { resultType: "error", summary: cause, cause };
  }
}

interface Answer {
  error?: { message: string; trace: string } | undefined;
  table?: { columns: { name: string; type_json: string }[]; rows: unknown[][]; truncated: boolean } | undefined;
}

/** What code printed, the table that it showed last, or its error: a command that failed is Finished, too. */
function resultsOf({ error, table }: Answer, text: string, kind: Language): Record<string, unknown> {
  if (error) {
    const { message, trace } = error; // of SQL, the trace is the engine's own
    return { resultType: "error", summary: message, cause: kind === "sql" ? message : `${text}${trace || message}` };
  }
  if (!table) return { resultType: "text", data: text.replace(/\n$/, "") };
  const schema = table.columns.map(({ name, type_json }) => ({
    name,
    type: JSON.stringify((JSON.parse(type_json) as { type: unknown }).type),
    metadata: "{}",
  }));
  return { resultType: "table", data: table.rows, schema, truncated: table.truncated, isJsonSchema: true };
}

function contextRoutes(app: App, context: Context): void {
  const all = contexts.of(context);
  app.post("/api/1.2/contexts/create", { schema: { body: inCluster } }, async ({ body, principal }) => {
    supported(body.language);
    requireRunning(context, principal, body.clusterId);
    const here = [...all.values()].filter(({ clusterId }) => clusterId === body.clusterId);
    if (here.length >= MOST_CONTEXTS) {
      throw invalid(
        `Too many execution contexts are open on cluster ${body.clusterId} (${MOST_CONTEXTS}); destroy some.`,
      );
    }
    const made: ExecutionContext = {
      ...{ id: uuid(), clusterId: body.clusterId, principal: principal.name },
      ...{ commands: new Map<string, Command>(), last: Promise.resolve() },
    };
    await context.engine.request("command.openContext", { contextId: made.id, principal: made.principal });
    all.set(made.id, made);
    return { id: made.id };
  });
  app.get("/api/1.2/contexts/status", { schema: { querystring: inContext } }, async ({ query, principal }) => ({
    id: find(context, principal, query).id,
    status: "Running",
  }));
  app.post("/api/1.2/contexts/destroy", { schema: { body: inContext } }, async ({ body, principal }) => {
    const { id, commands } = find(context, principal, body);
    all.delete(id);
    for (const command of commands.values()) cancel(context, command);
    await context.engine.request("command.closeContext", { contextId: id });
    return { id };
  });
}

function cancel(context: Context, command: Command): void {
  if (command.status !== "Running") return;
  command.status = "Cancelling";
  void context.engine.request("notebook.cancel", { runId: command.id }).catch(() => undefined);
}

export function commandRoutes(app: App, context: Context): void {
  contextRoutes(app, context);
  context.engine.onNotification("notebook.output", ({ runId, text }) => {
    for (const { commands } of contexts.of(context).values()) {
      const command = commands.get(runId);
      if (command) command.text = (command.text + text).slice(-TEXT_LIMIT);
    }
  });
  app.post("/api/1.2/commands/execute", { schema: { body: execution } }, async ({ body, principal }) => {
    const kind = supported(body.language);
    const place = find(context, principal, body);
    requireRunning(context, principal, body.clusterId);
    if (kind === "python") requirePython(context, principal, [{ path: "command", content: "" }]);
    const command: Command = { id: uuid(), status: "Running", text: "" };
    place.commands.set(command.id, command);
    place.last = place.last.then(() => run(context, place, command, kind, body.command));
    return { id: command.id };
  });
  app.get("/api/1.2/commands/status", { schema: { querystring: ofCommand } }, async ({ query, principal }) => {
    const { id, status, results } = findCommand(context, principal, query);
    return { id, status, results: results ?? null };
  });
  app.post("/api/1.2/commands/cancel", { schema: { body: ofCommand } }, async ({ body, principal }) => {
    const command = findCommand(context, principal, body);
    cancel(context, command);
    return { id: command.id };
  });
}
