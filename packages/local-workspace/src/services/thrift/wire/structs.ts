/**
 * The structs of Hive's TCLIService with Databricks' additions, whose field ids begin at 1281. Only what the methods of
 * methods.ts read and answer; other fields of a request are passed over.
 * https://github.com/apache/hive/blob/master/service-rpc/if/TCLIService.thrift
 */
import {
  binary,
  bool,
  byte,
  double,
  type Infer,
  i16,
  i32,
  i64,
  list,
  long,
  map,
  recursive,
  string,
  struct,
  type Type,
} from "./types.ts";

export const STATUS = { SUCCESS: 0, ERROR: 3, INVALID_HANDLE: 4 } as const;

export const OPERATION_STATE = {
  RUNNING: 1,
  FINISHED: 2,
  CANCELED: 3,
  CLOSED: 4,
  ERROR: 5,
  PENDING: 7,
  TIMEDOUT: 8,
} as const;

export const OPERATION_TYPE = {
  EXECUTE_STATEMENT: 0,
  GET_TYPE_INFO: 1,
  GET_CATALOGS: 2,
  GET_SCHEMAS: 3,
  GET_TABLES: 4,
  GET_TABLE_TYPES: 5,
  GET_COLUMNS: 6,
  GET_FUNCTIONS: 7,
  UNKNOWN: 8,
} as const;

export const ROW_SET = { ARROW: 0, COLUMNS: 1 } as const;

export const FETCH = { NEXT: 0, FIRST: 4 } as const;

export const TYPE_ID = {
  BOOLEAN: 0,
  TINYINT: 1,
  SMALLINT: 2,
  INT: 3,
  BIGINT: 4,
  FLOAT: 5,
  DOUBLE: 6,
  STRING: 7,
  TIMESTAMP: 8,
  BINARY: 9,
  ARRAY: 10,
  MAP: 11,
  STRUCT: 12,
  DECIMAL: 15,
  NULL: 16,
  DATE: 17,
  VARCHAR: 18,
  CHAR: 19,
  INTERVAL_YEAR_MONTH: 20,
  INTERVAL_DAY_TIME: 21,
} as const;

export const status = struct({
  statusCode: [1, i32],
  infoMessages: [2, list(string)],
  sqlState: [3, string],
  errorCode: [4, i32],
  errorMessage: [5, string],
  displayMessage: [6, string],
});
export type Status = Infer<typeof status>;

export const namespace = struct({ catalogName: [1, string], schemaName: [2, string] });
export const handleIdentifier = struct({ guid: [1, binary], secret: [2, binary] });
export const sessionHandle = struct({ sessionId: [1, handleIdentifier], serverProtocolVersion: [3329, i32] });
export type SessionHandle = Infer<typeof sessionHandle>;
export const operationHandle = struct({
  operationId: [1, handleIdentifier],
  operationType: [2, i32],
  hasResultSet: [3, bool],
  modifiedRowCount: [4, double],
});
export type OperationHandle = Infer<typeof operationHandle>;

// schemas of results
const typeQualifierValue = struct({ i32Value: [1, i32], stringValue: [2, string] });
const typeQualifiers = struct({ qualifiers: [1, map(typeQualifierValue)] });
const primitiveTypeEntry = struct({ type: [1, i32], typeQualifiers: [2, typeQualifiers] });
const typeEntry = struct({ primitiveEntry: [1, primitiveTypeEntry] });
const typeDesc = struct({ types: [1, list(typeEntry)] });
export type TypeDesc = Infer<typeof typeDesc>;
const columnDesc = struct({
  columnName: [1, string],
  typeDesc: [2, typeDesc],
  position: [3, i32],
  comment: [4, string],
});
const tableSchema = struct({ columns: [1, list(columnDesc)] });
export type TableSchema = Infer<typeof tableSchema>;

// rows
const columnOf = <T>(type: Type<T>) => struct({ values: [1, list(type)], nulls: [2, binary] });
const column = struct({
  boolVal: [1, columnOf(bool)],
  byteVal: [2, columnOf(byte)],
  i16Val: [3, columnOf(i16)],
  i32Val: [4, columnOf(i32)],
  i64Val: [5, columnOf(long)],
  doubleVal: [6, columnOf(double)],
  stringVal: [7, columnOf(string)],
  binaryVal: [8, columnOf(binary)],
});
export type Column = Infer<typeof column>;
const arrowBatch = struct({ batch: [1, binary], rowCount: [2, i64] });
/** `rows`, of protocols before columns came, are always empty. */
const rowSet = struct({
  startRowOffset: [1, i64],
  rows: [2, list(struct({}))],
  columns: [3, list(column)],
  arrowBatches: [1281, list(arrowBatch)],
});
export type RowSet = Infer<typeof rowSet>;

