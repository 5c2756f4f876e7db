/**
 * PUT, GET and REMOVE of files in volumes, which a client does itself: the answer tells it the address of the Files API, and
 * the credentials that it came with. https://docs.databricks.com/dev-tools/python-sql-connector#manage-files-in-unity-catalog-volumes
 */
import type { Value } from "./columns.ts";
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

/** The answer to a staging statement; undefined for any other statement. */
export function stagingRows(statement: string, host: string, authorization: string): Rows | undefined {
  const text = statement.trim().replace(/;\s*$/, "");
  for (const { operation, form, volume, local } of STATEMENTS) {
    const found = form.exec(text);
    if (!found) continue;
    const path = unquoted(found[volume]!);
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const query = operation === "PUT" ? `?overwrite=${found[3] !== undefined}` : "";
    const url = `${host}/api/2.0/fs/files${encoded}${query}`;
    const file: Value = local ? unquoted(found[local]!) : null;
    return table("operation, presignedUrl, headers, localFile", [
      [operation, url, JSON.stringify({ Authorization: authorization }), file],
    ]);
  }
  return undefined;
}
