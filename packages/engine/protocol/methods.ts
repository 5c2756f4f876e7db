/**
 * The engine protocol: every method with its parameters and its result. The one source of it: types on the workspace's side,
 * validation of what arrives there, `contract.py` on the engine's side and the tables in docs/architecture.md come from here.
 */
import { z } from "zod";
import {
  catalogChange,
  chunk,
  columnInfo,
  functionRecord,
  parameter,
  pipelineEvent,
  pipelineSpec,
  privilegeCheck,
  tableProtection,
  tableRecord,
} from "./records.ts";
import { catalogStatement } from "./statements.ts";

const text = z.string();
const texts = z.array(text);
const none = z.strictObject({});
/** Null: the engine acts for itself. */
const principal = text.nullable();

const run = {
  runId: text,
  path: text,
  source: text,
  sysPath: texts,
  dependencies: texts.optional(),
  sparkConf: z.record(text, text).optional(),
  principal,
};
const runResult = z
  .strictObject({
    result: text.optional(),
    truncated: z.boolean(),
    error: z.strictObject({ message: text, trace: text }).optional(),
  })
  .meta({ id: "RunResult" });
const commandResult = z
  .strictObject({
    error: z.strictObject({ message: text, trace: text }).optional(),
    table: z
      .strictObject({
        columns: z.array(z.strictObject({ name: text, type_json: text })),
        rows: z.array(z.array(z.unknown())),
        truncated: z.boolean(),
      })
      .optional(),
  })
  .describe("`table`: the first rows of the DataFrame that it showed last")
  .meta({ id: "CommandResult" });
const table = z.strictObject({
  columns: z.array(z.strictObject({ name: text, type_name: text })),
  rows: z.array(z.array(text.nullable())),
});

/** Requests of the workspace, which the engine answers. */
export const engineMethods = {
  initialize: {
    params: z.strictObject({
      dataDir: text,
      volumesRoot: text,
      tablesRoot: text,
      catalogs: z.array(z.strictObject({ name: text, schemas: texts })),
      tables: z.array(tableRecord),
      functions: z.array(functionRecord),
    }),
    result: z.strictObject({
      sparkVersion: text,
      deltaVersion: text,
      pythonVersion: text,
      pysparkVersion: text,
      pid: z.int(),
    }),
  },
  ping: {
    params: none.describe("answered by the thread that reads, once the JVM has answered it"),
    result: none,
  },
  "catalog.apply": { params: z.strictObject({ changes: z.array(catalogChange) }), result: none },
  "update.run": {
    params: z.strictObject({
      pipelineId: text,
      updateId: text,
      pipeline: pipelineSpec,
      dependencies: texts.optional(),
      cause: text,
      validateOnly: z.boolean(),
      fullRefresh: z.boolean(),
      fullRefreshSelection: texts,
      refreshSelection: texts,
      principal,
      storage: text,
    }),
    result: z
      .strictObject({
        state: z.enum(["COMPLETED", "FAILED", "CANCELED"]),
        error: z.strictObject({ message: text }).optional(),
      })
      .describe("when the update has ended; a continuous pipeline's ends when it is stopped or fails"),
  },
  "update.stop": { params: z.strictObject({ updateId: text }), result: none },
  "notebook.run": {
    params: z
      .strictObject({
        ...run,
        language: z.enum(["PYTHON", "SQL", "SCALA", "R"]),
        parameters: z.record(text, text),
        catalog: text.optional(),
        schema: text.optional(),
      })
      .describe(
        "`sysPath`: the notebook's own folder in `.local/workspace/`, where imports and relative paths lead; `dependencies`: lines of a requirements file, whose packages are installed and come first in the search; `sparkConf`: of the task's cluster, of which the run says what has no effect",
      ),
    result: runResult,
  },
  "notebook.cancel": { params: z.strictObject({ runId: text }).describe("also of python.run"), result: none },
  "python.run": {
    params: z.strictObject({ ...run, argv: texts }).describe("for spark_python_task"),
    result: runResult,
  },
  "command.openContext": {
    params: z
      .strictObject({ contextId: text, principal })
      .describe("an execution context of the Command Execution API"),
    result: none,
  },
  "command.closeContext": { params: z.strictObject({ contextId: text }), result: none },
  "command.run": {
    params: z
      .strictObject({ contextId: text, runId: text, language: z.enum(["PYTHON", "SQL"]), source: text, principal })
      .describe("in the context's session and names; its prints are `notebook.output`, `notebook.cancel` ends it"),
    result: commandResult,
  },
  "sql.openSession": {
    params: z
      .strictObject({
        sessionId: text,
        catalog: text.optional(),
        schema: text.optional(),
        configuration: z.record(text, text),
        principal,
      })
      .describe("`configuration`: settings as `SET` takes them"),
    result: z.strictObject({ catalog: text, schema: text }).describe("in use"),
  },
  "sql.closeSession": { params: z.strictObject({ sessionId: text }), result: none },
  "sql.execute": {
    params: z
      .strictObject({
        statementId: text,
        statement: text,
        sessionId: text.optional(),
        catalog: text.optional(),
        schema: text.optional(),
        parameters: z.array(parameter).optional(),
        rowLimit: z.int().optional(),
        byteLimit: z.int().optional(),
        timeout: z.number().optional(),
        format: z.enum(["JSON_ARRAY", "ARROW_STREAM", "CSV", "SQL_TEXT"]).optional(),
        arrowAsText: z.array(z.enum(["TIMESTAMP", "DECIMAL", "COMPLEX", "INTERVAL", "NULL"])).optional(),
        resultDir: text,
        principal,
      })
      .describe("in a session, or in `catalog` and `schema`. `SQL_TEXT`: JSON_ARRAY with values as SQL shows them"),
    result: z
      .strictObject({
        columns: z.array(columnInfo),
        chunks: z.array(chunk),
        totalRowCount: z.int(),
        totalByteCount: z.int(),
        truncated: z.boolean(),
        modifiedRows: z.int().optional(),
        arrowSchema: text.optional(),
      })
      .describe("`modifiedRows`: of INSERT, UPDATE, DELETE, MERGE; `arrowSchema`: the schema's message in base64")
      .meta({ id: "StatementResult" }),
  },
  "sql.cancel": { params: z.strictObject({ statementId: text }), result: none },
  shutdown: { params: none, result: none },
} as const satisfies Methods;

