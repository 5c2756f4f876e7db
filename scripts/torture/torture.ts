/** Gives a workspace what the schedule says, lets it come to rest, and checks the laws. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { observe } from "./facts.ts";
import { type Evidence, LAWS } from "./laws.ts";
import { type Size, sizeOf } from "./machine.ts";
import { type Latest, Model, numbers } from "./model.ts";
import { type Fault, type Step, schedule, type Timed } from "./schedule.ts";
import { Subject } from "./subject.ts";

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly faults?: readonly Fault[];
  readonly tell: (line: string) => void;
}

export interface Account {
  readonly model: Model;
  readonly sizes: readonly Size[];
  /** How many of each. */
  readonly faults: ReadonlyMap<string, number>;
  readonly updates: ReadonlyMap<string, number>;
  readonly laws: readonly { readonly says: string; readonly broken: readonly string[] }[];
}

/** So long in every round nobody kills, hangs or stops anything, so that updates come to their end. */
const ROUND = 240_000;
const CALM = 60_000;
const SAMPLE = 5000;
const SETTLE = 120_000;
/** A hung engine is ended after so many seconds, so that an hour has many of them. */
export const HANG_SECONDS = 20;
/** How long a workspace may take to notice that its engine or JVM died, and to read what it said last, in ms. */
const DEATH = 10_000;
const HANG = HANG_SECONDS * 1000 + DEATH;
const DISTURBS: ReadonlySet<Step["act"]> = new Set(["fault", "stop"]);

class Torture {
  readonly model = new Model();
  readonly faults: Fault[] = [];
  readonly breaches: string[] = [];
  readonly sizes: Size[] = [];
  readonly #subject: Subject;
  readonly #options: Options;
  readonly #began = Date.now();

  constructor(subject: Subject, options: Options) {
    this.#subject = subject;
    this.#options = options;
  }