// answers that come alone and as a part of direct results
export const getResultSetMetadataResp = struct({
  status: [1, status],
  schema: [2, tableSchema],
  resultFormat: [1281, i32],
  lz4Compressed: [1282, bool],
  arrowSchema: [1283, binary],
  cacheLookupResult: [1284, i32],
  uncompressedBytes: [1285, i64],
  isStagingOperation: [1287, bool],
});
export const fetchResultsResp = struct({
  status: [1, status],
  hasMoreRows: [2, bool],
  results: [3, rowSet],
  resultSetMetadata: [1281, getResultSetMetadataResp],
});
export const getOperationStatusResp = struct({
  status: [1, status],
  operationState: [2, i32],
  sqlState: [3, string],
  errorCode: [4, i32],
  errorMessage: [5, string],
  taskStatus: [6, string],
  operationStarted: [7, i64],
  operationCompleted: [8, i64],
  hasResultSet: [9, bool],
  numModifiedRows: [11, i64],
  displayMessage: [1281, string],
});
export const statusResp = struct({ status: [1, status] });
const directResults = struct({
  operationStatus: [1, getOperationStatusResp],
  resultSetMetadata: [2, getResultSetMetadataResp],
  resultSet: [3, fetchResultsResp],
  closeOperation: [4, statusResp],
});
export type DirectResults = Infer<typeof directResults>;
const getDirectResults = struct({ maxRows: [1, i64], maxBytes: [2, i64] });

// sessions
export const getInfoValue = struct({
  stringValue: [1, string],
  smallIntValue: [2, i16],
  integerBitmask: [3, i32],
  integerFlag: [4, i32],
  binaryValue: [5, i32],
  lenValue: [6, i64],
});
export type GetInfoValue = Infer<typeof getInfoValue>;
export const openSessionReq = struct({
  client_protocol: [1, i32],
  configuration: [4, map(string)],
  getInfos: [1281, list(i32)],
  client_protocol_i64: [1282, i64],
  connectionProperties: [1283, map(string)],
  initialNamespace: [1284, namespace],
  canUseMultipleCatalogs: [1285, bool],
});
export const openSessionResp = struct({
  status: [1, status],
  serverProtocolVersion: [2, i32],
  sessionHandle: [3, sessionHandle],
  configuration: [4, map(string)],
  getInfos: [1281, list(getInfoValue)],
  initialNamespace: [1284, namespace],
  canUseMultipleCatalogs: [1285, bool],
});
export const sessionReq = struct({ sessionHandle: [1, sessionHandle] });
export const getInfoReq = struct({ sessionHandle: [1, sessionHandle], infoType: [2, i32] });
export const getInfoResp = struct({ status: [1, status], infoValue: [2, getInfoValue] });

// statements
export interface ParameterArgument {
  readonly type?: string | undefined;
  readonly value?: string | undefined;
  readonly arguments?: readonly ParameterArgument[] | undefined;
}
const parameterArgument: Type<ParameterArgument> = struct({
  type: [1, string],
  value: [2, string],
  arguments: [3, list(recursive((): Type<ParameterArgument> => parameterArgument))],
});
const parameter = struct({
  ordinal: [1, i32],
  name: [2, string],
  type: [3, string],
  value: [4, struct({ stringValue: [1, string], doubleValue: [2, double], booleanValue: [3, bool] })],
  arguments: [5, list(parameterArgument)],
});
export type Parameter = Infer<typeof parameter>;
const arrowTypes = struct({
  timestampAsArrow: [1, bool],
  decimalAsArrow: [2, bool],
  complexTypesAsArrow: [3, bool],
  intervalTypesAsArrow: [4, bool],
  nullTypeAsArrow: [5, bool],
});
export type ArrowTypes = Infer<typeof arrowTypes>;
export const executeStatementReq = struct({
  sessionHandle: [1, sessionHandle],
  statement: [2, string],
  confOverlay: [3, map(string)],
  runAsync: [4, bool],
  queryTimeout: [5, i64],
  getDirectResults: [1281, getDirectResults],
  canReadArrowResult: [1282, bool],
  useArrowNativeTypes: [1286, arrowTypes],
  resultRowLimit: [1287, i64],
  parameters: [1288, list(parameter)],
  statementConf: [1296, struct({ sessionless: [1, bool] })],
});
export type ExecuteStatementReq = Infer<typeof executeStatementReq>;
export const operationResp = struct({
  status: [1, status],
  operationHandle: [2, operationHandle],
  directResults: [1281, directResults],
});
export type OperationResp = Infer<typeof operationResp>;
export const operationReq = struct({ operationHandle: [1, operationHandle] });
export const fetchResultsReq = struct({
  operationHandle: [1, operationHandle],
  orientation: [2, i32],
  maxRows: [3, i64],
  fetchType: [4, i16],
  maxBytes: [1281, i64],
  startRowOffset: [1282, i64],
  includeResultSetMetadata: [1283, bool],
});
export type FetchResultsReq = Infer<typeof fetchResultsReq>;

// metadata: one struct for all requests whose fields have the same ids
const common = { sessionHandle: [1, sessionHandle], getDirectResults: [1281, getDirectResults] } as const;
export const listReq = struct(common);
export const getObjectsReq = struct({
  ...common,
  catalogName: [2, string],
  schemaName: [3, string],
  objectName: [4, string],
  /** Of GetColumns. */
  columnName: [5, string],
});
export type GetObjectsReq = Infer<typeof getObjectsReq>;
export const getTablesReq = struct({
  ...common,
  catalogName: [2, string],
  schemaName: [3, string],
  objectName: [4, string],
  tableTypes: [5, list(string)],
});
export const getCrossReferenceReq = struct({
  ...common,
  parentCatalogName: [2, string],
  parentSchemaName: [3, string],
  parentTableName: [4, string],
  foreignCatalogName: [5, string],
  foreignSchemaName: [6, string],
  foreignTableName: [7, string],
});
export const delegationTokenResp = struct({ status: [1, status], delegationToken: [2, string] });
