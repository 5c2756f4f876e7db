/** What the clients know: a change was acknowledged, or nobody knows (its answer was lost, or was an error). */
import type { Row } from "./schedule.ts";

/** Things that are added and never changed. */
export class Added<T> {
  readonly sent = new Set<T>();
  readonly acknowledged = new Set<T>();

  /** What is wrong with what is there now: changes that are lost, what nobody sent, what is there twice. */
  compare(what: string, present: readonly T[]): string[] {
    const there = new Set(present);
    const few = (values: readonly T[]): string => values.slice(0, 5).join(", ");
    const lost = [...this.acknowledged].filter((value) => !there.has(value));
    const foreign = [...there].filter((value) => !this.sent.has(value));
    return [
      ...(lost.length > 0 ? [`${what}: ${lost.length} acknowledged and lost: ${few(lost)}`] : []),
      ...(foreign.length > 0 ? [`${what}: ${foreign.length} never sent: ${few(foreign)}`] : []),
      ...(present.length > there.size ? [`${what}: ${present.length - there.size} are there twice`] : []),
    ];
  }
}

/** Values of a thing that may be the present one: the last acknowledged, and what nobody knows of since. */
export class Latest<K, V> {
  readonly #possible = new Map<K, Set<V>>();
  readonly #before: V;

  constructor(before: V) {
    this.#before = before;
  }

  sent(key: K, value: V): void {
    this.#possible.set(key, this.possible(key).add(value));
  }

  acknowledged(key: K, value: V): void {
    this.#possible.set(key, new Set([value]));
  }

  possible(key: K): Set<V> {
    return this.#possible.get(key) ?? new Set([this.#before]);
  }

  keys(): K[] {
    return [...this.#possible.keys()];
  }

  compare(what: string, present: ReadonlyMap<K, V>): string[] {
    const keys = new Set([...this.keys(), ...present.keys()]);
    return [...keys].flatMap((key) => {
      const value = present.get(key) ?? this.#before;
      const possible = this.possible(key);
      return possible.has(value) ? [] : [`${what} ${key} is ${value}, must be ${[...possible].join(" or ")}`];
    });
  }
}

/** A fault: when it was given, in ms since 1970, and how many ms the workspace may take to notice it. */
interface Given {
  readonly at: number;
  readonly noticed: number;
}

/** Everything the clients did. */
export class Model {
  readonly rows = new Map<number, Row>();
  readonly landed = new Added<number>();
  readonly batches = new Map<number, number>();
  readonly inserted = new Added<number>();
  readonly accounts = new Latest<number, number>(0);
  readonly tables = new Latest<string, boolean>(false);
  readonly schemas = new Latest<string, boolean>(false);
  readonly jobs = new Latest<string, boolean>(false);
  readonly grant = new Latest<string, boolean>(false);
  readonly faults: Given[] = [];
  /** Acknowledged, of which nobody knows, refused: by kind of step. */
  readonly counts = new Map<string, Record<Outcome, number>>();

  /** How often each reason was given to a client. */
  readonly reasons = new Map<string, number>();

  fail(act: string, reason: string): void {
    this.count(act, "unknown");
    const kind = reason
      .split("\n")[0]!
      .replace(/[0-9a-f-]{36}|\d{2,}/g, "…")
      .slice(0, 140);
    this.reasons.set(kind, (this.reasons.get(kind) ?? 0) + 1);
  }

  count(act: string, outcome: Outcome): void {
    const counts = this.counts.get(act) ?? { done: 0, unknown: 0 };
    counts[outcome] += 1;
    this.counts.set(act, counts);
  }
}

export type Outcome = "done" | "unknown";

/** How often each value is there. */
export function numbers<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
