/** What a seed decides: who does what and when. Which moment of the work a fault meets is up to the machine. */
import { Random } from "../random.ts";

export const KEYS = 7;
export const TABLE_ROWS = 50;

export interface Row {
  readonly id: number;
  readonly key: number;
}

export const FAULTS = ["kill the JVM", "kill the engine", "hang the engine", "kill the workspace", "restart"] as const;
export type Fault = (typeof FAULTS)[number];

/** Each number is used once, so that every change can be told from every other. */
export type Step =
  | { readonly act: "land"; readonly name: string; readonly rows: readonly Row[]; readonly half: boolean }
  | { readonly act: "insert"; readonly batch: number; readonly rows: number }
  | { readonly act: "change"; readonly key: number; readonly value: number }
  | { readonly act: "make table" | "drop table"; readonly name: string }
  | { readonly act: "create schema" | "delete schema"; readonly name: string }
  | { readonly act: "create job" | "delete job"; readonly name: string }
  | { readonly act: "run" }
  | { readonly act: "grant"; readonly granted: boolean }
  | { readonly act: "intrude"; readonly way: number }
  | { readonly act: "update"; readonly full: boolean }
  | { readonly act: "stop" }
  | { readonly act: "fault"; readonly fault: Fault };

export interface Timed {
  /** In ms, after the actor's step before. */
  readonly pause: number;
  readonly step: Step;
}

interface Actor {
  /** From the least to the greatest pause before a step, in ms. */
  readonly pause: readonly [number, number];
  readonly next: (random: Random, number: () => number) => Step;
}

/** Makes two of three, and drops or deletes what it made last with the third. */
function inTurns<Made extends Step, Gone extends Step>(
  make: (n: number) => Made & { name: string },
  drop: (name: string) => Gone,
): Actor["next"] {
  let turn = 0;
  let last = "";
  return (_, number) => {
    turn += 1;
    if (turn % 3 === 0) return drop(last);
    const made = make(number());
    last = made.name;
    return made;
  };
}

function land(random: Random, number: () => number): Step {
  const rows = Array.from({ length: random.whole(1, 20) }, () => ({ id: number(), key: random.whole(1, KEYS) }));
  return { act: "land", name: `${rows[0]!.id}.csv`, rows, half: random.chance(0.1) };
}

function actors(faults: readonly Fault[]): Record<string, Actor> {
  return {
    lands: { pause: [300, 2500], next: land },
    inserts: {
      pause: [300, 2500],
      next: (random, number) => ({ act: "insert", batch: number(), rows: random.whole(1, 5) }),
    },
    changes: {
      pause: [500, 4000],
      next: (random, number) => ({ act: "change", key: random.whole(1, KEYS), value: number() }),
    },
    tables: {
      pause: [2000, 9000],
      next: inTurns(
        (n) => ({ act: "make table" as const, name: `made_${n}` }),
        (name) => ({ act: "drop table" as const, name }),
      ),
    },
    schemas: {
      pause: [500, 4000],
      next: inTurns(
        (n) => ({ act: "create schema" as const, name: `made_${n}` }),
        (name) => ({ act: "delete schema" as const, name }),
      ),
    },
    jobs: {
      pause: [200, 1500],
      next: inTurns(
        (n) => ({ act: "create job" as const, name: `job ${n}` }),
        (name) => ({ act: "delete job" as const, name }),
      ),
    },
    runs: { pause: [3000, 12_000], next: () => ({ act: "run" }) },
    grants: { pause: [500, 5000], next: (random) => ({ act: "grant", granted: random.chance(0.5) }) },
    intrudes: { pause: [300, 3000], next: (random) => ({ act: "intrude", way: random.whole(0, 999) }) },
    updates: { pause: [50, 2000], next: (random) => ({ act: "update", full: random.chance(0.3) }) },
    stops: { pause: [8000, 40_000], next: () => ({ act: "stop" }) },
    faults: { pause: [5000, 35_000], next: (random) => ({ act: "fault", fault: random.of(faults) }) },
  };
}

/** The steps of each actor, in order, more than enough for the time; the same for the same seed, time and faults. */
export function schedule(seed: number, minutes: number, faults: readonly Fault[] = FAULTS): Map<string, Timed[]> {
  const plan = new Map<string, Timed[]>();
  for (const [index, [name, { pause, next }]] of Object.entries(actors(faults)).entries()) {
    const random = new Random(seed, name);
    let last = index * 10_000_000; // each actor counts in a range of its own
    const number = (): number => ++last;
    const steps: Timed[] = [];
    for (let left = minutes * 60_000; left > 0; left -= steps.at(-1)!.pause)
      steps.push({ pause: random.whole(...pause), step: next(random, number) });
    plan.set(name, steps);
  }
  return plan;
}
