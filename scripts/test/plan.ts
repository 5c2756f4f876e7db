/** `node scripts/test/plan.ts JOBS`: all suites, packed into so many jobs of about the same length, as a JSON list of names for `npm test --`. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findSuites, jobsOf, type Suite } from "./suites.ts";

/** The longest first, each to the job that has least so far. */
export function packed(suites: readonly Suite[], count: number): string[] {
  const sizes = suites.map((suite) => ({
    name: suite.name,
    seconds: jobsOf([suite]).reduce((total, { seconds }) => total + seconds, 0),
  }));
  const jobs = Array.from({ length: count }, () => ({ names: [] as string[], seconds: 0 }));
  for (const { name, seconds } of sizes.sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1))) {
    const shortest = jobs.reduce((best, job) => (job.seconds < best.seconds ? job : best));
    shortest.names.push(name);
    shortest.seconds += seconds;
  }
  return jobs.map(({ names }) => names.join(" ")).filter(Boolean);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const count = Number(process.argv[2]);
  if (!Number.isInteger(count) || count < 1) {
    process.stderr.write(`plan.ts takes the number of jobs, got '${process.argv[2] ?? ""}'\n`);
    process.exit(2);
  }
  const suites = [...findSuites(join(import.meta.dirname, "..", "..")).values()];
  process.stdout.write(`${JSON.stringify(packed(suites, count))}\n`);
}
