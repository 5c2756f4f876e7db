/** How an operation stands and what it found, in the structs that several methods answer with. */
import type { StatementState } from "../sql/store.ts";
import { tableSchema } from "./columns.ts";
import { SUCCESS, sqlStateOf, ThriftError } from "./errors.ts";
import { bytesOf, type Operation, type ThriftSession, type ThriftSessions } from "./operations.ts";
import type { Rows } from "./results.ts";
import {
  FETCH,
  type FetchResultsReq,
  type fetchResultsResp,
  type getOperationStatusResp,
  type getResultSetMetadataResp,
  OPERATION_STATE,
  type OperationHandle,
  type SessionHandle,
} from "./wire/structs.ts";
import type { Infer } from "./wire/types.ts";

const STATES: Readonly<Record<StatementState, number>> = {
  PENDING: OPERATION_STATE.PENDING,
  RUNNING: OPERATION_STATE.RUNNING,
  SUCCEEDED: OPERATION_STATE.FINISHED,
  FAILED: OPERATION_STATE.ERROR,
  CANCELED: OPERATION_STATE.CANCELED,
  CLOSED: OPERATION_STATE.CLOSED,
};

const TIMED_OUT = "QUERY_EXECUTION_TIMEOUT_EXCEEDED";

export const sessionHandleOf = ({ sql, secret, protocol }: ThriftSession): SessionHandle => ({
  sessionId: { guid: bytesOf(sql.id), secret },
  serverProtocolVersion: protocol,
});

export const operationHandleOf = ({ id, secret, type }: Operation): OperationHandle => ({
  operationId: { guid: bytesOf(id), secret },
  operationType: type,
  hasResultSet: true,
});

export function operationStatus(sessions: ThriftSessions, operation: Operation): Infer<typeof getOperationStatusResp> {
  const statement = sessions.statementOf(operation);
  if (operation.closed) return { status: SUCCESS, operationState: OPERATION_STATE.CLOSED };
  if (operation.refused) {
    const { statusCode: _, ...error } = operation.refused;
    return { status: SUCCESS, operationState: OPERATION_STATE.ERROR, ...error };
  }
  if (!statement) return { status: SUCCESS, operationState: OPERATION_STATE.FINISHED, hasResultSet: true };
  const { state, started, ended, error, errorClass } = statement;
  const times = { operationStarted: started, ...(ended ? { operationCompleted: ended } : {}) };
  const operationState = errorClass === TIMED_OUT ? OPERATION_STATE.TIMEDOUT : STATES[state];
  if (error) {
    const { message } = error;
    const sqlState = sqlStateOf(statement.sqlState, error.error_code);
    return {
      status: SUCCESS,
      operationState,
      ...times,
      sqlState,
      errorCode: 0,
      errorMessage: message,
      displayMessage: message,
    };
  }
  const numModifiedRows = statement.result?.modifiedRows;
  return { status: SUCCESS, operationState, ...times, hasResultSet: true, numModifiedRows };
}

export function resultSetMetadata(rows: Rows, staging = false): Infer<typeof getResultSetMetadataResp> {
  return {
    status: SUCCESS,
    schema: tableSchema(rows.columns),
    resultFormat: rows.format,
    lz4Compressed: false,
    arrowSchema: rows.arrowSchema,
    uncompressedBytes: rows.bytes,
    isStagingOperation: staging,
  };
}

export function fetchResults(operation: Operation, rows: Rows, req: FetchResultsReq): Infer<typeof fetchResultsResp> {
  if (req.fetchType) throw new ThriftError("There is no log of operations to fetch.", "0A000");
  const orientation = req.orientation ?? FETCH.NEXT;
  if (orientation !== FETCH.NEXT && orientation !== FETCH.FIRST) {
    throw new ThriftError(`Orientation ${orientation} is not supported: use FETCH_NEXT or FETCH_FIRST.`, "HY106");
  }
  const maxRows = req.maxRows ?? Number.MAX_SAFE_INTEGER;
  if (maxRows < 0) throw new ThriftError(`maxRows must not be negative, got ${maxRows}.`, "22023");
  const from = orientation === FETCH.FIRST ? 0 : (req.startRowOffset ?? operation.position);
  if (from < 0 || from > rows.total) {
    throw new ThriftError(`startRowOffset must be from 0 to ${rows.total}, got ${from}.`, "22023");
  }
  const limits = { rows: maxRows || Number.MAX_SAFE_INTEGER, bytes: Math.max(0, req.maxBytes ?? 0) };
  const { rowSet, count } = rows.read(from, limits);
  operation.position = (rowSet.startRowOffset ?? from) + count;
  return {
    status: SUCCESS,
    hasMoreRows: operation.position < rows.total,
    results: rowSet,
    ...(req.includeResultSetMetadata ? { resultSetMetadata: resultSetMetadata(rows, operation.staging) } : {}),
  };
}
