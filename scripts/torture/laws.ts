/** What must hold when the workspace has come to rest, whatever it was given. */
import type { Facts, UpdateFact } from "./facts.ts";
import type { Size } from "./machine.ts";
import { type Model, numbers } from "./model.ts";
import { TABLE_ROWS } from "./schedule.ts";
import { ENDED } from "./subject.ts";

export interface Evidence {
  readonly model: Model;
  readonly facts: Facts;
  /** Answers above 499. */
  readonly failures: readonly string[];
  /** Ways in that worked while the workspace was tortured. */
  readonly breaches: readonly string[];
  readonly sizes: readonly Size[];
}

/** Megabytes. */
const MOST_SERVER = 512;
const MOST_ENGINE = 4096;
const FOLDER_AT_FIRST = 50;
const FOLDER_OF_OPERATION = 0.1;

/** The reasons that faults and stops give; any other failure is one that nobody ordered. */
const ORDERED =
  /The Spark engine (was ended by|ended with status 70|gave no sign of life|could not be initialized)|[Tt]he local workspace (stopped|was stopped|is stopping)|Local workspace is stopping/;
const DENIED = /PERMISSION_DENIED|INSUFFICIENT_PERMISSIONS|does not have|not an owner|does not exist|permission/i;
/** States in which an update has neither made nor changed anything. */
const UNTOUCHED = ["QUEUED", "CREATED", "WAITING_FOR_RESOURCES", "INITIALIZING"];

/** How many rows each batch has. */
const rowsOfBatches = ({ inserted }: Facts): Map<number, number> => numbers(inserted.map(({ batch }) => batch));

function contents({ model, facts }: Evidence): string[] {
  const present = [...rowsOfBatches(facts)].flatMap(([batch, rows]) => {
    const times = rows / (model.batches.get(batch) ?? 1);
    return Array.from({ length: Math.max(1, Math.floor(times)) }, () => batch);
  });
  return [
    ...model.inserted.compare("batches of inserts", present),
    ...model.accounts.compare("the account", facts.accounts),
  ];
}

function acknowledged({ model, facts }: Evidence): string[] {
  const ids = (facts.tortured.bronze ?? []).map((row) => Number(row.split(":")[0]));
  const exists = (names: Iterable<string>): Map<string, boolean> => new Map([...names].map((name) => [name, true]));
  return [
    ...model.landed.compare("rows of landed files", ids),
    ...model.tables.compare("the table's existence", exists(facts.tables.keys())),
    ...model.schemas.compare("the schema's existence", exists(facts.schemas)),
    ...model.jobs.compare("the job's existence", exists(facts.jobs.keys())),
  ];
}

function whole({ model, facts }: Evidence): string[] {
  const present = rowsOfBatches(facts);
  const halves = [...model.batches].flatMap(([batch, rows]) => {
    const found = present.get(batch) ?? 0;
    return found === 0 || found === rows ? [] : [`batch ${batch} has ${found} of ${rows} rows`];
  });
  const tables = [...facts.tables].filter(([, rows]) => rows !== TABLE_ROWS);
  const jobs = [...facts.jobs].filter(([, wrong]) => wrong !== "");
  return [
    ...halves,
    ...tables.map(([name, rows]) => `table ${name} has ${rows} instead of ${TABLE_ROWS} rows`),
    ...jobs.map(([name, wrong]) => `${name}: ${wrong}`),
    ...facts.leftOvers.map((file) => `left over: ${file}`),
  ];
}

function over({ facts }: Evidence): string[] {
  const updates = facts.updates.filter(({ states }) => !ENDED.includes(states.at(-1) ?? ""));
  return [
    ...updates.map(({ id, states }) => `update ${id} is ${states.at(-1)}`),
    ...facts.others.filter(({ final }) => !final).map(({ what }) => `${what} has not ended`),
  ];
}

function reasons({ facts }: Evidence): string[] {
  const updates = facts.updates.filter(({ states }) => states.at(-1) === "FAILED");
  const failed = [
    ...updates.map(({ id, reason }) => ({ what: `update ${id}`, reason: reason || "no reason" })),
    ...facts.others.filter(({ reason }) => reason !== ""),
  ];
  return failed
    .filter(({ reason }) => !ORDERED.test(reason))
    .map(({ what, reason }) => `${what}: ${reason.slice(0, 300)}`);
}

