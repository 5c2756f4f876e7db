/** The methods of TCLIService: what each reads, answers and does. */
import { uuid } from "../../core/ids.ts";
import type { Context, Principal } from "../../core/service.ts";
import { sqlOf } from "../sql/access.ts";
import { fetchResults, operationStatus, resultSetMetadata } from "./answers.ts";
import { notSupported, SUCCESS, statusOf } from "./errors.ts";
import { answer, type DirectLimits, executeStatement } from "./execute.ts";
import { infoValue } from "./info.ts";
import {
  catalogs,
  columns,
  crossReference,
  functions,
  primaryKeys,
  schemas,
  TABLE_TYPES,
  table,
  tables,
} from "./metadata.ts";
import type { Operation, ThriftSession, ThriftSessions } from "./operations.ts";
import type { Rows } from "./results.ts";
import { openSession } from "./sessions.ts";
import { TYPE_INFO_COLUMNS, typeInfoRows } from "./sql-types.ts";
import * as s from "./wire/structs.ts";
import type { Type } from "./wire/types.ts";

/** Who calls, and where. */
export interface Caller {
  readonly context: Context;
  readonly sessions: ThriftSessions;
  readonly principal: Principal;
  readonly warehouseId: string;
  /** As the request had it. */
  readonly authorization: string;
}

/** What it takes to answer a call: bytes are read and written outside. */
export interface Method {
  readonly request: Type<unknown>;
  readonly response: Type<unknown>;
  /** What went wrong is the answer's status; only faults of this program reject. */
  call(caller: Caller, req: unknown): Promise<unknown>;
}

function method<Q, R extends { status?: s.Status | undefined }>(
  request: Type<Q>,
  response: Type<R>,
  handle: (caller: Caller, req: Q) => R | Promise<R>,
): Method {
  return {
    request,
    response: response as Type<unknown>,
    async call(caller, req) {
      try {
        return await handle(caller, req as Q);
      } catch (error) {
        const status = statusOf(error);
        if (!status) throw error;
        return { status };
      }
    },
  };
}

const find = ({ sessions, principal, warehouseId }: Caller, handle: s.SessionHandle | undefined): ThriftSession =>
  sessions.find(handle, principal.name, warehouseId);

const operationOf = ({ sessions, principal }: Caller, handle: s.OperationHandle | undefined): Operation =>
  sessions.operation(handle, principal.name).operation;

interface InSession {
  readonly sessionHandle?: s.SessionHandle | undefined;
  readonly getDirectResults?: DirectLimits | undefined;
}

/** A method whose rows are there at once. */
const listing = <Q extends InSession>(
  request: Type<Q>,
  type: number,
  rows: (context: Context, principal: Principal, req: Q) => Rows,
): Method =>
  method(request, s.operationResp, (caller, req) => {
    const session = find(caller, req.sessionHandle);
    const operation = caller.sessions.begin(session, uuid(), type, {
      rows: rows(caller.context, caller.principal, req),
    });
    return answer(caller.sessions, operation, req.getDirectResults);
  });

const noTokens = (): never => {
  throw notSupported("Delegation tokens are not supported: every request carries an access token.");
};

/** How long GetOperationStatus waits for a statement to end: clients ask again at once. */
const STATUS_WAIT = 1000;

const T = s.OPERATION_TYPE;

export const METHODS: Readonly<Record<string, Method>> = {
  OpenSession: method(s.openSessionReq, s.openSessionResp, (caller, req) =>
    openSession(caller.context, caller.sessions, caller.principal, caller.warehouseId, req),
  ),
  CloseSession: method(s.sessionReq, s.statusResp, async (caller, req) => {
    await sqlOf(caller.context).sessions.close(find(caller, req.sessionHandle).sql.id);
    return { status: SUCCESS };
  }),
  GetInfo: method(s.getInfoReq, s.getInfoResp, (caller, req) => {
    find(caller, req.sessionHandle);
    return { status: SUCCESS, infoValue: infoValue(req.infoType, caller.principal.name) };
  }),
  ExecuteStatement: method(s.executeStatementReq, s.operationResp, (caller, req) =>
    executeStatement(caller.context, caller.sessions, find(caller, req.sessionHandle), caller, req),
  ),
  GetOperationStatus: method(s.operationReq, s.getOperationStatusResp, async (caller, req) => {
    const operation = operationOf(caller, req.operationHandle);
    if (operation.statementId) await sqlOf(caller.context).runner.wait(operation.statementId, STATUS_WAIT);
    return operationStatus(caller.sessions, operation);
  }),
  GetResultSetMetadata: method(s.operationReq, s.getResultSetMetadataResp, (caller, req) => {
    const operation = operationOf(caller, req.operationHandle);
    return resultSetMetadata(caller.sessions.rowsOf(operation), operation.staging);
  }),
  FetchResults: method(s.fetchResultsReq, s.fetchResultsResp, (caller, req) => {
    const operation = operationOf(caller, req.operationHandle);
    return fetchResults(operation, caller.sessions.rowsOf(operation), req);
  }),
  CancelOperation: method(s.operationReq, s.statusResp, async (caller, req) => {
    const statement = caller.sessions.statementOf(operationOf(caller, req.operationHandle));
    if (statement) await sqlOf(caller.context).runner.cancel(statement);
    return { status: SUCCESS };
  }),
  CloseOperation: method(s.operationReq, s.statusResp, async (caller, req) => {
    await caller.sessions.close(operationOf(caller, req.operationHandle));
    return { status: SUCCESS };
  }),
  GetTypeInfo: listing(s.listReq, T.GET_TYPE_INFO, () => table(TYPE_INFO_COLUMNS, typeInfoRows())),
  GetCatalogs: listing(s.listReq, T.GET_CATALOGS, catalogs),
  GetSchemas: listing(s.getObjectsReq, T.GET_SCHEMAS, schemas),
  GetTables: listing(s.getTablesReq, T.GET_TABLES, (context, principal, { tableTypes, ...req }) =>
    tables(context, principal, req, tableTypes),
  ),
  GetTableTypes: listing(s.listReq, T.GET_TABLE_TYPES, () =>
    table(
      "TABLE_TYPE",
      TABLE_TYPES.map((type) => [type]),
    ),
  ),
  GetColumns: listing(s.getObjectsReq, T.GET_COLUMNS, columns),
  GetFunctions: listing(s.getObjectsReq, T.GET_FUNCTIONS, functions),
  GetPrimaryKeys: listing(s.getObjectsReq, T.UNKNOWN, primaryKeys),
  GetCrossReference: listing(s.getCrossReferenceReq, T.UNKNOWN, (context, principal, req) =>
    crossReference(
      context,
      principal,
      [req.parentCatalogName, req.parentSchemaName, req.parentTableName],
      [req.foreignCatalogName, req.foreignSchemaName, req.foreignTableName],
    ),
  ),
  GetDelegationToken: method(s.sessionReq, s.delegationTokenResp, noTokens),
  CancelDelegationToken: method(s.sessionReq, s.statusResp, noTokens),
  RenewDelegationToken: method(s.sessionReq, s.statusResp, noTokens),
};
