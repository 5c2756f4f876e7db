/**
 * Errors in the shape of the Databricks REST API: `{ "error_code": …, "message": …, "details": [] }`.
 * Codes and statuses are those that the SDKs map to exceptions (databricks-sdk, errors/platform).
 */
const STATUS = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  INVALID_STATE: 400,
  MALFORMED_REQUEST: 400,
  MAX_LIST_SIZE_EXCEEDED: 400,
  RESOURCE_EXHAUSTED: 429,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  NOT_FOUND: 404,
  METASTORE_DOES_NOT_EXIST: 404,
  CATALOG_DOES_NOT_EXIST: 404,
  SCHEMA_DOES_NOT_EXIST: 404,
  TABLE_DOES_NOT_EXIST: 404,
  VOLUME_DOES_NOT_EXIST: 404,
  FUNCTION_DOES_NOT_EXIST: 404,
  PRINCIPAL_DOES_NOT_EXIST: 404,
  EXTERNAL_LOCATION_DOES_NOT_EXIST: 404,
  STORAGE_CREDENTIAL_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_ALREADY_EXISTS: 400,
  CATALOG_ALREADY_EXISTS: 400,
  SCHEMA_ALREADY_EXISTS: 400,
  TABLE_ALREADY_EXISTS: 400,
  VOLUME_ALREADY_EXISTS: 400,
  FUNCTION_ALREADY_EXISTS: 400,
  DIRECTORY_NOT_EMPTY: 400,
  MAX_NOTEBOOK_SIZE_EXCEEDED: 400,
  MAX_READ_SIZE_EXCEEDED: 400,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

export type ErrorCode = keyof typeof STATUS;

export class ApiError extends Error {
  readonly errorCode: ErrorCode;
  readonly status: number;
  readonly details: readonly Record<string, unknown>[];
  /** The name of the condition in SQL, where it is another than the code. */
  readonly errorClass: string | undefined;

  /** `status` overrides the code's usual one, for the few endpoints that document another. */
  constructor(
    errorCode: ErrorCode,
    message: string,
    options: { status?: number; details?: readonly Record<string, unknown>[]; errorClass?: string } = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.errorCode = errorCode;
    this.status = options.status ?? STATUS[errorCode];
    this.details = options.details ?? [];
    this.errorClass = options.errorClass;
  }

  toJSON(): Record<string, unknown> {
    return {
      error_code: this.errorCode,
      message: this.message,
      ...(this.details.length > 0 ? { details: this.details } : {}),
    };
  }
}

export const invalid = (message: string): ApiError => new ApiError("INVALID_PARAMETER_VALUE", message);
export const notFound = (message: string): ApiError => new ApiError("RESOURCE_DOES_NOT_EXIST", message);
export const denied = (message: string): ApiError => new ApiError("PERMISSION_DENIED", message);
export const notImplemented = (message: string): ApiError => new ApiError("NOT_IMPLEMENTED", message);

/** Errors of system calls, and of SQLite in its own words. */
export function isDiskFull(error: Error): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || /disk is full/.test(message);
}