/** An update that had begun nothing when its engine died goes on with the next, once. */
function goesOn({ model, facts }: Evidence): string[] {
  const early = ({ states, reason }: UpdateFact): boolean =>
    states.at(-1) === "FAILED" &&
    /The Spark engine/.test(reason) &&
    states.slice(0, -1).every((state) => UNTOUCHED.includes(state));
  const faults = ({ began, ended }: UpdateFact): number =>
    model.faults.filter(({ at, noticed }) => at + noticed > began && at <= ended).length;
  /** Faults of the minute before and of its time, in seconds from its start: a fault may be noticed late. */
  const around = ({ began, ended }: UpdateFact): string =>
    model.faults
      .filter(({ at }) => at > began - 60_000 && at <= ended)
      .map(({ at }) => ((at - began) / 1000).toFixed(1))
      .join(", ");
  return facts.updates
    .filter((update) => early(update) && faults(update) < 2)
    .map((update) => {
      const seconds = ((update.ended - update.began) / 1000).toFixed(1);
      const when = `ended after ${seconds} s; faults at ${around(update)} s of it`;
      return `update ${update.id} had begun nothing, ${when}: ${update.reason.slice(0, 200)}`;
    });
}

function converges({ facts }: Evidence): string[] {
  const broken = facts.lastUpdate === "COMPLETED" ? [] : [`the update after all faults ended ${facts.lastUpdate}`];
  for (const [name, right] of Object.entries(facts.undisturbed)) {
    const found = new Set(facts.tortured[name]);
    const wanted = new Set(right);
    const missing = right.filter((row) => !found.has(row));
    const more = (facts.tortured[name] ?? []).filter((row) => !wanted.has(row));
    if (missing.length + more.length > 0 || facts.tortured[name]?.length !== right.length) {
      const some = `without ${missing.slice(0, 3).join(", ")}, with ${more.slice(0, 3).join(", ")}`;
      broken.push(`${name} has ${facts.tortured[name]?.length} rows, an undisturbed one ${right.length}: ${some}`);
    }
  }
  return broken;
}

function privileges({ model, facts, breaches }: Evidence): string[] {
  const may = model.grant.possible("accounts");
  const ways = facts.ways.flatMap((said, way) => {
    if (said === undefined) return [`way ${way} leads in`];
    return DENIED.test(said) ? [] : [`way ${way} is not refused but fails: ${said.slice(0, 200)}`];
  });
  const grant = may.has(facts.granted) ? [] : [`SELECT on accounts is ${facts.granted ? "" : "not "}granted`];
  return [...breaches, ...ways, ...grant];
}

function bounds({ sizes, model }: Evidence): string[] {
  const most = (part: keyof Size): number => Math.max(...sizes.map((size) => size[part]));
  const operations = [...model.counts.values()].reduce((sum, { done, unknown }) => sum + done + unknown, 0);
  const folder = FOLDER_AT_FIRST + operations * FOLDER_OF_OPERATION;
  return [
    ...(most("server") > MOST_SERVER ? [`the server took ${most("server")} MB, at most ${MOST_SERVER}`] : []),
    ...(most("engine") > MOST_ENGINE ? [`the engine took ${most("engine")} MB, at most ${MOST_ENGINE}`] : []),
    ...(sizes.at(-1)!.folder > folder ? [`the data folder has ${sizes.at(-1)!.folder} MB, at most ${folder}`] : []),
  ];
}

export const LAWS: readonly { readonly says: string; readonly broken: (evidence: Evidence) => string[] }[] = [
  {
    says: "no acknowledged file, table, schema, job or deletion is lost, and nothing is there that nobody sent",
    broken: acknowledged,
  },
  { says: "a table's content is what acknowledged inserts and updates say", broken: contents },
  { says: "an insert, a table, a job and a full refresh are whole or not there", broken: whole },
  { says: "every update, statement and run has ended", broken: over },
  { says: "what failed says which fault was the reason", broken: reasons },
  { says: "an update that had begun nothing when its engine died goes on with the next engine", broken: goesOn },
  { says: "the next update ends exactly where an undisturbed pipeline does", broken: converges },
  { says: "who has no privilege gets nothing, who has one gets it", broken: privileges },
  {
    says: "no file of the data folder holds the secret",
    broken: ({ facts }) => facts.secretIn.map((file) => `it is in ${file}`),
  },
  {
    says: "no answer is above 499 but those that name the engine's or the workspace's end",
    broken: ({ failures }) => failures.filter((answer) => !ORDERED.test(answer)),
  },
  {
    says: `the server takes at most ${MOST_SERVER} MB, the engine ${MOST_ENGINE} MB, the data folder ${FOLDER_AT_FIRST} MB and ${FOLDER_OF_OPERATION} MB an operation`,
    broken: bounds,
  },
];
