/**
 * The policy pack's cost: each rule by number of resources, the analyzer protocol, and a preview with and without the pack.
 * npm run bench -- policy [--preview]       prints a table; exit status 1 when a rule is not linear or the pack slows a preview too much
 */

import { EVERY_TYPE, type Resource, type Rule } from "databricks-governance/rule";
import { rules } from "databricks-governance/rules";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { Project } from "../tests/policy/cli.ts";
import { FIXTURES, resource, withCompanion } from "../tests/policy/fixtures.ts";
import { Pack, type Sent, urnOf } from "../tests/policy/pack.ts";

const SIZES = [250, 500, 1000, 2000, 5000];
/** Five times the resources may take at most this many times as long; quadratic work would take 25 times. The rest is noise. */
const MOST_GROWTH = 15;
/** Least time that is compared: the thread's clock ticks every few milliseconds. */
const TICK_MS = 8;
/** Added time of a preview with the pack, as a share of an empty program's preview. */
const MOST_ADDED = 0.6;

let failed = false;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const limitsOf = (rule: Rule): never =>
  Object.fromEntries(Object.entries(rule.limits ?? {}).map(([key, limit]) => [key, limit.default])) as never;

/** Every resource is of a name of its own, as in a stack. */
function many(rule: Rule, count: number): Resource[] {
  const types = rule.types[0] === EVERY_TYPE ? Object.keys(FIXTURES) : rule.types;
  const perType = Math.ceil(count / types.length);
  return types
    .flatMap((type) => Array.from({ length: perType }, (_, at) => numbered(type, at)))
    .slice(0, count)
    .map((sent) => ({
      type: sent.type,
      name: sent.name,
      urn: urnOf(sent),
      props: sent.props as Resource["props"],
      protect: true,
      propertyDependencies: {},
    }));
}

function numbered(type: string, at: number): Sent {
  const props = JSON.parse(JSON.stringify(FIXTURES[type] ?? {})) as Record<string, unknown>;
  if (type === "Grant") props.schema = `sales.s${at}`;
  if (type === "Grants") props.catalog = `c${at}`;
  if (type === "EntityTagAssignment") props.entityName = `sales.silver.t${at}.email`;
  if (type === "PolicyInfo") props.onSecurableFullname = `sales.silver.t${at}`;
  return { type, name: `${type}-${at}`, props, protect: true };
}

function timed(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 5; time += 1) {
    const started = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(started);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

function benchRules(): void {
  say(`rule                                 ${SIZES.map((size) => `${size} ms`.padStart(9)).join("")}   µs each`);
  for (const rule of rules) {
    const times = SIZES.map((size) => {
      const resources = many(rule, size);
      return timed(() => {
        if (rule.kind === "stack") rule.check(resources, limitsOf(rule));
        else rule.stack?.check(resources, limitsOf(rule));
        if (rule.kind === "resource") for (const one of resources) rule.check(one, limitsOf(rule));
      });
    });
    const growth = times.at(-1)! / Math.max(times.at(-3)!, TICK_MS);
    const linear = growth <= MOST_GROWTH;
    failed ||= !linear;
    const each = ((times.at(-1)! * 1000) / SIZES.at(-1)!).toFixed(1);
    const columns = times.map((ms) => ms.toFixed(2).padStart(9)).join("");
    say(`${rule.name.padEnd(37)}${columns}${each.padStart(10)}${linear ? "" : `   NOT LINEAR: ×${growth.toFixed(1)}`}`);
  }
}

async function benchProtocol(): Promise<void> {
  const pack = await Pack.start();
  try {
    for (const size of SIZES) {
      const all = Object.keys(FIXTURES).flatMap((type) => withCompanion(resource(type)));
      const sent = Array.from({ length: size }, (_, at) => ({ ...all[at % all.length]!, name: `r${at}` }));
      const started = performance.now();
      for (const one of sent) await pack.analyze(one);
      const each = (performance.now() - started) / size;
      const stack = performance.now();
      await pack.analyzeStack(sent);
      say(
        `protocol, ${size} resources: ${each.toFixed(2)} ms each, the stack ${(performance.now() - stack).toFixed(0)} ms`,
      );
    }
  } finally {
    await pack.stop();
  }
}

async function benchPreview(): Promise<void> {
  const workspace = await LocalWorkspace.start({ engine: false });
  const project = new Project(workspace);
  try {
    await project.init();
    project.resources([]);
    const times: { without: number; with: number } = { without: Infinity, with: Infinity };
    for (let time = 0; time < 4; time += 1) {
      for (const kind of ["without", "with"] as const) {
        const started = performance.now();
        const { code, text } = await project.preview("prod", kind === "with");
        if (code !== 0) throw new Error(text);
        times[kind] = Math.min(times[kind], performance.now() - started);
      }
    }
    const added = times.with / times.without - 1;
    failed ||= added > MOST_ADDED;
    say(
      `preview of an empty program: ${times.without.toFixed(0)} ms, with the pack ${times.with.toFixed(0)} ms: ${(added * 100).toFixed(0)} % more (at most ${MOST_ADDED * 100} %)`,
    );
  } finally {
    project.remove();
    await workspace.remove();
  }
}

benchRules();
await benchProtocol();
if (process.argv.includes("--preview")) await benchPreview();
process.exitCode = failed ? 1 : 0;
