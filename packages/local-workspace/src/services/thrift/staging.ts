/**
 * PUT, GET and REMOVE of files in volumes, which a client does itself: the answer tells it the address of the Files API, and
 * the credentials that it came with. https://docs.databricks.com/dev-tools/python-sql-connector#manage-files-in-unity-catalog-volumes
 */
import { existsSync, rmSync, statSync } from "node:fs";
import { z } from "zod";
import { invalid } from "../../core/errors.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { resolveVolumePath } from "../files/paths.ts";
import { ThriftError } from "./errors.ts";
import { table } from "./metadata.ts";
import type { Rows } from "./results.ts";

const QUOTED = "'((?:[^'\\\\]|\\\\.)*)'";
const STATEMENTS: readonly { operation: string; form: RegExp; volume: 1 | 2; local?: 1 | 2 }[] = [
  {
    operation: "PUT",
    form: new RegExp(`^PUT\\s+${QUOTED}\\s+INTO\\s+${QUOTED}(\\s+OVERWRITE)?$`, "i"),
    local: 1,
    volume: 2,
  },
  { operation: "GET", form: new RegExp(`^GET\\s+${QUOTED}\\s+TO\\s+${QUOTED}$`, "i"), volume: 1, local: 2 },
  { operation: "REMOVE", form: new RegExp(`^REMOVE\\s+${QUOTED}$`, "i"), volume: 1 },
];

const unquoted = (text: string): string => text.replace(/\\(.)/g, "$1");

const refused = (condition: string, message: string, sqlState: string): ThriftError =>
  new ThriftError(`[${condition}] ${message} SQLSTATE: ${sqlState}`, sqlState);

/** Refuses what the client need not try. */
function check(context: Context, principal: Principal, operation: string, path: string, overwrite: boolean): void {
  if (!/^\/Volumes\//.test(path)) {
    const message = `Invalid staging path in staging ${operation} query: ${path}.`;
    throw refused("INVALID_STAGING_PATH_IN_STAGING_ACCESS_QUERY", message, "42604");
  }
  const privilege = operation === "GET" ? "READ_VOLUME" : "WRITE_VOLUME";
  const { file } = resolveVolumePath(context, principal, path, privilege);
  if (operation !== "PUT" || overwrite || !existsSync(file)) return;
  const message = `File in staging path ${path} already exists but OVERWRITE is not set.`;
  throw refused("FILE_IN_STAGING_PATH_ALREADY_EXISTS", message, "42K04");
}

/** The answer to a staging statement; undefined for any other statement. */
export function stagingRows(
  context: Context,
  principal: Principal,
  authorization: string,
  statement: string,
): Rows | undefined {
  const text = statement.trim().replace(/;\s*$/, "");
  for (const { operation, form, volume, local } of STATEMENTS) {
    const found = form.exec(text);
    if (!found) continue;
    const file = local ? unquoted(found[local]!) : null;
    if (file === "") {
      const message = `Empty local file in staging ${operation} query.`;
      throw refused("EMPTY_LOCAL_FILE_IN_STAGING_ACCESS_QUERY", message, "22023");
    }
    const path = unquoted(found[volume]!);
    const overwrite = found[3] !== undefined;
    check(context, principal, operation, path, overwrite);
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const query = operation === "PUT" ? `?overwrite=${overwrite}` : "";
    const route = operation === "REMOVE" ? REMOVED : "/api/2.0/fs/files";
    const url = `${context.host()}${route}${encoded}${query}`;
    const row = [operation, url, JSON.stringify({ Authorization: authorization })];
    // drivers go by the column: where there is none, there is no file of theirs
    if (file === null) return table("operation, presignedUrl, headers map", [row]);
    return table("operation, presignedUrl, headers map, localFile", [[...row, file]]);
  }
  return undefined;
}

/** Where REMOVE sends its client: as in a cloud's store, and unlike in the Files API, a file that is not there is no error. */
const REMOVED = "/sql-staging";

export function stagingRoutes(app: App, context: Context): void {
  const params = z.object({ "*": z.string() });
  app.delete(`${REMOVED}/*`, { schema: { hide: true, params } }, async (request, reply) => {
    const { file, path, isRoot } = resolveVolumePath(context, request.principal, request.params["*"], "WRITE_VOLUME");
    if (isRoot || statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw invalid(`${path} is a directory.`);
    rmSync(file, { force: true });
    return reply.status(204).send();
  });
}
