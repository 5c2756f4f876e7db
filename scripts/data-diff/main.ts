/**
 * `npm run data-diff -- [BASE]`: what a change does to the data. BASE and the working tree are deployed side by side into one
 * local workspace, both jobs run on the same generated files, and the two catalogs are compared.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type StartedWorkspace, startWorkspace } from "lakehouse-local-workspace/control";
import { type CatalogDiff, compareCatalogs, headline, render } from "lakehouse-local-workspace/diff";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { DATA_DIR, PROJECT_DIR } from "../stack/paths.ts";
import { keep, keptCatalog } from "./kept.ts";
import { type DataDiffOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { baseCommit, checkOut, copyTree } from "./revisions.ts";
import { Side } from "./side.ts";

/** A workspace of its own: comparisons do not meet what `npm start` made. */
const DIFF_DIR = join(DATA_DIR, "data-diff");
const HEAD = "head";
const DIFFERENT = 2;
/** Columns that no two runs have in common: when a file was written and when a row arrived. */
const TIMES = /^(_ingested_at|_file_modified_at)$/;

const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function base(tools: Toolchain, workspace: StartedWorkspace, folder: string, options: DataDiffOptions) {
  const commit = baseCommit(PROJECT_DIR, options.base);
  const key = `${commit} scale ${options.scale} seed ${options.seed}`;
  const kept = keptCatalog(DIFF_DIR, key);
  if (kept !== undefined) {
    note(`● base ${commit.slice(0, 10)}: kept from an earlier comparison`);
    return kept;
  }
  note(`● base ${commit.slice(0, 10)}: deploying and running its job`);
  checkOut(PROJECT_DIR, commit, folder);
  const suffix = `base_${createHash("sha256").update(key).digest("hex").slice(0, 12)}`;
  const side = new Side(tools, workspace, { folder, dataDir: DIFF_DIR, suffix, say: note });
  await side.clear();
  const catalog = await side.run({ scale: options.scale, seed: options.seed });
  keep(DIFF_DIR, key, catalog);
  return catalog;
}

async function compare(tools: Toolchain, workspace: StartedWorkspace, folder: string, options: DataDiffOptions) {
  const before = await base(tools, workspace, join(folder, "base"), options);
  note("● working tree: deploying and running its job");
  copyTree(PROJECT_DIR, join(folder, HEAD));
  const head = new Side(tools, workspace, { folder: join(folder, HEAD), dataDir: DIFF_DIR, suffix: HEAD, say: note });
  await head.clear();
  try {
    const after = await head.run({ scale: options.scale, seed: options.seed });
    note("● comparing");
    return await compareCatalogs(workspace.api, { before, after, ignoreColumns: TIMES });
  } finally {
    await head.destroy();
  }
}

/** The exit status is that of the comparison. */
function show(found: CatalogDiff, { format, output }: DataDiffOptions): number {
  const text = render(found, format);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(resolve(output), text);
  note(headline(found));
  return found.same ? 0 : DIFFERENT;
}

function again(file: string, options: DataDiffOptions): number {
  const found = JSON.parse(readFileSync(file, "utf8")) as Partial<CatalogDiff>;
  if (!Array.isArray(found.datasets) || !Array.isArray(found.expectations))
    throw new UsageError(`--render is '${file}': it must be a file that --format json wrote.`);
  show(found as CatalogDiff, options);
  return 0;
}

async function run(options: DataDiffOptions): Promise<number> {
  if (options.render !== undefined) return again(options.render, options);
  const folder = mkdtempSync(join(tmpdir(), "olist-data-diff-"));
  let workspace: StartedWorkspace | undefined;
  try {
    mkdirSync(DATA_DIR, { recursive: true });
    const tools = await ensureToolchain({ onProgress: note });
    workspace = await startWorkspace({ dataDir: DIFF_DIR, port: 0, engineEnv: () => tools.engineEnv });
    const found = await Promise.race([compare(tools, workspace, folder, options), workspace.died]);
    return show(found, options);
  } finally {
    await workspace?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(`${USAGE}\n`);
  else process.exitCode = await run(options);
} catch (error) {
  process.stderr.write(`npm run data-diff failed: ${(error as Error).message}\n`);
  if (error instanceof UsageError) process.stderr.write("npm run data-diff -- --help shows the flags\n");
  process.exitCode = 1;
}
