/**
 * `npm run bench -- deploy [--rounds N] [--latency MS,…] [--copies N,…] [--json FILE] [--html FILE] [--compare REV]`: what a preview, an
 * update and a destroy cost, by the clock and in requests; beside an empty program's preview, OpenTofu (where it is found), and another
 * revision of this repository. One copy is a lakehouse of the project's size. Each round runs every command once, so that a busy
 * machine slows all of them.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { page } from "./page.ts";
import { LatencyProxy } from "./proxy.ts";
import { PulumiStacks } from "./pulumi.ts";
import type { Cost } from "./runs.ts";
import { type Measured, measured, tableOf } from "./table.ts";
import { TofuStack } from "./tofu.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const GROUPS = ["platform-admins", "data-engineers", "analysts", "auditors", "data-stewards"];

interface Options {
  rounds: number;
  latencies: number[];
  copies: number[];
  /** Roots of the revisions by what they are called. */
  revisions: Record<string, string>;
}

/** One workspace and one state of each revision, deployed, measured and destroyed in each round. */
async function measure(copies: number, milliseconds: number, { rounds, revisions }: Options): Promise<Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-deploy-"));
  const workspace = await LocalWorkspace.start({ engine: false });
  const proxy = await LatencyProxy.start(workspace.api.host, milliseconds);
  const costs = new Map<string, Cost[]>();
  const note = async (command: string, work: () => Promise<Cost>): Promise<void> => {
    const cost = await work();
    costs.set(command, [...(costs.get(command) ?? []), cost]);
    process.stderr.write(`${copies} × ${milliseconds} ms ${command}: ${cost.seconds.toFixed(1)} s\n`);
  };
  try {
    for (const displayName of GROUPS) await workspace.api.post("/api/2.0/preview/scim/v2/Groups", { displayName });
    const stacks = Object.entries(revisions).map(([name, root]) => {
      const own = join(folder, String(costs.size + Object.keys(revisions).indexOf(name)));
      mkdirSync(own);
      return { of: name === "" ? "" : ` at ${name}`, stack: new PulumiStacks(workspace, proxy, root, own, copies) };
    });
    for (const { stack } of stacks) await stack.init();
    let tofu: TofuStack | undefined;
    for (let round = 0; round < rounds; round += 1) {
      for (const { of, stack } of stacks) {
        await note(`pulumi preview of an empty program${of}`, stack.empty);
        await note(`pulumi up, all new${of}`, stack.up);
        if (round === 0) tofu ??= TofuStack.find(workspace, proxy, folder, await stack.resources());
        await note(`pulumi up, nothing changed${of}`, stack.up);
        await note(`pulumi preview, nothing changed${of}`, stack.preview);
        await note(`… with the policy pack${of}`, stack.previewWithPack);
        await note(`… with --refresh${of}`, stack.previewWithRefresh);
        await note(`pulumi destroy${of}`, stack.destroy);
      }
      if (tofu === undefined) continue;
      await note("tofu apply", tofu.apply);
      await note("tofu plan", tofu.plan);
      await note("tofu destroy", tofu.destroy);
    }
  } finally {
    await proxy.stop();
    await workspace.remove();
    rmSync(folder, { recursive: true, force: true });
  }
  return [...costs].map(([command, all]) => measured(copies, milliseconds, command, all));
}

/** A work tree of another revision that uses this one's packages and benchmark; gone when `work` ends. */
async function withRevision<T>(revision: string, work: (root: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "bench-revision-"));
  const root = join(folder, "repository");
  execFileSync("git", ["worktree", "add", "--detach", "--quiet", root, revision], { cwd: ROOT });
  try {
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    return await work(root);
  } finally {
    execFileSync("git", ["worktree", "remove", "--force", root], { cwd: ROOT });
    rmSync(folder, { recursive: true, force: true });
  }
}

const numbers = (option: string, text: string): number[] => {
  const all = text.split(",").map(Number);
  if (all.some((one) => !Number.isInteger(one) || one < 0))
    throw new Error(`--${option} is '${text}'; it takes whole numbers parted by commas`);
  return all;
};

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    latency: { type: "string", default: "0,100" },
    copies: { type: "string", default: "1" },
    json: { type: "string" },
    html: { type: "string" },
    compare: { type: "string" },
  },
});
const options: Omit<Options, "revisions"> = {
  rounds: numbers("rounds", values.rounds)[0]!,
  latencies: numbers("latency", values.latency),
  copies: numbers("copies", values.copies),
};

async function all(revisions: Record<string, string>): Promise<Measured[]> {
  const rows: Measured[] = [];
  for (const copies of options.copies)
    for (const latency of options.latencies) rows.push(...(await measure(copies, latency, { ...options, revisions })));
  return rows;
}

const rows =
  values.compare === undefined
    ? await all({ "": ROOT })
    : await withRevision(values.compare, (root) => all({ "the working tree": ROOT, [values.compare!]: root }));
process.stdout.write(tableOf(rows));
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
if (values.html) writeFileSync(values.html, page(rows));
