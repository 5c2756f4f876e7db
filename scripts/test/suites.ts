/** The suites: folders of `tests/` and of the packages' `tests/`, and `toolchain`, each with its files. */
import { globSync } from "node:fs";
import { basename } from "node:path";

export interface Suite {
  name: string;
  /** From the root of the repository, as every path here. */
  folder: string;
  mocha: string[];
  pytest: string[];
}

/** Processes that run one after the other in this order fill two cores best: what takes longest begins first. */
export interface Job {
  /** `engine`, or `e2e/start` where the files of a suite run in processes of their own. */
  name: string;
  suite: string;
  runner: "mocha" | "pytest";
  files: string[];
  /** About how long it takes, in seconds of two quiet cores; decides on the order alone. */
  seconds: number;
}

const TOOLCHAIN = "packages/toolchain/tests";

/** Of a run on two quiet cores, two processes at a time; a suite that is not named here counts as short. */
const SECONDS: Readonly<Record<string, number>> = {
  engine: 820,
  lakeflow: 430,
  notebooks: 360,
  ci: 270,
  "e2e/start": 220,
  "e2e/access": 190,
  pipelines: 120,
  "e2e/package": 110,
  rest: 110,
  policy: 110,
  sdk: 100,
  "e2e/recover": 80,
  "e2e/stacks": 80,
  "e2e/failures": 60,
  "e2e/lifecycle": 60,
  pack: 60,
  commands: 50,
  "e2e/safety": 40,
  "e2e/import": 30,
};
const SHORT = 20;

/** Their files share nothing and mostly wait for processes of their own, so that each can run beside any other. */
const BY_FILE = new Set(["e2e"]);

export function findSuites(root: string): Map<string, Suite> {
  const find = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();
  const folders = [...find("{tests,packages/{engine,local-workspace}/tests}/*/"), TOOLCHAIN];
  const suites = folders.map((path): Suite => {
    const folder = path.replace(/\/$/, "");
    const name = folder === TOOLCHAIN ? "toolchain" : basename(folder);
    return { name, folder, mocha: find(`${folder}/**/*.spec.ts`), pytest: find(`${folder}/**/test_*.py`) };
  });
  const filled = suites.filter(({ mocha, pytest }) => mocha.length + pytest.length > 0);
  return new Map(filled.map((suite) => [suite.name, suite] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The processes to run for these suites, in the suites' order. */
export function jobsOf(suites: readonly Suite[]): Job[] {
  return suites.flatMap(({ name, mocha, pytest }) => {
    const parts = BY_FILE.has(name) ? mocha.map((file) => [file]) : [mocha];
    const jobs: Omit<Job, "seconds">[] = parts.map((files) => {
      const part = BY_FILE.has(name) ? `/${basename(files[0]!, ".spec.ts")}` : "";
      return { name: `${name}${part}`, suite: name, runner: "mocha", files };
    });
    jobs.push({ name, suite: name, runner: "pytest", files: pytest });
    return jobs.filter(({ files }) => files.length > 0).map((job) => ({ ...job, seconds: SECONDS[job.name] ?? SHORT }));
  });
}

/** Longest first: what is long and begins last keeps one core waiting. */
export function longestFirst(jobs: readonly Job[]): Job[] {
  return [...jobs].sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1));
}
