/** What is there when the workspace has come to rest. */
import { basename, join, relative } from "node:path";
import { pages } from "../api.ts";
import { filesBelow, filesWith } from "./machine.ts";
import { ENDED, SCHEMA, type Subject, WAYS } from "./subject.ts";

/** Datasets of the pipeline, with their columns in an order of their own. */
const DATASETS = { bronze: "id, k", silver: "id, k", latest: "k, id", counts: "k, n" } as const;

export interface UpdateFact {
  readonly id: string;
  readonly began: number;
  readonly ended: number;
  /** In the order of the event log. */
  readonly states: readonly string[];
  readonly reason: string;
}

/** Something that runs: a statement, a job run. */
export interface Ended {
  readonly what: string;
  readonly final: boolean;
  readonly reason: string;
}

export interface Facts {
  readonly inserted: readonly { readonly batch: number; readonly n: number }[];
  readonly accounts: ReadonlyMap<number, number>;
  /** Tables that the catalog names, and how many rows they have. */
  readonly tables: ReadonlyMap<string, number | string>;
  readonly schemas: readonly string[];
  /** Jobs, and what is wrong with each. */
  readonly jobs: ReadonlyMap<string, string>;
  readonly lastUpdate: string;
  /** Rows of each dataset, as text, in order: of the tortured pipeline and of one that ran once, undisturbed. */
  readonly tortured: Readonly<Record<string, readonly string[]>>;
  readonly undisturbed: Readonly<Record<string, readonly string[]>>;
  readonly updates: readonly UpdateFact[];
  readonly others: readonly Ended[];
  /** What the ways in say at the end; undefined where they lead in. */
  readonly ways: readonly (string | undefined)[];
  readonly granted: boolean;
  readonly secretIn: readonly string[];
  readonly leftOvers: readonly string[];
}

const rowsOf = async (subject: Subject, query: string): Promise<string[][]> =>
  (await subject.api.query(query)).map((row) => Object.values(row).map(String));

async function datasets(subject: Subject, schema: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const [name, columns] of Object.entries(DATASETS)) {
    const rows = await rowsOf(subject, `SELECT ${columns} FROM main.${schema}.${name} ORDER BY ALL`);
    found[name] = rows.map((row) => row.join(":"));
  }
  return found;
}

async function tables(subject: Subject): Promise<Map<string, number | string>> {
  const query = { catalog_name: "main", schema_name: "torture" };
  const listed = await pages<{ name: string }>(subject.api, "/api/2.1/unity-catalog/tables", query, "tables");
  const names = listed.map(({ name }) => name).filter((name) => name.startsWith("made_"));
  const count = (name: string): string => `SELECT '${name}' AS name, count(*) AS n FROM ${SCHEMA}.${name}`;
  const found = new Map<string, number | string>();
  try {
    const rows = names.length > 0 ? await rowsOf(subject, names.map(count).join(" UNION ALL ")) : [];
    for (const [name, n] of rows) found.set(name!, Number(n));
  } catch {
    for (const name of names) {
      const rows = await rowsOf(subject, count(name)).catch((error: Error) => error.message);
      found.set(name, typeof rows === "string" ? rows : Number(rows[0]![1]));
    }
  }
  return found;
}

/** Those that the engine and the REST API both know. */
async function schemas(subject: Subject): Promise<string[]> {
  const path = "/api/2.1/unity-catalog/schemas";
  const listed = await pages<{ name: string }>(subject.api, path, { catalog_name: "main" }, "schemas");
  const shown = new Set((await rowsOf(subject, "SHOW SCHEMAS IN main")).map(([name]) => name));
  return listed.map(({ name }) => name).filter((name) => name.startsWith("made_") && shown.has(name));
}

interface Job {
  readonly settings: {
    readonly name: string;
    readonly tags?: Record<string, string>;
    readonly tasks?: readonly object[];
  };
}

async function jobs(subject: Subject): Promise<Map<string, string>> {
  const listed = await pages<Job>(subject.api, "/api/2.2/jobs/list", { limit: 100, expand_tasks: "true" }, "jobs");
  const found = new Map<string, string>();
  for (const { settings } of listed) {
    const { name, tags, tasks = [] } = settings;
    if (!name.startsWith("job ")) continue;
    const whole = tags?.of === name && tasks.length === 2;
    const wrong = whole ? "" : `tags ${JSON.stringify(tags)}, ${tasks.length} tasks`;
    found.set(name, found.has(name) ? "there twice" : wrong);
  }
  return found;
}

interface Event {
  readonly event_type: string;
  readonly timestamp: string;
  readonly origin: { readonly update_id?: string };
  readonly details?: { readonly update_progress?: { readonly state: string } };
  readonly error?: { readonly exceptions: readonly { readonly message: string }[] };
}

