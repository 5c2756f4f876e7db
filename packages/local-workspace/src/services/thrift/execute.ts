/** ExecuteStatement: a statement of a session, run by the runner that all statements have. */

import type { EngineParams } from "lakehouse-engine/protocol";
import { uuid } from "../../core/ids.ts";
import type { Context, Principal } from "../../core/service.ts";
import { sqlOf } from "../sql/access.ts";
import type { Parameter as RunnerParameter } from "../sql/runner.ts";
import { getStatement } from "../sql/store.ts";
import { fetchResults, operationHandleOf, operationStatus, resultSetMetadata } from "./answers.ts";
import { notSupported, SUCCESS, sqlStateOf, statusOf, ThriftError } from "./errors.ts";
import type { Operation, ThriftSession, ThriftSessions } from "./operations.ts";
import { overlayOf } from "./sessions.ts";
import { stagingRows } from "./staging.ts";
import {
  type ArrowTypes,
  type DirectResults,
  type ExecuteStatementReq,
  OPERATION_STATE,
  OPERATION_TYPE,
  type OperationResp,
  type Parameter,
  type ParameterArgument,
} from "./wire/structs.ts";

/** How long a statement may take to be answered with its result at once, in ms. Until then its client can't cancel it. */
const DIRECT_WAIT = 2000;
const DAY = 24 * 60 * 60 * 1000;

export interface DirectLimits {
  readonly maxRows?: number | undefined;
  readonly maxBytes?: number | undefined;
}

const argumentOf = (argument: ParameterArgument): RunnerParameter => ({
  type: argument.type,
  value: argument.value,
  ...(argument.arguments ? { arguments: argument.arguments.map(argumentOf) } : {}),
});

function parameterOf({ name, type, value, arguments: inner }: Parameter): RunnerParameter {
  const given = value?.stringValue ?? value?.doubleValue ?? value?.booleanValue;
  return {
    name: name || undefined,
    type,
    value: given === undefined ? null : String(given),
    ...(inner?.length || /^(array|map)$/i.test(type ?? "") ? { arguments: (inner ?? []).map(argumentOf) } : {}),
  };
}

/** In the order of `ordinal`, where they have one. */
function parametersOf(given: readonly Parameter[] | undefined): RunnerParameter[] {
  const sorted = [...(given ?? [])].sort((a, b) => (a.ordinal ?? 0) - (b.ordinal ?? 0));
  const names = sorted.flatMap(({ name }) => (name ? [name] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new ThriftError(`Parameter '${twice}' is given twice.`, "22023");
  return sorted.map(parameterOf);
}

type TypesAsText = NonNullable<EngineParams<"sql.execute">["arrowAsText"]>;

/** Which types the client wants as text: all that it does not ask for in Arrow. */
function arrowAsText(types: ArrowTypes | undefined, timestampsAsText: boolean): TypesAsText {
  const wanted: [TypesAsText[number], boolean][] = [
    ["TIMESTAMP", (types?.timestampAsArrow ?? true) && !timestampsAsText],
    ["DECIMAL", types?.decimalAsArrow ?? false],
    ["COMPLEX", types?.complexTypesAsArrow ?? false],
    ["INTERVAL", types?.intervalTypesAsArrow ?? false],
    ["NULL", types?.nullTypeAsArrow ?? true],
  ];
  return wanted.filter(([, native]) => !native).map(([kind]) => kind);
}

/** Settings of one statement: tags, which are not shown, and how timestamps come. */
function timestampsAsText(session: ThriftSession, overlay: ReadonlyMap<string, string> | undefined): boolean {
  const found = overlayOf(overlay, session.timestampsAsText);
  for (const name of Object.keys(found.configuration)) {
    if (name.toLowerCase() === "query_tags") continue;
    throw notSupported(`confOverlay: ${name} cannot be set for one statement; use SET in the session.`);
  }
  return found.timestampsAsText;
}

export async function executeStatement(
  context: Context,
  sessions: ThriftSessions,
  session: ThriftSession,
  { principal, authorization }: { principal: Principal; authorization: string },
  req: ExecuteStatementReq,
): Promise<OperationResp> {
  const { statement = "", queryTimeout = 0, resultRowLimit = 0, getDirectResults: direct } = req;
  if (req.statementConf?.sessionless) throw notSupported("Statements without a session are not supported: open one.");
  if (statement.trim() === "") throw new ThriftError("[PARSE_EMPTY_STATEMENT] The statement is empty.", "42617");
  if (queryTimeout < 0 || resultRowLimit < 0) {
    throw new ThriftError(`queryTimeout and resultRowLimit must not be negative.`, "22023");
  }
  const asText = timestampsAsText(session, req.confOverlay);
  const type = OPERATION_TYPE.EXECUTE_STATEMENT;
  try {
    const rows = stagingRows(context, principal, authorization, statement);
    if (rows) return answer(sessions, sessions.begin(session, uuid(), type, { rows, staging: true }), direct);
  } catch (error) {
    const refused = statusOf(error);
    // a statement that fails fails as an operation where its client asks for one
    if (!refused || !(direct || req.runAsync)) throw error;
    return answer(sessions, sessions.begin(session, uuid(), type, { refused }), direct);
  }
  const { runner } = sqlOf(context);
  const arrow = req.canReadArrowResult ?? false;
  const { statementId } = runner.start(
    {
      statement,
      warehouse_id: session.sql.warehouseId,
      session_id: session.sql.id,
      disposition: "EXTERNAL_LINKS",
      ...(resultRowLimit > 0 ? { row_limit: resultRowLimit } : {}),
    },
    session.sql.principal,
    {
      protocol: "THRIFT",
      format: arrow ? "ARROW_STREAM" : "SQL_TEXT",
      ...(arrow ? { arrowAsText: arrowAsText(req.useArrowNativeTypes, asText) } : {}),
      parameters: parametersOf(req.parameters),
      timeout: queryTimeout || undefined,
    },
  );
  const operation = sessions.begin(session, statementId, type, { statementId });
  if (direct) await runner.wait(statementId, DIRECT_WAIT);
  else if (!req.runAsync) {
    await runner.wait(statementId, DAY);
    const { error, sqlState } = getStatement(context.db, statementId)!;
    if (error) throw new ThriftError(error.message, sqlStateOf(sqlState, error.error_code));
  }
  return answer(sessions, operation, direct);
}

/** The operation's handle, and with direct results all of it that is there; what is whole is closed. */
export async function answer(
  sessions: ThriftSessions,
  operation: Operation,
  direct: DirectLimits | undefined,
): Promise<OperationResp> {
  const handle = { status: SUCCESS, operationHandle: operationHandleOf(operation) };
  if (!direct) return handle;
  const status = operationStatus(sessions, operation);
  const results: DirectResults = { operationStatus: status };
  if (status.operationState !== OPERATION_STATE.FINISHED) return { ...handle, directResults: results };
  const rows = sessions.rowsOf(operation);
  const { maxRows, maxBytes } = direct;
  const resultSet = fetchResults(operation, rows, { maxRows, maxBytes });
  const directResults = { ...results, resultSetMetadata: resultSetMetadata(rows, operation.staging), resultSet };
  if (resultSet.hasMoreRows) return { ...handle, directResults };
  await sessions.close(operation);
  return { ...handle, directResults: { ...directResults, closeOperation: { status: SUCCESS } } };
}
