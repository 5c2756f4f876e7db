/** Statements: what was asked, how it stands, and which files hold its result. */
import type { EngineParams, EngineResult } from "lakehouse-engine/protocol";
import type { Database, Migration } from "../../store/database.ts";

export const migrations: Migration[] = [
  {
    id: "sql/1-statements",
    sql: `CREATE TABLE statements (
      number INTEGER PRIMARY KEY AUTOINCREMENT, statement_id TEXT NOT NULL UNIQUE, started INTEGER NOT NULL,
      state TEXT NOT NULL, document TEXT NOT NULL) STRICT`,
  },
];

export type StatementState = "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELED" | "CLOSED";

/** The engine's answer to `sql.execute`. */
export type Result = EngineResult<"sql.execute">;

/** SQL_TEXT is not of the REST API: rows of text as SQL shows values, for Thrift clients that do not read Arrow. */
export type ResultFormat = NonNullable<EngineParams<"sql.execute">["format"]>;

/** How a statement came that did not come over the Statement Execution API. */
export type Protocol = "THRIFT" | "JOB";

export interface Statement {
  statementId: string;
  warehouseId: string;
  principal: string;
  statement: string;
  disposition: "INLINE" | "EXTERNAL_LINKS" | "INLINE_OR_EXTERNAL_LINKS";
  format: ResultFormat;
  /** Of statements that did not come over the Statement Execution API, which then does not know them. */
  protocol?: Protocol;
  state: StatementState;
  started: number;
  ended?: number;
  error?: { error_code: string; message: string };
  /** The name of the condition, as the engine gave it. */
  errorClass?: string;
  sqlState?: string;
  result?: Result;
}

interface Document {
  document: string;
}

export function insertStatement(db: Database, statement: Statement): void {
  const { statementId, started, state } = statement;
  const sql = "INSERT INTO statements (statement_id, started, state, document) VALUES (?, ?, ?, ?)";
  db.run(sql, statementId, started, state, JSON.stringify(statement));
}

export function saveStatement(db: Database, statement: Statement): void {
  const sql = "UPDATE statements SET state = ?, document = ? WHERE statement_id = ?";
  db.run(sql, statement.state, JSON.stringify(statement), statement.statementId);
}

export function getStatement(db: Database, statementId: string): Statement | undefined {
  const row = db.get<Document>("SELECT document FROM statements WHERE statement_id = ?", statementId);
  return row && (JSON.parse(row.document) as Statement);
}

/** Newest first. */
export const listStatements = (db: Database): Statement[] =>
  db
    .all<Document>("SELECT document FROM statements ORDER BY number DESC LIMIT 10000")
    .map((row) => JSON.parse(row.document) as Statement);

export const statementsIn = (db: Database, states: readonly StatementState[]): Statement[] =>
  db
    .all<Document>(
      "SELECT document FROM statements WHERE state IN (SELECT value FROM json_each(?))",
      JSON.stringify(states),
    )
    .map((row) => JSON.parse(row.document) as Statement);
