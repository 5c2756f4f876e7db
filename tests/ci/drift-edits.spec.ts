/** Drift on a workspace: edits by the REST API of what a deployment like stack dev's has made, each seen with both sides, and put back. */
import assert from "node:assert/strict";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { look } from "../../scripts/drift/look.ts";
import { State } from "../../scripts/drift/state.ts";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { editByHand } from "./edits.ts";

const UC = "/api/2.1/unity-catalog";
const ROOT = "/Workspace/olist/dev";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Makes a small stack by hand, and its state as `pulumi stack export` has it. */
async function deployed(api: WorkspaceApi): Promise<State> {
  const resources: object[] = [];
  const keep = (type: string, id: string, inputs: object = {}, outputs: object = {}): void => {
    const token = `databricks:index/${type.toLowerCase()}:${type}`;
    resources.push({ urn: `urn:pulumi:dev::p::${token}::${id}`, type: token, id, custom: true, inputs, outputs });
  };
  const securable = async (type: string, body: object, id: string): Promise<void> => {
    const { owner } = await api.post<{ owner: string }>(`${UC}/${type.toLowerCase()}s`, body);
    keep(type, id, {}, { owner });
    if (type !== "Volume") keep("Grants", `${type.toLowerCase()}/${id}`, { [type.toLowerCase()]: id });
  };
  await securable("Catalog", { name: "olist_dev" }, "olist_dev");
  for (const name of ["raw", "silver", "gold", "ops"])
    await securable("Schema", { name, catalog_name: "olist_dev" }, `olist_dev.${name}`);
  const landing = { name: "landing", catalog_name: "olist_dev", schema_name: "raw", volume_type: "MANAGED" };
  await securable("Volume", landing, "olist_dev.raw.landing");

  keep("Directory", ROOT, { path: ROOT });
  const notebook = { format: "SOURCE", language: "PYTHON" };
  for (const [path, text, how] of [
    ["medallion/bronze/ingest", "# Databricks notebook source\nprint(1)\n", notebook],
    ["cdc/changes", "# Databricks notebook source\nprint(2)\n", notebook],
    ["olist/silver.py", "REGIONS = {1: 2}\n", { format: "AUTO" }],
  ] as const) {
    const whole = `${ROOT}/${path}`;
    await api.post("/api/2.0/workspace/mkdirs", { path: whole.slice(0, whole.lastIndexOf("/")) });
    await api.post("/api/2.0/workspace/import", { path: whole, content: base64(text), ...how });
    const inputs = { path: whole, contentBase64: base64(text) };
    if (how === notebook) keep("Notebook", whole, { ...inputs, ...notebook });
    else keep("WorkspaceFile", whole, inputs);
  }
  const code = {
    catalog: "olist_dev",
    schema: "silver",
    development: true,
    libraries: [{ glob: { include: `${ROOT}/medallion/**` } }],
  };
  const settings = { ...code, name: "olist_dev medallion", configuration: { "olist.landing_path": "/Volumes/x" } };
  const { pipeline_id } = await api.post<{ pipeline_id: string }>("/api/2.0/pipelines", {
    ...settings,
    root_path: ROOT,
  });
  keep("Pipeline", pipeline_id, { ...settings, rootPath: ROOT });
  const name = "olist_dev orchestration";
  const tasks = [{ task_key: "a", notebook_task: { notebook_path: `${ROOT}/cdc/changes` } }];
  const { job_id } = await api.post<{ job_id: number }>("/api/2.2/jobs/create", { name, tasks });
  keep("Job", String(job_id), { name });
  return new State({ deployment: { resources: resources as never } });
}

describe("drift of a workspace", () => {
  let workspace: LocalWorkspace;
  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    await ensureGroups(workspace.api, ["data-engineers", "auditors"]);
  });
  after(() => workspace.remove());

  it("is none after a deployment, then each edit with both sides, and after the repairs what holds somebody's work or data", async () => {
    const { api } = workspace;
    const state = await deployed(api);
    const clean = await look(api, "dev", state, []);
    assert.deepEqual([clean.differences, clean.unchecked], [[], []]);

    // What a refresh sees is not asked here: there are no events of a preview.
    const edits = (await editByHand(workspace)).filter(([, pattern]) => !pattern.source.startsWith("^resource"));
    const { differences } = await look(api, "dev", state, []);
    const lines = differences.map(({ kind, object, property }) => `${kind} ${object} ${property}`);
    for (const [edit, pattern] of edits)
      assert.ok(
        lines.some((line) => pattern.test(line)),
        `${edit}: ${lines.join("\n")}`,
      );
    assert.equal(lines.length, edits.length, lines.join("\n"));
    for (const { deployed: before, workspace: now } of differences) assert.notEqual(before, now);

    for (const { fix } of differences)
      if (fix !== "update" && "method" in fix) await api.request(fix.method, fix.path, { body: fix.body });
    const left = (await look(api, "dev", state, [])).differences;
    assert.deepEqual(left.map(({ kind }) => kind).sort(), ["mask", "object", "schedule", "table", "table"]);
    for (const { kind, fix } of left)
      assert.ok(kind === "schedule" ? fix === "update" : typeof fix === "object" && "byHand" in fix);
  });
});
