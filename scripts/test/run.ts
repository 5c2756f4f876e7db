/**
 * `npm test`: sets up what the tests need, runs mocha and pytest, and ends with one plain line of real counts.
 * `npm test -- NAME…` runs only the suites of those names: folders of tests/ and of the packages' tests/, and `toolchain`.
 * `npm test -- --report FILE` also writes counts and failures as JSON, for the comment on a pull request.
 * `npm test -- --changed [BASE]` runs the suites that can notice what changed since BASE (default: since the branch left main).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { type Arguments, parseArguments, UsageError } from "./arguments.ts";
import { changedFiles } from "./changes.ts";
import { lanesFor, runInLanes } from "./lanes.ts";
import { Processes } from "./processes.ts";
import { counted, judged, outcome, type Report, readJunit, type SuiteTime, summary } from "./report.ts";
import { affected } from "./selection.ts";
import { findSuites, type Job, jobsOf, longestFirst, type Suite } from "./suites.ts";

const ROOT = join(import.meta.dirname, "..", "..");

interface Result extends SuiteTime {
  output: string;
}

/**
 * The engines of tests live for a few updates of small data. The optimizing compiler takes a quarter of the first
 * update's processor time, and gives it back on larger data only.
 */
const JVM = "-XX:TieredStopAtLevel=1";

const processes = new Processes();
const print = (text: string): void => void process.stdout.write(text);

async function runJob(tools: Toolchain, job: Job, dir: string, streamed: boolean): Promise<Result> {
  const target = join(dir, `${job.name.replaceAll("/", "-")}-${job.runner}`);
  const pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", `--junitxml=${target}`, ...job.files];
  const mocha = [join(import.meta.dirname, "mocha.ts"), target, ...job.files];
  const [command, args] = job.runner === "pytest" ? [tools.python, pytest] : [process.execPath, mocha];
  const env = { ...process.env, ...tools.engineEnv, ENGINE_JVM_OPTIONS: JVM, NODE_BINARY: process.execPath };
  const { code, output, seconds } = await processes.run(command, args, { cwd: ROOT, env, streamed });
  const text = existsSync(target) ? readFileSync(target, "utf8") : undefined;
  const read = (found: string): Report => (job.runner === "pytest" ? readJunit(found) : (JSON.parse(found) as Report));
  const report = judged(text ? read(text) : undefined, code);
  if (!streamed) print(`${job.name}: ${counted(report)} in ${seconds.toFixed(0)} s\n`);
  return { suite: job.suite, seconds, report, output };
}

/** The suites that the arguments ask for; says which those of `--changed` are, and why. */
function selected(suites: Map<string, Suite>, { suites: names, changed }: Arguments): Suite[] {
  if (changed === undefined) return (names ?? [...suites.keys()]).map((name) => suites.get(name)!);
  const files = changedFiles(ROOT, changed === true ? undefined : changed);
  const found = affected(ROOT, [...suites.values()], files);
  print(`${files.length} changed files\n`);
  for (const [name, reason] of found) print(`  ${name}: ${reason}\n`);
  return [...found.keys()].map((name) => suites.get(name)!);
}

async function main(): Promise<number> {
  const began = performance.now();
  const found = findSuites(ROOT);
  const asked = parseArguments(process.argv.slice(2), [...found.keys()]);
  const suites = selected(found, asked);
  if (suites.length === 0) {
    print("No suite can notice what changed.\n\n0 passed, 0 failed\n");
    return 0;
  }
  const tools = await ensureToolchain({
    tests: true,
    classArchive: suites.length === found.size ? "wait" : "go on", // all suites start some twenty engines
    onProgress: (line: string) => print(`${line}\n`),
  });
  const jobs = jobsOf(suites);
  const streamed = jobs.length === 1;
  const dir = mkdtempSync(join(tmpdir(), "olist-tests-"));
  try {
    const results = await runInLanes(longestFirst(jobs), jobs, {
      lanes: lanesFor(availableParallelism(), totalmem()),
      run: (job) => runJob(tools, job, dir, streamed),
      show: (job, { output }) => streamed || print(`\n━━ ${job.name}\n${output}\n`),
    });
    const times = jobs.map((job) => results.get(job)!);
    const seconds = (performance.now() - began) / 1000;
    print(summary(times, seconds));
    if (asked.report !== undefined) writeFileSync(asked.report, JSON.stringify(outcome(times, seconds), null, 2));
    const passed = times.reduce((total, { report }) => total + report.passed, 0);
    return times.some(({ report }) => report.failed > 0) || passed === 0 ? 1 : 0;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, async () => {
    interrupted = true;
    await processes.end();
    process.exit(130);
  });
}
try {
  process.exit(await main());
} catch (error) {
  if (interrupted) await new Promise(() => undefined); // the handler of the signal ends the process
  await processes.end();
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
