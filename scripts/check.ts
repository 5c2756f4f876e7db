/** `npm run check`: types, lint and format of TypeScript and Python. All of them run; the exit status says whether any failed. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureToolchain } from "lakehouse-toolchain";

const ROOT = join(import.meta.dirname, "..");
const bin = (name: string): string => join(ROOT, "node_modules", ".bin", name);

const tools = await ensureToolchain({
  tests: true,
  parts: ["python"],
  onProgress: (line: string) => process.stdout.write(`${line}\n`),
});
/** Of TypeScript. */
const FOLDERS = ["components", "packages", "policy", "scripts", "tests", "bench"];
const checks: [string, string, string[]][] = [
  ["types", bin("tsc"), ["--noEmit"]],
  ["types of the pages", bin("tsc"), ["--noEmit", "-p", "packages/local-workspace/web"]],
  ["TypeScript lint and format", bin("biome"), ["ci", "."]],
  [
    "imports",
    bin("depcruise"),
    ["--config", "dependency-cruiser.config.js", "index.ts", "settings.ts"].concat(FOLDERS),
  ],
  ["Python imports", tools.python, ["scripts/check/python_circles.py", "packages/engine/src", "notebooks"]],
  ["engine protocol", process.execPath, ["scripts/docs/protocol.ts", "--check"]],
  ["Python types", bin("pyright"), ["--pythonpath", tools.python]],
  ["Python lint", tools.python, ["-m", "ruff", "check", "."]],
  ["Python format", tools.python, ["-m", "ruff", "format", "--check", "."]],
];
let failed = 0;
for (const [title, command, args] of checks) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit" });
  process.stdout.write(`${status === 0 ? "ok    " : "FAILED"} ${title}${error ? `: ${error.message}` : ""}\n`);
  if (status !== 0) failed += 1;
}
process.exit(failed > 0 ? 1 : 0);
