/**
 * `npm test`: sets up what the tests need, runs mocha and pytest, and ends with one plain line of real counts.
 * `npm test -- NAME…` runs only the suites of those names: folders of tests/ and of the packages' tests/, and `toolchain`.
 */

import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import Mocha from "mocha";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const ROOT = join(import.meta.dirname, "..", "..");
process.chdir(ROOT);

/** Folders of the suites by name. */
const SUITES = new Map(
  [...globSync("{tests,packages/{engine,local-workspace}/tests}/*/"), "packages/toolchain/tests"]
    .map((folder) => [folder === "packages/toolchain/tests" ? "toolchain" : basename(folder), folder] as const)
    .filter(([, folder]) => globSync(`${folder}/**/{*.spec.ts,test_*.py}`).length > 0)
    .sort(),
);

/** Suites share the machine's two cores with Spark, so a slow one is slow, not stuck. */
const MOCHA_TIMEOUT = 900_000;

async function runMocha(suites: readonly string[]): Promise<Counts> {
  const files = suites.flatMap((suite) => globSync(`${SUITES.get(suite)}/**/*.spec.ts`)).sort();
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const mocha = new Mocha({ timeout: MOCHA_TIMEOUT, reporter: "spec", forbidOnly: true, color: process.stdout.isTTY });
  for (const file of files) mocha.addFile(join(ROOT, file));
  await mocha.loadFilesAsync();
  return new Promise((resolve) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      resolve({ passed: passes, failed: failures, skipped: pending });
    });
  });
}

/** A process for each suite: a process has one Spark, and the suites set theirs up differently. */
async function runPytest(tools: Toolchain, suite: string): Promise<Counts> {
  const files = globSync(`${SUITES.get(suite)}/**/test_*.py`);
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const dir = mkdtempSync(join(tmpdir(), "olist-pytest-"));
  try {
    const report = join(dir, "report.xml");
    const code = await exec(
      tools.python,
      ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=10", `--junitxml=${report}`, ...files.sort()],
      { ...process.env, ...tools.engineEnv, NODE_BINARY: process.execPath },
    );
    const counts = existsSync(report) ? readJunit(readFileSync(report, "utf8")) : { passed: 0, failed: 0, skipped: 0 };
    // A crash of pytest itself (an import error in conftest, a killed process) leaves no failing test to count.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function readJunit(xml: string): Counts {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? "";
  const attribute = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = attribute("failures") + attribute("errors");
  return { passed: attribute("tests") - failed - attribute("skipped"), failed, skipped: attribute("skipped") };
}

function exec(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd: ROOT, env, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

const asked = process.argv.slice(2);
const known = [...SUITES.keys()];
const unknown = asked.filter((suite) => !SUITES.has(suite));
if (unknown.length > 0) {
  process.stderr.write(`There is no suite '${unknown.join("', '")}'; there are: ${known.join(", ")}\n`);
  process.exit(2);
}
const suites = asked.length > 0 ? asked : known;

const tools = await ensureToolchain({ tests: true, onProgress: (line: string) => process.stdout.write(`${line}\n`) });
Object.assign(process.env, tools.engineEnv);
const results = [await runMocha(suites)];
for (const suite of suites) results.push(await runPytest(tools, suite));
const total = results.reduce((sum, counts) => ({
  passed: sum.passed + counts.passed,
  failed: sum.failed + counts.failed,
  skipped: sum.skipped + counts.skipped,
}));
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}\n`,
);
// Exit explicitly: a handle that a failed test left open must not keep CI waiting.
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
