/** Makes a tarball of a package that lies staged in a folder, and checks it as its users' tools will read it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { PROJECT_DIR } from "../stack/paths.ts";

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  exports: Record<string, string>;
  files?: string[];
  dependencies?: Record<string, string>;
  [field: string]: unknown;
}

export const readManifest = (file: string): Manifest => JSON.parse(readFileSync(file, "utf8")) as Manifest;

export function writeManifest(dir: string, manifest: object): void {
  writeFileSync(join(dir, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @throws Error with every finding: a package with one is not what its manifest says */
async function lint(stage: string, tarball: string): Promise<void> {
  const { buffer, byteOffset, byteLength } = readFileSync(tarball);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const { messages } = await publint({ strict: true, pack: { tarball: bytes } });
  if (messages.length === 0) return;
  const manifest = readManifest(join(stage, "package.json"));
  throw new Error(`publint: ${messages.map((message) => formatMessage(message, manifest)).join("\n")}`);
}

/** @returns the tarball in `destination`, which has the package's name and version */
export async function tarball(stage: string, destination: string): Promise<string> {
  const work = dirname(stage);
  const { name, version } = readManifest(join(stage, "package.json"));
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", work], { cwd: stage, encoding: "utf8" }),
  ) as { filename: string }[];
  await lint(stage, join(work, packed!.filename));
  const file = join(destination, `${name}-${version}.tgz`);
  renameSync(join(work, packed!.filename), file);
  return file;
}

/** A command with `--destination DIR`, by default dist/ of the repository; prints where the tarball lies. */
export async function packCommand(pack: (destination: string) => Promise<string>): Promise<void> {
  const { values } = parseArgs({
    options: { destination: { type: "string", default: join(PROJECT_DIR, "dist") } },
  });
  mkdirSync(values.destination, { recursive: true });
  process.stdout.write(`${relative(process.cwd(), await pack(values.destination))}\n`);
}