async function updates(subject: Subject): Promise<UpdateFact[]> {
  const path = `/api/2.0/pipelines/${subject.pipeline}`;
  const query = { max_results: 250, order_by: "timestamp asc" };
  const events = await pages<Event>(subject.api, `${path}/events`, query, "events");
  const found = new Map<string, { times: number[]; states: string[]; reason: string }>();
  for (const { event_type, timestamp, origin, details, error } of events) {
    const state = details?.update_progress?.state;
    if (event_type !== "update_progress" || state === undefined || origin.update_id === undefined) continue;
    const update = found.get(origin.update_id) ?? { times: [], states: [], reason: "" };
    update.times.push(Date.parse(timestamp));
    update.states.push(state);
    if (error) update.reason = error.exceptions.map(({ message }) => message).join("; ");
    found.set(origin.update_id, update);
  }
  const listed = await pages<{ update_id: string; state: string; creation_time: number }>(
    subject.api,
    `${path}/updates`,
    { max_results: 100 },
    "updates",
  );
  return listed.map(({ update_id: id, state, creation_time: began }) => {
    const { times, states, reason } = found.get(id) ?? { times: [], states: [], reason: "" };
    const last = states.at(-1) === state || !ENDED.includes(state) ? [] : [state];
    return { id, began, ended: times.at(-1) ?? began, states: [...states, ...last], reason };
  });
}

interface Statement {
  readonly query_text: string;
  readonly is_final: boolean;
  readonly error_message?: string;
}

interface Run {
  readonly run_id: number;
  readonly state: {
    readonly life_cycle_state: string;
    readonly result_state?: string;
    readonly state_message?: string;
  };
}

async function statementsAndRuns(subject: Subject): Promise<Ended[]> {
  const statements = await pages<Statement>(subject.api, "/api/2.0/sql/history/queries", { max_results: 1000 }, "res");
  const runs = await pages<Run>(subject.api, "/api/2.2/jobs/runs/list", { limit: 25 }, "runs");
  return [
    ...statements.map(({ query_text, is_final, error_message }) => ({
      what: `statement ${query_text.slice(0, 60)}`,
      final: is_final,
      reason: error_message ?? "",
    })),
    ...runs.map(({ run_id, state: { life_cycle_state, result_state, state_message = "" } }) => ({
      what: `run ${run_id}`,
      final: ["TERMINATED", "SKIPPED", "INTERNAL_ERROR"].includes(life_cycle_state),
      reason: result_state === "SUCCESS" ? "" : state_message || `no reason, ${life_cycle_state}`,
    })),
  ];
}

/** Marks of work that has not come to its end. */
function leftOvers(subject: Subject): string[] {
  const { dataDir } = subject.workspace;
  const storage = join(dataDir, "pipelines", subject.pipeline);
  const marks = ["full_refresh.json", "resetting.json"];
  return filesBelow(storage)
    .filter(
      (file) => marks.includes(basename(file)) || file.endsWith(".tmp") || file.startsWith(join(storage, "sources")),
    )
    .map((file) => relative(dataDir, file));
}

/** `lastUpdate`: how the update that came after all faults ended. */
export async function observe(subject: Subject, lastUpdate: string): Promise<Facts> {
  const inserted = await rowsOf(subject, `SELECT batch, n FROM ${SCHEMA}.log`);
  const accounts = await rowsOf(subject, `SELECT k, v FROM ${SCHEMA}.accounts`);
  const undisturbed = await subject.createPipeline("calm");
  const calm = await subject.update(false, undisturbed);
  if (calm !== "COMPLETED") throw new Error(`the undisturbed update ended ${calm}`);
  const ways: (string | undefined)[] = [];
  for (const way of WAYS.keys()) ways.push(await subject.intrude(way));
  const granted = await subject.analyst.query(`SELECT count(*) FROM ${SCHEMA}.accounts`).then(
    () => true,
    () => false,
  );
  const found = {
    inserted: inserted.map(([batch, n]) => ({ batch: Number(batch), n: Number(n) })),
    accounts: new Map(accounts.map(([key, value]) => [Number(key), Number(value)])),
    tables: await tables(subject),
    schemas: await schemas(subject),
    jobs: await jobs(subject),
    lastUpdate,
    tortured: await datasets(subject, "torture"),
    undisturbed: await datasets(subject, "calm"),
    updates: await updates(subject),
    others: await statementsAndRuns(subject),
    ways,
    granted,
    leftOvers: leftOvers(subject),
  };
  const { dataDir } = subject.workspace;
  const secrets = [subject.secret, Buffer.from(subject.secret).toString("base64")];
  return { ...found, secretIn: filesWith(dataDir, secrets).map((file) => relative(dataDir, file)) };
}
