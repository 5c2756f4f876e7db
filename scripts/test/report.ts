/** What the processes of a test run report, read and added up. */

export interface Case {
  title: string;
  seconds: number;
}

export interface Report {
  passed: number;
  failed: number;
  skipped: number;
  cases: Case[];
}

/** What a process of tests left behind. A crash leaves no failing test to count, and counts as one. */
export function judged(report: Report | undefined, code: number): Report {
  const found = report ?? { passed: 0, failed: 0, skipped: 0, cases: [] };
  return (code !== 0 || !report) && found.failed === 0 ? { ...found, failed: 1 } : found;
}

export function sum(reports: readonly Report[]): Report {
  const total: Report = { passed: 0, failed: 0, skipped: 0, cases: [] };
  for (const { passed, failed, skipped, cases } of reports) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    total.cases.push(...cases);
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
  return { passed: count("tests") - failed - count("skipped"), failed, skipped: count("skipped"), cases };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
  return value?.replace(/&(?:(lt|gt|quot|apos|amp)|#(\d+)|#x([0-9a-fA-F]+));/g, (_, named, decimal, hex) =>
    named ? ENTITIES[named]! : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  );
}

export interface SuiteTime {
  suite: string;
  seconds: number;
  report: Report;
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
