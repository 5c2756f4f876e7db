/** What cannot be held on one machine, and what `--strict` does about it. */

import { denied } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import { isAdmin } from "./store.ts";

/** Said at `lakehouse start`, on the pages and in docs/local-workspace.md; tests/rest/strict.spec.ts compares them. */
export const PYTHON_TRUST =
  "A principal who can run Python has full access to the workspace, since notebooks, Python tasks and Python pipelines run in the " +
  "engine's own process. Start with --strict to allow only workspace admins to run Python.";

export interface Code {
  path: string;
  language?: string | undefined;
  content: Buffer | string;
}

/**
 * Functions in Python are written in SQL and called by SQL, whose principals are held to their grants: whoever could write one
 * would have all that the engine's processes have.
 * @throws PERMISSION_DENIED for a function in Python of a principal that is no admin, in every workspace
 */
export function requirePythonAuthor(
  context: Context,
  principal: Principal,
  body: Readonly<Record<string, unknown>>,
): void {
  if (body.routine_body !== "EXTERNAL" || isAdmin(context.db, principal)) return;
  throw denied(
    `${principal.name} may not create a function in Python: it runs without a sandbox here, so only workspace admins write one. ` +
      "Write the function in SQL, or let an admin create it.",
  );
}

/** SQL with no cell of another kind: `%python`, and what `%run` would bring. */
const isPlainSql = ({ language, content }: Code): boolean =>
  language === "SQL" && !/^\s*--\s*MAGIC\s*%(?!md\b|sql\b)/im.test(String(content));

/** @throws PERMISSION_DENIED in a strict workspace for code that is not SQL alone, of a principal that is no admin */
export function requirePython(context: Context, principal: Principal, code: readonly Code[]): void {
  if (!context.strict || isAdmin(context.db, principal)) return;
  const first = code.find((each) => !isPlainSql(each));
  if (first === undefined) return;
  throw denied(
    `${principal.name} may not run ${first.path}: this workspace was started with --strict, in which only workspace admins run Python.`,
  );
}
