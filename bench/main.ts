/** `npm run bench -- NAME [options]`: the benchmarks that are written in TypeScript; those in Python say at their top how they are run. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";

const NAMES = ["deploy", "policy"] as const;

const name = process.argv.splice(2, 1)[0];
if (!NAMES.some((known) => known === name)) {
  process.stderr.write(
    `npm run bench -- ${name ?? ""}: there is no such benchmark; the names are ${NAMES.join(", ")}.\n`,
  );
  process.exit(2);
}
const folder = join(import.meta.dirname, name!);
const file = existsSync(folder) ? join(folder, "main.ts") : `${folder}.ts`;
try {
  await import(file);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code?.startsWith("ERR_PARSE_ARGS") && !message.startsWith("--")) throw error;
  const header = relative(join(import.meta.dirname, ".."), file);
  process.stderr.write(`npm run bench -- ${name}: ${message}\nThe header of ${header} lists the options.\n`);
  process.exitCode = 2;
}
