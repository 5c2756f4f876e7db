/**
 * The Python environments, made by uv from hash-locked requirements: the engine's, and the tests' on top of it.
 *
 * Update the locks with the uv that this module installs: `uv pip compile --universal --python-version 3.11 --generate-hashes
 * --no-header --no-annotate IN -o TXT`, for tests.requirements.txt with both .in files, `-c packages/engine/requirements.txt`
 * and `--no-emit-package` for each package of the engine's lock, those that tests.requirements.in names left out of both.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REQUIREMENTS as ENGINE_LOCK } from "lakehouse-engine";
import { cached, keyOf, type Making } from "./cache.ts";
import { onPath, output, type Progress, run, ToolchainError } from "./process.ts";
import { PYTHON, parseVersion } from "./versions.ts";

const TESTS_LOCK = join(import.meta.dirname, "tests.requirements.txt");
const UV_LOCK = join(import.meta.dirname, "uv.requirements.txt");

/** The Python that environments are made with. @throws ToolchainError that says what to install */
export function findPython(env: NodeJS.ProcessEnv = process.env): { python: string; version: string } {
  const seen: string[] = [];
  for (const name of [`python${PYTHON}`, "python3", "python"]) {
    const python = onPath(name, env.PATH);
    const said = python ? output(python, ["--version"], env)?.trim() : undefined;
    const version = said ? parseVersion(said) : undefined;
    if (python && said && `${version?.major}.${version?.minor}` === PYTHON) return { python, version: said };
    if (said) seen.push(`${python} is ${said}`);
  }
  const found = seen.length > 0 ? ` (${seen.join(", ")})` : "";
  throw new ToolchainError(
    `Python ${PYTHON} was not found on PATH${found}. Install it with pip and venv (for example the packages python${PYTHON} and python${PYTHON}-venv, or pyenv).`,
  );
}

/** Installs a locked package beside others with pip, into a folder of its own. */
export async function pipInstall(python: string, lock: string, making: Making, title: string): Promise<void> {
  const args = [
    "-m",
    "pip",
    "install",
    "--target",
    making.dir,
    "--require-hashes",
    "--no-deps",
    "--only-binary",
    ":all:",
  ];
  await run(python, [...args, "--disable-pip-version-check", "--no-cache-dir", "-r", lock], {
    title,
    log: making.log,
    env: { ...process.env, TMPDIR: making.scratch },
  });
}

export async function ensureUv(python: string, progress: Progress): Promise<string> {
  const part = { name: "uv", key: keyOf(readFileSync(UV_LOCK, "utf8"), process.platform, process.arch), title: "uv" };
  const dir = await cached(part, progress, async (making) => {
    progress("uv: installing it from PyPI");
    await pipInstall(python, UV_LOCK, making, "install uv from PyPI");
  });
  return join(dir, "bin", "uv");
}

/** uv knows nothing of pip's settings; a machine whose pip uses a mirror has its reasons. */
function uvEnv(python: string, making: Making): NodeJS.ProcessEnv {
  const index = process.env.PIP_INDEX_URL || output(python, ["-m", "pip", "config", "get", "global.index-url"])?.trim();
  return {
    ...process.env,
    // On the same disk as the environment, so that files are linked and not copied; removed with the scratch folder.
    UV_CACHE_DIR: join(making.scratch, "uv"),
    UV_NO_CONFIG: "1",
    UV_PYTHON_DOWNLOADS: "never",
    VIRTUAL_ENV: making.dir,
    ...(index && !process.env.UV_DEFAULT_INDEX && !process.env.UV_INDEX_URL ? { UV_DEFAULT_INDEX: index } : {}),
  };
}

async function makeVenv(
  uv: string,
  python: string,
  making: Making,
  what: { lock: string; title: string; install: string[] },
): Promise<void> {
  const env = uvEnv(python, making);
  const options = { log: making.log, env, title: `make ${what.title}` };
  making.progress(`${what.title}: installing the locked packages`);
  await run(uv, ["venv", "--relocatable", "--clear", "--python", python, making.dir], options);
  await run(uv, ["pip", ...what.install, what.lock, "--require-hashes"], {
    ...options,
    onLine: (line) => {
      if (/^(Resolved|Prepared|Installed) /.test(line.trim()))
        making.progress(`${what.title}: ${line.trim().toLowerCase()}`);
    },
  });
}

export interface PythonEnvironment {
  python: string;
  sitePackages: string;
  version: string;
}

/** The engine's environment, or, with `tests`, one that has the tests' packages too. */
export async function ensurePython(tests: boolean, progress: Progress): Promise<PythonEnvironment> {
  const base = findPython();
  const uv = (): Promise<string> => ensureUv(base.python, progress);
  const machine = [base.version, process.platform, process.arch];
  const engineLock = readFileSync(ENGINE_LOCK, "utf8");
  const engine = await cached(
    { name: "python", key: keyOf(engineLock, ...machine), title: "Python environment" },
    progress,
    async (making) => {
      const what = { lock: ENGINE_LOCK, title: "Python environment", install: ["sync"] };
      await makeVenv(await uv(), base.python, making, what);
    },
  );
  if (!tests) return environment(engine, base.version);
  const testsLock = readFileSync(TESTS_LOCK, "utf8");
  const dir = await cached(
    { name: "python-tests", key: keyOf(testsLock, engine), title: "the tests' Python packages" },
    progress,
    async (making) => {
      const what = { lock: TESTS_LOCK, title: "the tests' Python packages", install: ["install", "--no-deps", "-r"] };
      await makeVenv(await uv(), base.python, making, what);
      // The engine's packages are seen, not installed twice.
      writeFileSync(join(sitePackages(making.dir), "engine.pth"), `${sitePackages(engine)}\n`);
    },
  );
  return { ...environment(dir, base.version), sitePackages: sitePackages(engine) };
}

function environment(dir: string, version: string): PythonEnvironment {
  return { python: join(dir, "bin", "python"), sitePackages: sitePackages(dir), version };
}

function sitePackages(venv: string): string {
  const lib = join(venv, "lib");
  const python = readdirSync(lib).find((name) => name.startsWith("python"))!;
  return join(lib, python, "site-packages");
}
