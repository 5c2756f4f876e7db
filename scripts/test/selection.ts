/** Which suites can notice a change: those that a changed file belongs to, is imported by, or is read by. */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { Imports } from "./imports.ts";
import { EVERYTHING, READS } from "./reads.ts";
import type { Suite } from "./suites.ts";

/** Suite → why it is to run. */
export function affected(root: string, suites: readonly Suite[], changed: readonly string[]): Map<string, string> {
  const imports = new Imports(root);
  const found = new Map<string, string>();
  for (const suite of suites) {
    const reason = reasonFor(root, imports, suite, changed);
    if (reason) found.set(suite.name, reason);
  }
  return found;
}

function reasonFor(root: string, imports: Imports, suite: Suite, changed: readonly string[]): string | undefined {
  const everything = changed.find((file) => EVERYTHING.some((entry) => under(entry, file)));
  if (everything) return `${everything} can change any suite`;
  const own = changed.find((file) => file.startsWith(`${suite.folder}/`));
  if (own) return own;
  const reads = READS[suite.name];
  if (!reads) return changed.length > 0 ? "scripts/test/reads.ts does not say what it reads" : undefined;
  const read = changed.find((file) => reads.some((entry) => under(entry, file)));
  if (read) return `reads ${read}`;
  const start = [...filesUnder(root, `${suite.folder}/`), ...reads.flatMap((entry) => filesUnder(root, entry))];
  const reached = imports.closure(start);
  const imported = changed.find((file) => reached.has(file));
  return imported ? `imports ${imported}` : undefined;
}

/** An entry is a folder (`notebooks/`), a file, or the beginning of files' names (`Pulumi.`). */
function under(entry: string, file: string): boolean {
  return entry.endsWith("/") || entry.endsWith(".") ? file.startsWith(entry) : file === entry;
}

function filesUnder(root: string, entry: string): string[] {
  const pattern = entry.endsWith("/") ? `${entry}**/*.{ts,js,py}` : entry.endsWith(".") ? `${entry}*` : entry;
  return globSync(pattern, { cwd: root, exclude: (name) => name.includes("node_modules") }).filter((file) =>
    statSync(join(root, file)).isFile(),
  );
}
