/** A deployed stack with data in it: masks by role, and the jobs that a person starts. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import type { Role } from "../../access.ts";
import { DECLARED } from "../../personal-data.ts";
import { followRun } from "../../scripts/start/follow.ts";
import { RUN_AS } from "../people.ts";
import { ProjectCopy } from "./harness.ts";
import { makePrincipals } from "./principals.ts";

const CATALOG = "olist_local";
const UP = ["up", "--yes", "--skip-preview", "--non-interactive"];
const NOTEBOOK = "# Databricks notebook source\n";

interface Ended {
  result: string;
  /** What happened, task by task. */
  why: string;
  /** Run ids of the tasks. */
  tasks: Record<string, number>;
}

describe("access to a deployed stack", () => {
  let workspace: LocalWorkspace;
  let project: ProjectCopy;
  let as: Record<Role, WorkspaceApi>;
  let pipelinesToken: string;

  const mustRun = async (args: string[]): Promise<string> => {
    const { code, text } = await project.run(args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}:\n${text}`);
    return text;
  };
  /** Followed by the admin: who runs a job need not see its pipelines. */
  const runToEnd = async (runId: number): Promise<Ended> => {
    const lines: string[] = [];
    const { run } = await followRun(workspace.api, runId, (line) => lines.push(line));
    const tasks = Object.fromEntries((run.tasks ?? []).map(({ task_key, run_id }) => [task_key, run_id]));
    return { result: run.state.result_state ?? run.state.life_cycle_state, why: lines.join("\n"), tasks };
  };
  const runJob = async (api: WorkspaceApi, job: string, parameters: Record<string, string> = {}): Promise<Ended> => {
    const name = `${CATALOG} ${job}`;
    const { jobs = [] } = await api.get<{ jobs?: { job_id: number }[] }>("/api/2.2/jobs/list", { name });
    assert.equal(jobs.length, 1, name);
    const body = { job_id: jobs[0]!.job_id, job_parameters: parameters };
    return runToEnd((await api.post<{ run_id: number }>("/api/2.2/jobs/run-now", body)).run_id);
  };

  /** What the notebook of a task gave to `dbutils.notebook.exit`. */
  const exitValue = async (run_id: number, api: WorkspaceApi = workspace.api): Promise<string> => {
    const path = "/api/2.2/jobs/runs/get-output";
    return (await api.get<{ notebook_output: { result: string } }>(path, { run_id })).notebook_output.result;
  };
  const updateMedallion = async (): Promise<void> => {
    const filter = `name LIKE '${CATALOG} medallion'`;
    const { statuses } = await workspace.api.get<{ statuses: { pipeline_id: string }[] }>("/api/2.0/pipelines", {
      filter,
    });
    const { run_id } = await workspace.api.post<{ run_id: number }>("/api/2.2/jobs/runs/submit", {
      run_name: "medallion",
      tasks: [{ task_key: "medallion", pipeline_task: { pipeline_id: statuses[0]!.pipeline_id } }],
    });
    const { result, why } = await runToEnd(run_id);
    assert.equal(result, "SUCCESS", why);
  };

  before(async () => {
    workspace = await LocalWorkspace.start();
    project = new ProjectCopy(workspace);
    const people = await makePrincipals(workspace);
    as = Object.fromEntries(Object.entries(people).map(([role, { api }]) => [role, api])) as typeof as;
    pipelinesToken = people.pipelines.token;
    await project.initStack();
    await mustRun(["config", "set", "runAs", RUN_AS]);
    await mustRun(["config", "set", "--path", "generator.scale", "0.02"]);
    // More of the delivered rows are wrong, so that the quarantines have personal data.
    await mustRun(["config", "set", "--path", "generator.badShare", "0.2"]);
    await mustRun(UP);
    const { result, why } = await runJob(workspace.api, "orchestration");
    assert.equal(result, "SUCCESS", why);
  });
  after(async () => {
    project?.remove();
    await workspace?.remove();
  });

  /** Columns with personal data by table, as the tables on record have them. */
  const personal = async (): Promise<{ table: string; columns: string[] }[]> => {
    const kinds = [...DECLARED.columns, ...DECLARED.unparsed].map(({ column }) => `'${column}'`);
    const tables = DECLARED.tables.map((table) => `'${table}'`);
    const rows = await workspace.api.query(
      `SELECT concat(table_schema, '.', table_name) AS t, column_name AS c FROM ${CATALOG}.information_schema.columns
       WHERE column_name IN (${kinds.join()}) AND concat(table_schema, '.', table_name) IN (${tables.join()})`,
    );
    const byTable = Map.groupBy(rows, ({ t }) => t!);
    return [...byTable].map(([table, found]) => ({ table, columns: found.map(({ c }) => c!).sort() }));
  };
  /** Values of the columns that are neither null nor a mask, for a principal. */
  const clear = async (api: WorkspaceApi): Promise<Record<string, number>> => {
    const seen: Record<string, number> = {};
    for (const { table, columns } of await personal()) {
      const counts = columns.map((name) => `count_if(${name} NOT IN ('***', '***@***')) AS ${name}`);
      const [row] = await api.query(`SELECT ${counts.join()} FROM ${CATALOG}.${table}`);
      for (const [name, count] of Object.entries(row!)) if (count !== "0") seen[`${table}.${name}`] = Number(count);
    }
    return seen;
  };

  it("shows personal data in clear to stewards and pipelines alone, over SQL", async () => {
    // The replay makes its table.
    const made = DECLARED.tables.filter((table) => table !== "ops.replayed");
    assert.deepEqual((await personal()).map(({ table }) => table).sort(), [...made].sort());
    const asSteward = await clear(as.dataStewards);
    for (const column of [
      "bronze.customers.customer_email",
      "silver.customers.customer_name",
      "cdc.customers_history.customer_phone",
    ])
      assert.ok((asSteward[column] ?? 0) > 0, `${column}: ${JSON.stringify(asSteward)}`);
    assert.ok(Object.keys(asSteward).some((column) => column.startsWith("ops.quarantine_customers.")));
    assert.deepEqual(await clear(as.dataEngineers), {});
    for (const table of made.filter((table) => table.startsWith("ops."))) {
      const [row] = await as.auditors.query(`SELECT max(customer_email) AS e FROM ${CATALOG}.${table}`);
      assert.ok([null, "***@***"].includes(row!.e!), `${table}: ${row!.e}`);
    }
    for (const table of made)
      await assert.rejects(as.analysts.query(`SELECT * FROM ${CATALOG}.${table}`), /does not have/, table);
  });

  it("lets the pipelines compute on the clear data", async () => {
    const masked = "count_if(customer_name = '***' OR customer_email = '***@***' OR customer_phone = '***')";
    for (const table of ["silver.customers", "cdc.customers_current"]) {
      const [row] = await as.dataStewards.query(`SELECT ${masked} AS masked FROM ${CATALOG}.${table}`);
      assert.deepEqual(row, { masked: "0" }, table);
    }
    const [told] = await as.dataStewards.query(
      `SELECT count(DISTINCT customer_email) AS emails FROM ${CATALOG}.silver.customers`,
    );
    assert.ok(Number(told!.emails) > 10, JSON.stringify(told));
  });

  it("masks it in an engineer's notebook and pipeline, too", async () => {
    const home = `/Users/${(await as.dataEngineers.get<{ userName: string }>("/api/2.0/preview/scim/v2/Me")).userName}`;
    const put = (name: string, text: string): Promise<unknown> =>
      as.dataEngineers.post("/api/2.0/workspace/import", {
        path: `${home}/${name}`,
        format: "SOURCE",
        language: "PYTHON",
        content: Buffer.from(NOTEBOOK + text).toString("base64"),
      });
    const table = `spark.read.table("${CATALOG}.silver.customers")`;
    await as.dataEngineers.post("/api/2.0/workspace/mkdirs", { path: home });
    await put(
      "look",
      `dbutils.notebook.exit(str(sorted({r[0] for r in ${table}.select("customer_email").collect()}, key=str)))\n`,
    );
    const { run_id } = await as.dataEngineers.post<{ run_id: number }>("/api/2.2/jobs/runs/submit", {
      run_name: "look",
      tasks: [{ task_key: "look", notebook_task: { notebook_path: `${home}/look` } }],
    });
    const { result, why, tasks } = await runToEnd(run_id);
    assert.equal(result, "SUCCESS", why);
    assert.match(await exitValue(tasks.look!, as.dataEngineers), /^\['\*\*\*@\*\*\*'(, None)?\]$/);

    await put(
      "copy",
      `from pyspark import pipelines as dp\n\n@dp.materialized_view(name="engineers_copy")\ndef copy():\n    return ${table}.select("customer_name")\n`,
    );
    const { pipeline_id } = await as.dataEngineers.post<{ pipeline_id: string }>("/api/2.0/pipelines", {
      name: "copy",
      catalog: "main",
      schema: "default",
      serverless: true,
      libraries: [{ notebook: { path: `${home}/copy` } }],
    });
    const job = await as.dataEngineers.post<{ run_id: number }>("/api/2.2/jobs/runs/submit", {
      run_name: "copy",
      tasks: [{ task_key: "copy", pipeline_task: { pipeline_id } }],
    });
    const copied = await runToEnd(job.run_id);
    assert.equal(copied.result, "SUCCESS", copied.why);
    const [row] = await as.dataEngineers.query(
      "SELECT count_if(customer_name <> '***') AS clear, count(*) AS n FROM main.default.engineers_copy",
    );
    assert.equal(row!.clear, "0");
    assert.notEqual(row!.n, "0");
  });

  it("sees a mask that somebody changed by hand, and mends it", async () => {
    const mask = `${CATALOG}.ops.mask_email`;
    await workspace.api.query(`CREATE OR REPLACE FUNCTION ${mask}(value STRING) RETURNS STRING RETURN value`);
    const drift = await project.run(["preview", "--refresh", "--expect-no-changes", "--non-interactive"]);
    assert.notEqual(drift.code, 0);
    assert.match(drift.text, /SqlFunction .*mask_email.*update/);
    await mustRun([...UP, "--refresh"]);
    assert.deepEqual(await clear(as.dataEngineers), {});
  });

  /** Every table against what an independent computation makes of the files, read by whom nothing is masked for. */
  const assertAsTheFilesSay = async (): Promise<void> => {
    const token = join(project.dir, "token");
    writeFileSync(token, pipelinesToken, { mode: 0o600 });
    const script = join(import.meta.dirname, "verify_workspace.py");
    const args = [script, workspace.api.host, token, workspace.dataDir, CATALOG];
    await promisify(execFile)(workspace.tools.python, args);
  };

  it("erases a person from files and tables, and leaves all else as it was", async () => {
    const { pipelines, dataStewards } = as;
    // The generator gives some e-mail addresses to more than one person.
    const [person] = await pipelines.query(
      `SELECT max(customer_unique_id) AS id, customer_email AS email
       FROM (SELECT customer_unique_id, customer_email, _rescued_data, 0 AS changed FROM ${CATALOG}.bronze.customers
             UNION ALL SELECT customer_unique_id, customer_email, _rescued_data, 1 FROM ${CATALOG}.cdc.customers_changes)
       WHERE customer_email LIKE '%@%' GROUP BY customer_email
       HAVING count(DISTINCT coalesce(customer_unique_id, '')) = 1 AND length(id) = 32 AND count(_rescued_data) = 0
         AND count(DISTINCT changed) = 2
       ORDER BY id LIMIT 1`,
    );
    assert.ok(person, "nobody is in both a file of customers and one of their changes");
    const { id, email } = person;
    const landing = join(workspace.dataDir, "volumes", CATALOG, "raw", "landing", "customers");
    const named = (): string[] =>
      readdirSync(landing).filter((name) => {
        const text = readFileSync(join(landing, name), "utf8");
        return text.includes(id!) || text.includes(email!);
      });
    assert.notDeepEqual(named(), []);
    // Bronze has a row that the history has not read yet.
    const [, header] = /^(.*)\r?\n/.exec(readFileSync(join(landing, named()[0]!), "utf8"))!;
    const row: Record<string, string> = {
      customer_id: "f".repeat(32),
      customer_unique_id: id!,
      customer_email: email!,
    };
    const given = header!.split(",").map((name) => row[name] ?? (name === "customer_state" ? "sp" : "x"));
    writeFileSync(join(landing, "late.csv"), `${header}\n${given.join()}\n`);
    await updateMedallion();
    const before = await pipelines.query(
      `SELECT count(*) AS n, sum(monetary_value) AS m FROM ${CATALOG}.gold.customer_segments`,
    );

    await assert.rejects(runJob(as.dataEngineers, "erasure", { customer_unique_id: id! }));
    const { result, why } = await runJob(dataStewards, "erasure", { customer_unique_id: id! });
    assert.equal(result, "SUCCESS", why);

    assert.deepEqual(named(), []);
    const texts = await pipelines.query(
      `SELECT concat(table_schema, '.', table_name) AS t, concat_ws(', ', collect_list(column_name)) AS c
       FROM ${CATALOG}.information_schema.columns WHERE full_data_type = 'string'
       AND table_schema IN ('bronze', 'silver', 'gold', 'cdc', 'ops') GROUP BY ALL`,
    );
    const found: string[] = [];
    for (const { t, c } of texts.filter(({ t }) => !t!.includes("event_log"))) {
      const where = `concat_ws('\n', ${c}) LIKE '%${id}%' OR concat_ws('\n', ${c}) LIKE '%${email}%'`;
      const [row] = await pipelines.query(`SELECT count(*) AS n FROM ${CATALOG}.${t} WHERE ${where}`);
      if (row!.n !== "0") found.push(t!);
    }
    assert.deepEqual(found, []);
    const [late] = await pipelines.query(
      `SELECT count(DISTINCT id) AS ids, count(DISTINCT layer) AS layers
       FROM (SELECT 1 AS layer, customer_id, customer_unique_id AS id FROM ${CATALOG}.silver.customers
             UNION ALL SELECT 2, customer_id, customer_unique_id FROM ${CATALOG}.cdc.customers_history)
       WHERE customer_id = '${row.customer_id}'`,
    );
    assert.deepEqual(late, { ids: "1", layers: "2" });
    assert.deepEqual(
      await pipelines.query(`SELECT count(*) AS n, sum(monetary_value) AS m FROM ${CATALOG}.gold.customer_segments`),
      before,
    );
    await assertAsTheFilesSay();
  });

  it("replays mended rows: they flow again, and leave the quarantine", async () => {
    const quarantine = `${CATALOG}.ops.quarantine_order_items`;
    const where = "broken_rules = array('price_is_not_negative')";
    const count = async (from: string): Promise<number> =>
      Number((await as.pipelines.query(`SELECT count(*) AS n FROM ${from}`))[0]!.n);
    const [chosen, all] = [await count(`${quarantine} WHERE ${where}`), await count(quarantine)];
    assert.ok(chosen > 0 && chosen < all, `${chosen} of ${all}`);
    const parameters = { entity: "order_items", where, mend: "{\"price\": \"replace(price, '-', '')\"}" };
    await assert.rejects(runJob(as.dataEngineers, "replay", parameters));
    const useless = await runJob(as.dataStewards, "replay", { ...parameters, mend: "{}" });
    assert.notEqual(useless.result, "SUCCESS");
    assert.equal(await count(quarantine), all);

    // The update's reconciliation fails it when a row is lost or counted twice.
    const { result, why } = await runJob(as.dataStewards, "replay", parameters);
    assert.equal(result, "SUCCESS", why);
    assert.deepEqual([await count(`${quarantine} WHERE ${where}`), await count(quarantine)], [0, all - chosen]);
    const [record] = await as.dataEngineers.query(`SELECT max(delivered) AS row FROM ${CATALOG}.ops.replayed`);
    assert.deepEqual(record, { row: "***" });
    assert.equal(await count(`${CATALOG}.ops.replayed WHERE replayed_by = '${RUN_AS}'`), chosen);
    const ingested = `${CATALOG}.bronze.order_items WHERE _source_file RLIKE 'replay-[0-9]+.csv'`;
    assert.equal(await count(ingested), chosen);
    assert.ok((await count(`${CATALOG}.silver.order_items WHERE _source_file RLIKE 'replay-'`)) > 0);
  });

  it("drops masks and functions after the policies when it is destroyed", async () => {
    await mustRun(["destroy", "--yes", "--skip-preview", "--non-interactive"]);
  });
});
