/** Sessions of Thrift clients and their operations: what a handle stands for, how it stands, and what is left to fetch. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Context } from "../../core/service.ts";
import { sqlOf } from "../sql/access.ts";
import type { SqlSession } from "../sql/sessions.ts";
import { getStatement, type Statement } from "../sql/store.ts";
import { invalidOperation, invalidSession, ThriftError } from "./errors.ts";
import { type Rows, statementRows } from "./results.ts";
import type { OperationHandle, SessionHandle, Status } from "./wire/structs.ts";

export interface Operation {
  readonly id: string;
  readonly secret: Buffer;
  readonly type: number;
  /** A statement of the runner's; metadata has its rows at once. */
  readonly statementId?: string;
  rows?: Rows;
  /** The rows say which file of a volume the client is to send, fetch or remove. */
  readonly staging?: boolean;
  /** What was refused before it could be a statement of the runner's. */
  readonly refused?: Status;
  /** The row that is fetched next. */
  position: number;
  closed: boolean;
}

export interface ThriftSession {
  readonly sql: SqlSession;
  readonly secret: Buffer;
  readonly protocol: number;
  readonly timestampsAsText: boolean;
  readonly operations: Map<string, Operation>;
}

/** How many operations of a session are remembered after their end, so that closing them again is no error. */
const REMEMBERED = 1000;

export const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll("-", ""), "hex");

/** The UUID that 16 bytes are; empty where they are not. */
function idOf(guid: Uint8Array | undefined): string {
  if (guid?.length !== 16) return "";
  const hex = Buffer.from(guid).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const same = (given: Uint8Array | undefined, wanted: Buffer): boolean =>
  given?.length === wanted.length && timingSafeEqual(given, wanted);

export class ThriftSessions {
  readonly #context: Context;
  readonly #sessions = new Map<string, ThriftSession>();

  constructor(context: Context) {
    this.#context = context;
    sqlOf(context).sessions.onClose((id) => this.#closed(id));
  }

  add(sql: SqlSession, protocol: number, timestampsAsText: boolean): ThriftSession {
    const session = { sql, secret: randomBytes(16), protocol, timestampsAsText, operations: new Map() };
    this.#sessions.set(sql.id, session);
    return session;
  }

  /** The principal's session of that handle, on that warehouse. */
  find(handle: SessionHandle | undefined, principal: string, warehouseId: string): ThriftSession {
    const id = idOf(handle?.sessionId?.guid);
    const session = this.#sessions.get(id);
    const usable = sqlOf(this.#context).sessions.use(id, principal);
    if (!session || usable?.warehouseId !== warehouseId || !same(handle?.sessionId?.secret, session.secret)) {
      throw invalidSession(id);
    }
    return session;
  }

  /** An operation of any of the principal's sessions, with its session. */
  operation(handle: OperationHandle | undefined, principal: string): { session: ThriftSession; operation: Operation } {
    const id = idOf(handle?.operationId?.guid);
    for (const session of this.#sessions.values()) {
      const operation = session.operations.get(id);
      if (!operation || session.sql.principal !== principal) continue;
      if (!same(handle?.operationId?.secret, operation.secret)) break;
      sqlOf(this.#context).sessions.use(session.sql.id, principal);
      return { session, operation };
    }
    throw invalidOperation(id);
  }

  begin(
    session: ThriftSession,
    id: string,
    type: number,
    more: Pick<Operation, "statementId" | "rows" | "staging" | "refused">,
  ): Operation {
    const operation: Operation = { id, secret: randomBytes(16), type, position: 0, closed: false, ...more };
    const ended = [...session.operations.values()].filter(({ closed }) => closed);
    for (const each of ended.slice(0, -REMEMBERED)) session.operations.delete(each.id);
    session.operations.set(id, operation);
    return operation;
  }

  statementOf({ statementId }: Operation): Statement | undefined {
    return statementId === undefined ? undefined : getStatement(this.#context.db, statementId);
  }

  /** The operation's rows. Throws where it has none: it runs, failed, or its result is too old. */
  rowsOf(operation: Operation): Rows {
    if (operation.closed) throw invalidOperation(operation.id);
    const { refused } = operation;
    if (refused) throw new ThriftError(refused.errorMessage ?? "", refused.sqlState);
    const statement = this.statementOf(operation);
    if (statement && statement.state !== "SUCCEEDED") {
      throw new ThriftError(
        statement.error?.message ?? `The operation ${operation.id} is ${statement.state} and has no result.`,
        statement.sqlState,
      );
    }
    operation.rows ??= statementRows(this.#context, statement!);
    return operation.rows;
  }

  async close(operation: Operation): Promise<void> {
    operation.closed = true;
    delete operation.rows;
    const statement = this.statementOf(operation);
    if (statement) await sqlOf(this.#context).runner.close(statement);
  }

  #closed(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    for (const operation of session?.operations.values() ?? []) {
      if (!operation.closed) void this.close(operation).catch(() => undefined);
    }
  }
}