  #tell(what: string): void {
    this.#options.tell(`${((Date.now() - this.#began) / 1000).toFixed(1).padStart(8)} s  ${what}`);
  }

  async run(): Promise<void> {
    const { seed, minutes, faults } = this.#options;
    const plan = schedule(seed, minutes, faults);
    const end = this.#began + minutes * 60_000;
    const ended = new AbortController();
    const acting = Promise.all([...plan.values()].map((steps) => this.#actor(steps, end)));
    await Promise.all([acting.finally(() => ended.abort()), this.#sample(ended.signal)]);
  }

  async #sample(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.size();
      await sleep(SAMPLE, undefined, { signal }).catch(() => undefined);
    }
  }

  /** While the workspace restarts there is no process to ask about. */
  size(): void {
    const { workspace } = this.#subject;
    if (workspace.running) this.sizes.push(sizeOf(workspace.pid, workspace.dataDir));
  }

  async #actor(steps: readonly Timed[], end: number): Promise<void> {
    for (const { pause, step } of steps) {
      await sleep(Math.max(0, Math.min(pause + (DISTURBS.has(step.act) ? this.#calm(pause) : 0), end - Date.now())));
      if (Date.now() >= end) return;
      try {
        await this.#take(step);
        this.model.count(step.act, "done");
      } catch (error) {
        this.model.fail(step.act, (error as Error).message);
        if (step.act === "update" || step.act === "fault")
          this.#tell(`${step.act}: ${(error as Error).message.slice(0, 150)}`);
      }
    }
  }

  /** How much longer a step has to wait that would disturb a calm spell, in ms. */
  #calm(pause: number): number {
    const at = (Date.now() + pause - this.#began) % ROUND;
    return at > ROUND - CALM ? ROUND - at : 0;
  }

  /** @throws where the answer is an error or is lost: nobody knows then what came of it */
  async #take(step: Step): Promise<void> {
    const subject = this.#subject;
    const { model } = this;
    switch (step.act) {
      case "land":
        for (const row of step.rows) model.rows.set(row.id, row);
        if (!step.half) for (const { id } of step.rows) model.landed.sent.add(id);
        await subject.land(step.name, step.rows, step.half);
        for (const { id } of step.rows) model.landed.acknowledged.add(id);
        return;
      case "insert":
        model.batches.set(step.batch, step.rows);
        model.inserted.sent.add(step.batch);
        await subject.insert(step.batch, step.rows);
        model.inserted.acknowledged.add(step.batch);
        return;
      case "change":
        return this.#set(model.accounts, step.key, step.value, subject.change(step.key, step.value));
      case "make table":
        return this.#set(model.tables, step.name, true, subject.makeTable(step.name));
      case "drop table":
        return this.#set(model.tables, step.name, false, subject.dropTable(step.name));
      case "create schema":
        return this.#set(model.schemas, step.name, true, subject.createSchema(step.name));
      case "delete schema":
        return this.#set(model.schemas, step.name, false, subject.deleteSchema(step.name));
      case "create job":
        return this.#set(model.jobs, step.name, true, subject.createJob(step.name));
      case "delete job":
        model.jobs.sent(step.name, false);
        if (await subject.deleteJob(step.name)) model.jobs.acknowledged(step.name, false);
        return;
      case "grant":
        return this.#set(model.grant, "accounts", step.granted, subject.grant(step.granted));
      default:
        return this.#other(step);
    }
  }

  /** Nobody knows the value while the answer to its change is missing. */
  async #set<K, V>(known: Latest<K, V>, key: K, value: V, change: Promise<void>): Promise<void> {
    known.sent(key, value);
    await change;
    known.acknowledged(key, value);
  }

  async #other(step: Extract<Step, { act: "run" | "intrude" | "update" | "stop" | "fault" }>): Promise<void> {
    const subject = this.#subject;
    switch (step.act) {
      case "run":
        if ((await subject.run()) !== "SUCCESS") throw new Error("the run failed");
        return;
      case "intrude":
        if ((await subject.intrude(step.way)) === undefined) this.breaches.push(`way ${step.way} led in`);
        return;
      case "update": {
        const state = await subject.update(step.full);
        this.#tell(`${step.full ? "full refresh" : "update"}: ${state}`);
        return;
      }
      case "stop":
        return subject.stopUpdate();
      case "fault":
        if (step.fault !== "restart")
          this.model.faults.push({ at: Date.now(), noticed: step.fault === "hang the engine" ? HANG : DEATH });
        this.#tell(step.fault);
        if (await subject.fault(step.fault)) this.faults.push(step.fault);
        else this.#tell(`${step.fault}: no such process`);
    }
  }

  /** Kills the workspace a last time, so that all that is read then comes from its disk; then one ordinary update. */
  async rest(): Promise<string> {
    const subject = this.#subject;
    await subject.stopUpdate().catch(() => undefined);
    await subject.fault("kill the workspace");
    const end = Date.now() + SETTLE;
    while (true) {
      try {
        return await subject.update(false);
      } catch (error) {
        if (Date.now() > end) return `refused: ${(error as Error).message}`;
        await sleep(500); // an update that was asked to stop has not ended yet
      }
    }
  }
}

/** @param workspace is left running, with what the torture put into it */
export async function torture(workspace: LocalWorkspace, options: Options): Promise<Account> {
  const subject = new Subject(workspace, options.seed);
  await subject.prepare();
  const work = new Torture(subject, options);
  work.size();
  await work.run().finally(() => subject.release());
  const facts = await observe(subject, await work.rest());
  work.size();
  const { model, breaches, sizes } = work;
  const evidence: Evidence = { model, breaches, sizes, facts, failures: subject.failures };
  return {
    model,
    sizes,
    faults: numbers(work.faults),
    updates: numbers(facts.updates.map(({ states }) => states.at(-1) ?? "of no state")),
    laws: LAWS.map(({ says, broken }) => ({ says, broken: broken(evidence) })),
  };
}
