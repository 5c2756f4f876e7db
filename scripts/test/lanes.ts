/** Runs jobs in a fixed number of lanes, in the order given, and hands their results on in an order of its own. */

const GIB = 2 ** 30;

/** A process of tests with its Spark keeps more than a core busy, and takes up to 3 GiB. */
export function lanesFor(cores: number, memory: number): number {
  const fit = Math.floor(memory / (3 * GIB));
  return Math.max(1, Math.min(fit, Math.max(2, Math.ceil(cores / 2)), 4));
}

export interface Lanes<J, R> {
  /** How many run at a time. */
  lanes: number;
  run: (job: J) => Promise<R>;
  /** Called for each job in the order of `shown`, as soon as it and all before it have ended. */
  show: (job: J, result: R) => void;
}

export async function runInLanes<J, R>(
  order: readonly J[],
  shown: readonly J[],
  { lanes, run, show }: Lanes<J, R>,
): Promise<Map<J, R>> {
  const results = new Map<J, R>();
  const waiting = [...order];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      results.set(job, await run(job));
      for (; next < shown.length && results.has(shown[next]!); next += 1)
        show(shown[next]!, results.get(shown[next]!)!);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
