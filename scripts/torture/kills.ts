/**
 * Kills updates of the shop's pipelines at random moments. Each kill starts from a copy of the same data folder; the next ordinary
 * update has to end exactly where an undisturbed one does.
 */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { Random } from "../random.ts";
import { engineProcess } from "./machine.ts";
import { type Content, PIPELINES, type PipelineName, Shop } from "./shop.ts";

const KINDS = ["first", "incremental", "full refresh"] as const;
type Kind = (typeof KINDS)[number];
/** In the order in which the job runs them: the CDC pipeline reads the medallion pipeline's bronze tables. */
const CASES = KINDS.flatMap((kind) => PIPELINES.map((pipeline) => ({ kind, pipeline })));
type Case = (typeof CASES)[number];
const FAULTS = ["kill the JVM", "kill the engine", "kill the workspace"] as const;
type Fault = (typeof FAULTS)[number];

const COPY = { recursive: true, preserveTimestamps: true };

/** What an undisturbed update of a kind takes, in milliseconds, and leaves. */
interface Undisturbed {
  milliseconds: number;
  readonly content: Content;
}

/** One kill of an update: where it was, and what was wrong afterwards. */
export interface Kill {
  readonly pipeline: PipelineName;
  readonly kind: Kind;
  readonly fault: Fault;
  /** Milliseconds from its start. */
  readonly after: number;
  /** Of the update when it was killed. */
  readonly state: string;
  readonly wrong: readonly string[];
}

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  /** Folder for copies and the deployment's state. */
  readonly folder: string;
  /** Of the generator: 1 is 5,000 orders. */
  readonly scale: string;
  readonly tell: (line: string) => void;
}

export const differences = (right: Content, found: Content): string[] =>
  [...new Set([...Object.keys(right), ...Object.keys(found)])]
    .filter((dataset) => right[dataset] !== found[dataset])
    .map((dataset) => `${dataset}: ${found[dataset] ?? "missing"} instead of ${right[dataset] ?? "no such dataset"}`);

class Kills {
  readonly #shop: Shop;
  readonly #options: KillOptions;
  readonly #random: Random;
  readonly #undisturbed = new Map<Case, Undisturbed>();

  constructor(workspace: LocalWorkspace, options: KillOptions) {
    this.#shop = new Shop(workspace);
    this.#options = options;
    this.#random = new Random(options.seed, "kills");
  }

  /** Makes the copies that kills start from, and measures an undisturbed update of each case. */
  async prepare(): Promise<void> {
    const { scale, folder } = this.#options;
    await this.#shop.deploy(join(folder, "deployment"));
    for (const each of CASES) {
      if (each.kind !== "full refresh" && each.pipeline === PIPELINES[0]) await this.#shop.generate(scale);
      await this.#keep(each);
      await this.#measure(each);
    }
  }

  #copy = ({ pipeline, kind }: Case): string => join(this.#options.folder, `${pipeline}-${kind.replace(" ", "-")}`);

  #keep(each: Case): Promise<void> {
    return this.#atRest((folder) => cpSync(folder, this.#copy(each), COPY));
  }

  #restore(each: Case): Promise<void> {
    return this.#atRest((folder) => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
      cpSync(this.#copy(each), folder, COPY);
    });
  }

  /** Works on the data folder while no workspace has it open. */
  async #atRest(work: (folder: string) => void): Promise<void> {
    const { workspace } = this.#shop;
    await workspace.stop();
    work(workspace.dataDir);
    await workspace.start();
    await this.#shop.warm();
  }

  async #measure(each: Case): Promise<void> {
    const began = performance.now();
    await this.#shop.update(each.pipeline, each.kind === "full refresh");
    const milliseconds = performance.now() - began;
    this.#undisturbed.set(each, { milliseconds, content: await this.#shop.content() });
    this.#options.tell(`undisturbed, ${each.pipeline}, ${each.kind}: ${(milliseconds / 1000).toFixed(1)} s`);
  }

  /** Until so many updates were killed; what had ended before its kill does not count. */
  async run(): Promise<Kill[]> {
    const kills: Kill[] = [];
    for (let round = 0; kills.length < this.#options.kills; round++) {
      const fault = FAULTS[Math.floor(round / CASES.length) % FAULTS.length]!;
      const each = CASES[round % CASES.length]!;
      const kill = await this.#round(each, fault);
      if (kill === undefined) {
        this.#options.tell(`– ${each.pipeline}, ${each.kind}: ended before its kill`);
        continue;
      }
      const { state, after, wrong } = kill;
      const what = `${each.pipeline}, ${each.kind}, ${fault} after ${(after / 1000).toFixed(1)} s: was ${state}`;
      this.#options.tell([`${kills.push(kill)} ${what}`, ...wrong.map((line) => `  ✗ ${line}`)].join("\n"));
    }
    return kills;
  }

  /** Undefined where the update ended before its kill. */
  async #round(each: Case, fault: Fault): Promise<Kill | undefined> {
    const shop = this.#shop;
    const { pipeline, kind } = each;
    const undisturbed = this.#undisturbed.get(each)!;
    await this.#restore(each);
    const after = this.#random.next() * undisturbed.milliseconds;
    const began = performance.now();
    const update = await shop.start(pipeline, kind === "full refresh");
    if ((await Promise.race([sleep(after), shop.ended(pipeline, update)])) !== undefined) {
      // A machine that is less busy than before needs less time: later moments are drawn from that.
      undisturbed.milliseconds = performance.now() - began;
      return undefined;
    }
    const state = await shop.state(pipeline, update);
    await this.#fault(fault);
    await shop.ended(pipeline, update);
    return { pipeline, kind, fault, after, state, wrong: await this.#next(pipeline, undisturbed.content) };
  }

  async #fault(fault: Fault): Promise<void> {
    const { workspace } = this.#shop;
    if (fault === "kill the workspace") {
      await workspace.stop("SIGKILL");
      await workspace.start();
      return;
    }
    const pid = engineProcess(workspace.pid, fault === "kill the JVM" ? "JVM" : "Python");
    if (pid === undefined) throw new Error(`${fault}: no such process`);
    process.kill(pid, "SIGKILL");
  }

  /** What is wrong after the next ordinary update. */
  async #next(pipeline: PipelineName, right: Content): Promise<string[]> {
    try {
      await this.#shop.update(pipeline, false);
    } catch (error) {
      return [(error as Error).message];
    }
    return differences(right, await this.#shop.content());
  }
}

/** @param workspace an empty one; it is left running, with what the last round put into it */
export async function killUpdates(workspace: LocalWorkspace, options: KillOptions): Promise<Kill[]> {
  const kills = new Kills(workspace, options);
  await kills.prepare();
  return kills.run();
}

/** What came of the kills, as text. */
export function shownKills(kills: readonly Kill[]): string {
  const count = (title: string, of: (kill: Kill) => string): string => {
    const groups = Map.groupBy(kills, of);
    return `${title}: ${[...groups].map(([name, found]) => `${found.length} ${name}`).join(", ")}`;
  };
  const wrong = kills.filter((kill) => kill.wrong.length > 0);
  return [
    "",
    count("updates", ({ kind }) => kind),
    count("pipelines", ({ pipeline }) => pipeline),
    count("faults", ({ fault }) => fault),
    count("states when killed", ({ state }) => state),
    `${kills.length} updates killed, ${wrong.length} of them did not end where an undisturbed one does`,
  ].join("\n");
}
