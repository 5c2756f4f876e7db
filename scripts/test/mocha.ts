/** The process of a mocha job: `mocha.ts REPORT FILE…` runs the files and writes counts and times to REPORT. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import Mocha from "mocha";
import { mochaFailure } from "./failures.ts";
import type { Report } from "./report.ts";

/** Suites share the machine's two cores with Spark, so a slow one is slow, not stuck. */
const TIMEOUT = 900_000;

const [target, ...files] = process.argv.slice(2);
const mocha = new Mocha({ timeout: TIMEOUT, reporter: "spec", forbidOnly: true, color: process.stdout.isTTY });
for (const file of files) mocha.addFile(resolve(file));
await mocha.loadFilesAsync();

const cases: Report["cases"] = [];
const failures: Report["failures"] = [];
const timed = (runnable: Mocha.Runnable): void => {
  cases.push({ title: runnable.fullTitle(), seconds: (runnable.duration ?? 0) / 1000 });
};
const runner = mocha.run((count) => {
  const { passes: passed = 0, failures: failed = 0, pending: skipped = 0 } = runner.stats ?? {};
  writeFileSync(target!, JSON.stringify({ passed, failed, skipped, cases, failures } satisfies Report));
  // A handle that a failed test left open must not keep the run waiting.
  process.exit(count > 0 ? 1 : 0);
});
runner.on("test end", timed);
runner.on("hook end", timed); // what is set up for many tests takes its time once, and is no test's own
runner.on("fail", (test, error: Error) => failures.push(mochaFailure(process.cwd(), test.fullTitle(), error)));
