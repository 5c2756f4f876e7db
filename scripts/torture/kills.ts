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
import { ENDED } from "./subject.ts";

const KINDS = ["first", "incremental", "full refresh"] as const;
type Kind = (typeof KINDS)[number];
const FAULTS = ["kill the JVM", "kill the engine", "kill the workspace"] as const;
type Fault = (typeof FAULTS)[number];

/** What an undisturbed update of a kind takes, in milliseconds, and leaves. */
interface Undisturbed {
  readonly milliseconds: number;
  readonly content: Content;
}

/** One kill of an update: where it was, and what was wrong afterwards. */
export interface Kill {
  readonly pipeline: PipelineName;
  readonly kind: Kind;
  readonly fault: Fault;
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
  readonly #undisturbed = new Map<Kind, Undisturbed>();

  constructor(workspace: LocalWorkspace, options: KillOptions) {
    this.#shop = new Shop(workspace);
    this.#options = options;
    this.#random = new Random(options.seed, "kills");
  }

  /** Makes the copies that kills start from, and measures undisturbed updates of each kind. */
  async prepare(): Promise<void> {
    const { scale, folder } = this.#options;
    const shop = this.#shop;
    await shop.deploy(join(folder, "deployment"));
    await shop.generate(scale);
    await this.#keep("first");
    await this.#measure("first");
    await shop.generate(scale);
    await this.#keep("incremental");
    await this.#measure("incremental");
    await this.#keep("full refresh");
    await this.#measure("full refresh");
  }

  #copy = (kind: Kind): string => join(this.#options.folder, kind.replace(" ", "-"));

  async #keep(kind: Kind): Promise<void> {
    const { workspace } = this.#shop;
    await workspace.stop();
    cpSync(workspace.dataDir, this.#copy(kind), { recursive: true, preserveTimestamps: true });
    await workspace.start();
    await this.#shop.warm();
  }

  async #restore(kind: Kind): Promise<void> {
    const { workspace } = this.#shop;
    await workspace.stop();
    for (const name of readdirSync(workspace.dataDir))
      rmSync(join(workspace.dataDir, name), { recursive: true, force: true });
    cpSync(this.#copy(kind), workspace.dataDir, { recursive: true, preserveTimestamps: true });
    await workspace.start();
    await this.#shop.warm();
  }

  async #measure(kind: Kind): Promise<void> {
    const began = performance.now();
    await this.#shop.update(kind === "full refresh");
    const milliseconds = performance.now() - began;
    this.#undisturbed.set(kind, { milliseconds, content: await this.#shop.content() });
    this.#options.tell(`undisturbed, ${kind}: ${(milliseconds / 1000).toFixed(1)} s`);
  }

  /** Until so many updates were killed; what had ended before its kill does not count. */
  async run(): Promise<Kill[]> {
    const kills: Kill[] = [];
    for (let round = 0; kills.length < this.#options.kills; round++) {
      const kind = KINDS[round % KINDS.length]!;
      const fault = FAULTS[Math.floor(round / KINDS.length) % FAULTS.length]!;
      kills.push(...(await this.#round(kind, fault)));
    }
    return kills;
  }

  async #round(kind: Kind, fault: Fault): Promise<Kill[]> {
    const shop = this.#shop;
    const { milliseconds, content } = this.#undisturbed.get(kind)!;
    await this.#restore(kind);
    const after = this.#random.next() * milliseconds;
    const updates = await shop.start(kind === "full refresh");
    await sleep(after);
    const states = {
      medallion: await shop.state("medallion", updates.medallion),
      cdc: await shop.state("cdc", updates.cdc),
    };
    await this.#fault(fault);
    for (const name of PIPELINES) await shop.ended(name, updates[name]);
    const killed = PIPELINES.filter((name) => !ENDED.includes(states[name]));
    const wrong = await this.#next(content);
    const what = killed.map((name) => `${name} ${states[name]}`).join(", ") || "nothing: both had ended";
    const line = `${kind}, ${fault} after ${(after / 1000).toFixed(1)} s: ${what}`;
    this.#options.tell([line, ...wrong.map((each) => `  ✗ ${each}`)].join("\n"));
    return killed.map((pipeline) => ({ pipeline, kind, fault, state: states[pipeline], wrong }));
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
  async #next(right: Content): Promise<string[]> {
    try {
      await this.#shop.update(false);
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
