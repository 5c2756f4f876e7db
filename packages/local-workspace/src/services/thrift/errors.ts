/** What a method refuses: a status in its answer, not an HTTP status, as clients of TCLIService expect. */

import { EngineError } from "../../core/engine-client.ts";
import { ApiError } from "../../core/errors.ts";
import { STATUS, type Status } from "./wire/structs.ts";

/** https://docs.databricks.com/error-messages/sqlstates */
const GENERAL = "HY000";
const SQL_STATES: Readonly<Record<string, string>> = {
  PERMISSION_DENIED: "42501",
  NOT_IMPLEMENTED: "0A000",
  INVALID_PARAMETER_VALUE: "22023",
};

export class ThriftError extends Error {
  readonly sqlState: string;
  readonly statusCode: number;

  constructor(message: string, sqlState = GENERAL, statusCode: number = STATUS.ERROR) {
    super(message);
    this.sqlState = sqlState;
    this.statusCode = statusCode;
  }
}

export const notSupported = (message: string): ThriftError => new ThriftError(message, SQL_STATES.NOT_IMPLEMENTED);

/** The words by which clients know that they must open a new session. */
export const invalidSession = (id: string): ThriftError =>
  new ThriftError(`Invalid SessionHandle: SessionHandle [${id}]`, GENERAL, STATUS.INVALID_HANDLE);

export const invalidOperation = (id: string): ThriftError =>
  new ThriftError(`Invalid OperationHandle: OperationHandle [${id}]`, GENERAL, STATUS.INVALID_HANDLE);

export const SUCCESS: Status = { statusCode: STATUS.SUCCESS };

/** HTTP says so: clients then wait and try again. */
export const isBusy = (error: unknown): boolean => error instanceof ApiError && [429, 503].includes(error.status);

/** The status of what went wrong; undefined for what is no answer of a method: `isBusy`, or a fault of this program. */
export function statusOf(error: unknown): Status | undefined {
  if (error instanceof ThriftError) {
    const { message, sqlState, statusCode } = error;
    return { statusCode, sqlState, errorCode: 0, errorMessage: message, displayMessage: message };
  }
  if (error instanceof EngineError) {
    const state = error.data.sql_state ?? SQL_STATES[error.errorCode];
    return statusOf(new ThriftError(error.message, typeof state === "string" ? state : GENERAL));
  }
  if (error instanceof ApiError && !isBusy(error))
    return statusOf(new ThriftError(error.message, SQL_STATES[error.errorCode]));
  return undefined;
}

/** Of a statement that failed with such an error. */
export const sqlStateOf = (given: string | undefined, errorCode: string | undefined): string =>
  given ?? SQL_STATES[errorCode ?? ""] ?? GENERAL;
