/** `npm test` itself: which suites it picks, in what order they run, and what it makes of their reports. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArguments, UsageError } from "../../scripts/test/arguments.ts";
import { changedFiles } from "../../scripts/test/changes.ts";
import { mochaFailure } from "../../scripts/test/failures.ts";
import { lanesFor, runInLanes } from "../../scripts/test/lanes.ts";
import { packed } from "../../scripts/test/plan.ts";
import { Processes } from "../../scripts/test/processes.ts";
import { EVERYTHING, READS } from "../../scripts/test/reads.ts";
import { judged, outcome, readJunit, summary } from "../../scripts/test/report.ts";
import { affected } from "../../scripts/test/selection.ts";
import { findSuites, jobsOf, longestFirst } from "../../scripts/test/suites.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SUITES = findSuites(ROOT);

describe("suites of npm test", () => {
  it("are all run, each file in one process", () => {
    const jobs = jobsOf([...SUITES.values()]);
    const files = jobs.flatMap((job) => job.files).sort();
    const tests = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "tests", "packages"], { cwd: ROOT })
      .toString()
      .split("\n")
      .filter(
        (file) => /(^|\/)tests\/(.*\/)?([^/]+\.spec\.ts|test_[^/]+\.py)$/.test(file) && existsSync(join(ROOT, file)),
      );
    assert.deepEqual(files, tests.sort());
  });

  it("begin with what takes longest", () => {
    const seconds = longestFirst(jobsOf([...SUITES.values()])).map((job) => job.seconds);
    assert.deepEqual(
      seconds,
      [...seconds].sort((a, b) => b - a),
    );
  });

  it("are packed into jobs of a pull request, each once, none much longer than the longest suite", () => {
    const jobs = packed([...SUITES.values()], 6);
    assert.equal(jobs.length, 6);
    assert.deepEqual(jobs.flatMap((names) => names.split(" ")).sort(), [...SUITES.keys()]);
    const seconds = (names: string): number =>
      names
        .split(" ")
        .reduce((total, name) => total + jobsOf([SUITES.get(name)!]).reduce((s, j) => s + j.seconds, 0), 0);
    const longest = Math.max(...[...SUITES.keys()].map(seconds));
    const total = seconds([...SUITES.keys()].join(" "));
    assert.ok(Math.max(...jobs.map(seconds)) <= Math.max(longest, (4 / 3) * (total / 6)), jobs.join("; "));
  });

  it("that say what they read, read nothing that is gone; one that does not say it runs for every change", () => {
    for (const name of Object.keys(READS)) assert.ok(SUITES.has(name), `${name} is no suite`);
    const unknown = { ...SUITES.get("oracle")!, name: "new", folder: "tests/new" };
    assert.match(affected(ROOT, [unknown], ["README.md"]).get("new")!, /reads.ts does not say/);
    for (const entry of [...Object.values(READS).flat(), ...EVERYTHING]) {
      assert.ok(entry.endsWith(".") || existsSync(join(ROOT, entry)), `${entry} does not exist`);
    }
  });
});

describe("npm test -- --changed", () => {
  const suites = [...SUITES.values()].filter(({ name }) => READS[name]);
  const names = (...changed: string[]): string[] => [...affected(ROOT, suites, changed).keys()];

  it("runs no suite for documentation, and all for a dependency", () => {
    assert.deepEqual(names("README.md", ".editorconfig"), []);
    assert.deepEqual(names("package-lock.json"), Object.keys(READS).sort());
  });

  it("follows the imports of TypeScript, across packages and to programs that a test starts", () => {
    const found = names("packages/local-workspace/src/core/errors.ts");
    for (const suite of ["browser", "ci", "e2e", "rest", "sdk"]) assert.ok(found.includes(suite), `${suite}: ${found}`);
    for (const suite of ["engine", "lakeflow", "toolchain"]) assert.ok(!found.includes(suite), `${suite}: ${found}`);
  });

  it("follows the imports of Python by package", () => {
    assert.deepEqual(names("tests/oracle/gold.py"), ["e2e", "notebooks", "oracle"]);
    const found = names("packages/engine/src/lakehouse_engine/errors.py");
    for (const suite of ["docs", "e2e", "engine", "lakeflow", "notebooks", "rest", "sdk"]) {
      assert.ok(found.includes(suite), `${suite}: ${found}`);
    }
    for (const suite of ["ci", "policy", "toolchain", "unit"]) assert.ok(!found.includes(suite), `${suite}: ${found}`);
  });

  it("says why a suite runs", () => {
    const reasons = affected(ROOT, [...SUITES.values()], ["settings.ts"]);
    assert.equal(reasons.get("unit"), "reads settings.ts");
  });

  it("sees commits since the base, changes that are not committed, and new files; not what main got meanwhile", () => {
    const dir = mkdtempSync(join(tmpdir(), "olist-changed-"));
    const git = (...args: string[]): void =>
      void execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@x", ...args], { cwd: dir, stdio: "ignore" });
    const commit = (file: string): void => {
      writeFileSync(join(dir, file), file);
      git("add", ".");
      git("commit", "-m", file);
    };
    try {
      git("init", "-b", "main");
      commit("first");
      git("checkout", "-b", "feature");
      commit("committed");
      writeFileSync(join(dir, "first"), "edited");
      git("stash");
      git("checkout", "main");
      commit("elsewhere");
      git("checkout", "feature");
      git("stash", "pop");
      writeFileSync(join(dir, "néw"), "");
      assert.deepEqual(changedFiles(dir, undefined), ["committed", "first", "néw"]);
      assert.deepEqual(changedFiles(dir, "HEAD"), ["first", "néw"]);
      assert.throws(() => changedFiles(dir, "nowhere"), /--changed nowhere: git knows no commit 'nowhere'/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("arguments of npm test", () => {
  const known = ["engine", "unit"];
  it("name suites, or a base", () => {
    assert.deepEqual(parseArguments([], known), { suites: undefined, changed: undefined });
    assert.deepEqual(parseArguments(["unit", "engine", "unit"], known).suites, ["unit", "engine"]);
    assert.equal(parseArguments(["--changed"], known).changed, true);
    assert.equal(parseArguments(["--changed", "v1"], known).changed, "v1");
    assert.equal(parseArguments(["unit", "--report", "out.json"], known).report, "out.json");
  });

  it("are refused by name when they are wrong", () => {
    for (const [args, message] of [
      [["units"], /no suite 'units'; there are: engine, unit/],
      [["--fast"], /--fast.*Allowed: SUITE…, or --changed \[BASE\]/],
      [["--changed", "v1", "v2"], /--changed takes one commit to compare with, got v1, v2/],
    ] as const) {
      assert.throws(
        () => parseArguments(args, known),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
      );
    }
  });
});

describe("lanes", () => {
  it("are two on two cores, more on more, and no more than the memory holds", () => {
    const lanes = [
      [2, 7],
      [2, 16],
      [1, 16],
      [4, 16],
      [8, 32],
      [64, 256],
      [8, 7],
      [2, 3],
    ] as const;
    assert.deepEqual(
      lanes.map(([cores, gib]) => lanesFor(cores, gib * 2 ** 30)),
      [2, 2, 2, 2, 4, 4, 2, 1],
    );
  });

  it("start jobs in order, as many at a time as there are lanes, and show whole results in another order", async () => {
    const ends = new Map<string, () => void>();
    const started: string[] = [];
    const shown: string[] = [];
    const done = runInLanes(["long", "b", "a"], ["a", "b", "long"], {
      lanes: 2,
      run: (job) => {
        started.push(job);
        return new Promise<string>((resolve) => ends.set(job, () => resolve(`${job}!`)));
      },
      show: (_, result) => shown.push(result),
    });
    const end = async (job: string): Promise<void> => {
      ends.get(job)!();
      await new Promise((resolve) => setImmediate(resolve));
    };
    assert.deepEqual(started, ["long", "b"]);
    await end("b");
    assert.deepEqual([started, shown], [["long", "b", "a"], []]);
    await end("a");
    assert.deepEqual(shown, ["a!", "b!"]);
    await end("long");
    assert.deepEqual(
      [...(await done).entries()],
      [
        ["b", "b!"],
        ["a", "a!"],
        ["long", "long!"],
      ],
    );
    assert.deepEqual(shown, ["a!", "b!", "long!"]);
  });
});

describe("processes of npm test", () => {
  let processes: Processes;
  beforeEach(() => {
    processes = new Processes();
  });
  const shell = (script: string) =>
    processes.run("sh", ["-c", script], { cwd: ROOT, env: process.env, streamed: false });

  it("give their whole output and status, and leave no process behind that holds it open", async () => {
    const { code, output } = await shell("echo out; echo err >&2; sleep 600 & exit 3");
    assert.equal(code, 3);
    assert.deepEqual(output.trim().split("\n").sort(), ["err", "out"]);
  });

  it("end with all that they started when the run is interrupted", async () => {
    const dir = mkdtempSync(join(tmpdir(), "olist-processes-"));
    try {
      const marker = join(dir, "started");
      // The grandchild holds the output open: the promise is settled once it has ended, too.
      const running = shell(`sleep 600 & touch '${marker}'; wait`);
      while (!existsSync(marker)) await new Promise((resolve) => setTimeout(resolve, 10));
      await processes.end();
      assert.notEqual((await running).code, 0);
      await assert.rejects(shell("true"), /the run is ending/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("reports of npm test", () => {
  const XML = `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="5" time="3.1">
    <testcase classname="a.test_b" name="test_c[&lt;x&gt; &amp; &#34;y&#34;]" time="2.5"><failure message="time=&quot;9&quot;">E   assert 1 &lt; 0
tests/a/test_b.py:12: AssertionError</failure></testcase>
    <testcase classname="a.test_b" name="test_d" time="0.1" /></testsuite></testsuites>`;

  it("count pytest's errors as failures, and name its cases", () => {
    assert.deepEqual(readJunit(XML), {
      passed: 2,
      failed: 2,
      skipped: 1,
      cases: [
        { title: 'a.test_b.test_c[<x> & "y"]', seconds: 2.5 },
        { title: "a.test_b.test_d", seconds: 0.1 },
      ],
      failures: [
        {
          title: 'a.test_b.test_c[<x> & "y"]',
          message: "E   assert 1 < 0\ntests/a/test_b.py:12: AssertionError",
          place: { file: "tests/a/test_b.py", line: 12 },
        },
      ],
    });
  });

  it("count a crash as a failure: of a process without a report, and of one whose tests passed", () => {
    assert.equal(judged(undefined, 1).failed, 1);
    assert.equal(judged(undefined, 0).failed, 1);
    assert.equal(judged({ passed: 9, failed: 0, skipped: 0, cases: [], failures: [] }, 139).failed, 1);
    assert.equal(judged({ passed: 9, failed: 0, skipped: 0, cases: [], failures: [] }, 0).failed, 0);
  });

  it("give a pull request the failures of all suites, each with the line of the repository that failed", () => {
    const error = Object.assign(new Error("1 is not 2"), {
      stack: `Error: 1 is not 2\n  at /x/node_modules/chai/a.js:1:1\n  at file://${ROOT}/tests/ci/runner.spec.ts:7:3`,
    });
    const failure = mochaFailure(ROOT, "a case", error);
    assert.deepEqual(failure.place, { file: "tests/ci/runner.spec.ts", line: 7 });
    const report = { passed: 1, failed: 1, skipped: 0, cases: [], failures: [failure] };
    const crashed = judged(undefined, 139);
    const found = outcome(
      [
        { suite: "ci", seconds: 1, report },
        { suite: "e2e", seconds: 2, report: crashed },
      ],
      3,
    );
    assert.deepEqual([found.passed, found.failed, found.seconds], [1, 2, 3]);
    assert.deepEqual(
      found.failures.map(({ suite, title }) => [suite, title]),
      [
        ["ci", "a case"],
        ["e2e", "the process itself"],
      ],
    );
    assert.match(found.failures[1]!.message, /status 139/);
  });

  it("end with time by suite, the twenty slowest cases and one plain line of counts", () => {
    const cases = Array.from({ length: 30 }, (_, n) => ({ title: `case ${n}`, seconds: n }));
    const report = { passed: 30, failed: 0, skipped: 0, cases, failures: [] };
    const other = { passed: 1, failed: 2, skipped: 0, cases: [], failures: [] };
    const lines = summary(
      [
        { suite: "rest", seconds: 5, report: other },
        { suite: "e2e", seconds: 4, report },
        { suite: "e2e", seconds: 3, report: other },
      ],
      8,
    )
      .trimEnd()
      .split("\n");
    assert.equal(lines.at(-1), "32 passed, 4 failed");
    assert.match(lines.find((line) => line.includes("e2e: 31 passed"))!, /^ +7\.0 s {2}e2e: 31 passed, 2 failed$/);
    const slowest = lines.filter((line) => line.includes("e2e: case"));
    assert.equal(slowest.length, 20);
    assert.match(slowest[0]!, /29\.0 s {2}e2e: case 29/);
  });
});