/** Requests of the engine, which the workspace answers. */
export const workspaceMethods = {
  "catalog.putTable": {
    params: z.strictObject({ table: tableRecord, principal }),
    result: z
      .strictObject({ tableId: text })
      .describe(
        "the table is on record, created or altered; refused where the schema does not exist or the principal may not",
      ),
  },
  "catalog.dropTable": { params: z.strictObject({ fullName: text, principal }), result: none },
  "catalog.statement": {
    params: z
      .strictObject({ statement: catalogStatement, principal })
      .describe("statements that Spark has no grammar for or that are the workspace's business"),
    result: table.meta({ id: "StatementRows" }),
  },
  "catalog.authorize": {
    params: z
      .strictObject({ principal, checks: z.array(privilegeCheck) })
      .describe("each check also wants USE CATALOG and USE SCHEMA above"),
    result: z
      .strictObject({ tables: z.array(tableProtection) })
      .describe("for every table with a SELECT check that something protects from the principal; or PERMISSION_DENIED"),
  },
  "catalog.informationSchema": {
    params: z
      .strictObject({ principal: principal.optional(), catalog: text, view: text })
      .describe("a view of the catalog's information_schema as the principal sees it; without one, all of it"),
    result: z
      .strictObject({
        schema: text,
        rows: z.array(z.array(z.union([text, z.number(), z.boolean(), z.null()]))),
      })
      .describe("`schema` is DDL, timestamps are in ms"),
  },
  "principal.groups": {
    params: z.strictObject({ principal }).describe("for `is_account_group_member`"),
    result: z.strictObject({ groups: texts }),
  },
  "pipeline.authorize": {
    params: z.strictObject({ principal, pipelineId: text }).describe("for `event_log()`"),
    result: none.describe("for the pipeline's owner, who it runs as, and admins; PERMISSION_DENIED for others"),
  },
  "workspace.requireRead": {
    params: z.strictObject({ principal: text, path: text }).describe("a file of the workspace"),
    result: none.describe("or PERMISSION_DENIED"),
  },
  "workspace.mirror": {
    params: z
      .strictObject({ principal, path: text })
      .describe(
        "a file or folder of the workspace is copied to `.local/workspace/`, where code that opens `/Workspace/…` finds it",
      ),
    result: none,
  },
  "secrets.get": {
    params: z.strictObject({ principal, scope: text, key: text }),
    result: z.strictObject({ value: text }).describe("in base64"),
  },
  "secrets.list": {
    params: z.strictObject({ principal, scope: text.optional() }),
    result: z.strictObject({ names: texts }).describe("keys of the scope, or scopes, as the principal sees them"),
  },
  "task.setValue": {
    params: z
      .strictObject({ runId: text, key: text, json: text })
      .describe(
        "`dbutils.jobs.taskValues.set` of the task whose run this is; the value as JSON text, so that no side changes its numbers",
      ),
    result: none,
  },
  "task.getValue": {
    params: z
      .strictObject({ runId: text, taskKey: text, key: text })
      .describe("a value that another task of the same job run set"),
    result: z.strictObject({ found: z.boolean(), json: text.optional() }),
  },
  "run.login": {
    params: z.strictObject({ runId: text, principal: text }).describe("for `WorkspaceClient()` in the code of a run"),
    result: z.strictObject({ host: text, token: text }).describe("the token holds for an hour, as the principal"),
  },
  "task.context": {
    params: z.strictObject({ runId: text }).describe("ids for `dbutils.entry_point`, of a task's run or an update"),
    result: z.strictObject({
      host: text,
      workspaceId: z.int(),
      jobId: z.int().optional(),
      jobRunId: z.int().optional(),
      taskKey: text.optional(),
      runId: text,
    }),
  },
} as const satisfies Methods;

/** Notifications of the engine, without an answer. */
export const engineNotifications = {
  "update.event": z.strictObject({ pipelineId: text, updateId: text, event: pipelineEvent }),
  "notebook.output": z.strictObject({ runId: text, text }),
} as const satisfies Record<string, z.ZodType>;

type Methods = Record<string, { params: z.ZodType; result: z.ZodType }>;

export type EngineMethod = keyof typeof engineMethods;
export type WorkspaceMethod = keyof typeof workspaceMethods;
export type EngineNotification = keyof typeof engineNotifications;
/** What the workspace sends with a request, and gets for it. */
export type EngineParams<M extends EngineMethod> = z.input<(typeof engineMethods)[M]["params"]>;
export type EngineResult<M extends EngineMethod> = z.output<(typeof engineMethods)[M]["result"]>;
/** What the workspace gets with a request of the engine, and answers. */
export type WorkspaceParams<M extends WorkspaceMethod> = z.output<(typeof workspaceMethods)[M]["params"]>;
/** What the engine sends with a request: defaults may be left out. */
export type WorkspaceRequest<M extends WorkspaceMethod> = z.input<(typeof workspaceMethods)[M]["params"]>;
export type WorkspaceResult<M extends WorkspaceMethod> = z.input<(typeof workspaceMethods)[M]["result"]>;
export type NotificationParams<N extends EngineNotification> = z.output<(typeof engineNotifications)[N]>;
