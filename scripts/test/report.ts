/** What the processes of a test run report, read and added up. */
import { attribute, type Failure, junitFailures } from "./failures.ts";

export interface Case {
  title: string;
  seconds: number;
}

export interface Report {
  passed: number;
  failed: number;
  skipped: number;
  cases: Case[];
  failures: Failure[];
}

/** What a process of tests left behind. A crash leaves no failing test to count, and counts as one. */
export function judged(report: Report | undefined, code: number): Report {
  const found = report ?? { passed: 0, failed: 0, skipped: 0, cases: [], failures: [] };
  if ((code === 0 && report) || found.failed > 0) return found;
  const crash = {
    title: "the process itself",
    message: `It ended with status ${code}${report ? "" : " without a report"}.`,
  };
  return { ...found, failed: 1, failures: [crash] };
}

export function sum(reports: readonly Report[]): Report {
  const total: Report = { passed: 0, failed: 0, skipped: 0, cases: [], failures: [] };
  for (const { passed, failed, skipped, cases, failures } of reports) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    total.cases.push(...cases);
    total.failures.push(...failures);
  }
  return total;
}

/** pytest's --junitxml. */
export function readJunit(xml: string): Report {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? "";
  const count = (name: string): number => Number(attribute(suite, name) ?? 0);
  const failed = count("failures") + count("errors");
  const cases = [...xml.matchAll(/<testcase [^>]*>/g)].map(([test]) => ({
    title: `${attribute(test, "classname")}.${attribute(test, "name")}`,
    seconds: Number(attribute(test, "time") ?? 0),
  }));
  return {
    passed: count("tests") - failed - count("skipped"),
    failed,
    skipped: count("skipped"),
    cases,
    failures: junitFailures(xml),
  };
}

export interface SuiteTime {
  suite: string;
  seconds: number;
  report: Report;
}

/** What `--report FILE` writes, for a pull request's comment. */
export function outcome(times: readonly SuiteTime[], seconds: number) {
  const { passed, failed, skipped } = sum(times.map(({ report }) => report));
  const failures = times.flatMap(({ suite, report }) => report.failures.map((failure) => ({ suite, ...failure })));
  return { passed, failed, skipped, seconds, failures };
}

const SLOWEST = 20;

/** Time by suite, the slowest cases, and the plain line of counts, which is the last. */
export function summary(times: readonly SuiteTime[], seconds: number): string {
  const bySuite = Map.groupBy(times, ({ suite }) => suite);
  const suites = [...bySuite].map(([suite, parts]) => {
    const spent = parts.reduce((total, part) => total + part.seconds, 0);
    return { spent, line: `${duration(spent)}  ${suite}: ${counted(sum(parts.map(({ report }) => report)))}` };
  });
  const cases = times.flatMap(({ suite, report }) => report.cases.map((found) => ({ ...found, suite })));
  const slowest = cases.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const all = sum(times.map(({ report }) => report));
  return [
    "",
    `time by suite, ${duration(seconds).trim()} in all`,
    ...suites.sort((a, b) => b.spent - a.spent).map(({ line }) => line),
    "",
    "slowest cases",
    ...slowest.map(({ suite, title, seconds }) => `${duration(seconds)}  ${suite}: ${title}`),
    "",
    counted(all),
    "",
  ].join("\n");
}

export function counted({ passed, failed, skipped }: Report): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

export function duration(seconds: number): string {
  return `${seconds.toFixed(1)} s`.padStart(10);
}
