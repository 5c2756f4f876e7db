/**
 * `npm run import`: what a bundle deployed, or a catalog holds, becomes a Pulumi program that changes nothing. The bundle
 * (tests/programs/bundle) is deployed by Databricks' own CLI where it is on PATH or in the folder `clients` of the
 * toolchain's cache: `go mod download -json github.com/databricks/cli@v1.13.0`, copy its Dir, `go build`. Elsewhere
 * requests to the REST API leave what that CLI leaves, and the test's title says so.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { findClient } from "lakehouse-toolchain/engine";
import { stackEnv } from "../../scripts/stack/stack.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const BUNDLE = join(ROOT, "tests", "programs", "bundle");
const CLI = findClient("databricks");
const MAIN = join(ROOT, "scripts", "import", "main.ts");

interface Output {
  code: number;
  text: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

describe("npm run import", () => {
  const dir = mkdtempSync(join(tmpdir(), "olist-import-"));
  const bundle = join(dir, "bundle");
  let workspace: LocalWorkspace;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
    const { PULUMI_STACK: _, ...unselected } = stackEnv(workspace.tools, workspace, join(dir, "backend"));
    env = unselected;
    await prepare(workspace);
    cpSync(BUNDLE, bundle, { recursive: true });
    if (CLI) await deployBundle(CLI);
    else await imitateBundle(workspace, "dev");
  });
  after(async () => {
    rmSync(dir, { recursive: true, force: true });
    await workspace?.remove();
  });

  async function deployBundle(cli: string): Promise<void> {
    const { DATABRICKS_HOST, DATABRICKS_TOKEN } = env;
    const own = { PATH: process.env.PATH, HOME: join(dir, "home"), DATABRICKS_HOST, DATABRICKS_TOKEN };
    const { code, text } = await run(cli, ["bundle", "deploy", "--target", "dev"], own, bundle);
    assert.equal(code, 0, text);
  }
  const adopt = (...args: string[]): Promise<Output> => run(process.execPath, [MAIN, ...args], env);
  const assertClean = async (project: string): Promise<void> => {
    const args = ["--cwd", project, "preview", "--stack", "dev", "--refresh", "--expect-no-changes", "--diff"];
    const { code, text } = await run(workspace.tools.pulumi, [...args, "--non-interactive"], env);
    assert.equal(code, 0, text);
  };

  const deployed = CLI ? "Databricks' CLI deployed" : "REST requests deployed in place of the CLI, which is not here,";
  it(`adopts a bundle that ${deployed} as a whole, and the next preview is clean`, async () => {
    const project = join(dir, "from-bundle");
    const { code, text } = await adopt("--bundle", bundle, "--out", project);
    assert.equal(code, 0, text);
    const program = readFileSync(join(project, "index.ts"), "utf8");
    for (const part of [
      "new databricks.Job(",
      "new databricks.Schema(",
      "new databricks.SecretAcl(",
      "pipelineId: pipelineSalesEtl.id",
    ])
      assert.ok(program.includes(part), `'${part}' is not in:\n${program}`);
    await assertClean(project);
    // What the workspace says of itself is no part of the program.
    const { statuses } = await workspace.api.get<{ statuses: { pipeline_id: string }[] }>("/api/2.0/pipelines");
    const path = `/api/2.0/pipelines/${statuses[0]!.pipeline_id}`;
    await workspace.api.request("PUT", path, { body: (await workspace.api.get<{ spec: object }>(path)).spec });
    await assertClean(project);
  });

  it("adopts a catalog with its schemas, volumes and grants, and the next preview is clean", async () => {
    const project = join(dir, "from-catalog");
    const { code, text } = await adopt("--catalog", "sales", "--out", project);
    assert.equal(code, 0, text);
    const { resources } = JSON.parse(readFileSync(join(project, "import.json"), "utf8")) as {
      resources: { type: string; id: string }[];
    };
    // The CLI puts its user before the names of a target in development.
    const raw = CLI ? "sales.dev_admin_raw" : "sales.raw";
    assert.deepEqual(
      resources.map(({ id }) => id),
      ["sales", "sales.default", raw, `${raw}.landing`, `schema/${raw}`],
    );
    await assertClean(project);
  });

  it("has a counterpart in components: they adopt what somebody else made, by name and by id, and replace nothing", async () => {
    const ids = await makeCatalogs(workspace);
    const project = join(dir, "adopt");
    cpSync(join(ROOT, "tests", "programs", "adopt"), project, { recursive: true });
    linkComponents(project);
    const pulumi = async (...args: string[]): Promise<string> => {
      const own = ["--cwd", project, "--stack", "dev", "--non-interactive"];
      const { code, text } = await run(workspace.tools.pulumi, [...args, ...own], env);
      assert.equal(code, 0, `pulumi ${args.join(" ")}:\n${text}`);
      return text;
    };
    await pulumi("stack", "init");
    await pulumi("config", "set", "adopt", "true");
    const adopted = await pulumi("up", "--yes", "--skip-preview");
    assert.match(adopted, /= 6 imported/);
    assert.doesNotMatch(adopted, /replaced|deleted/);
    await pulumi("config", "rm", "adopt");
    const marked = await pulumi("up", "--yes", "--skip-preview");
    assert.match(marked, /~ 2 updated/, "the marks of the stack");
    assert.doesNotMatch(marked, /replaced|deleted/);
    await pulumi("preview", "--refresh", "--expect-no-changes", "--diff");
    assert.deepEqual(await idsOf(workspace), ids);
  });

  it("says what is wrong before it writes anything", async () => {
    for (const [args, pattern] of [
      [["--out", join(dir, "x")], /either --bundle or --catalog/],
      [["--bundle", "nope", "--out", join(dir, "x")], /deployed by a bundle 'nope'/],
      [["--bundle", "sales", "--target", "prod", "--out", join(dir, "x")], /no target 'prod' here; it has dev/],
      [["--catalog", "nope", "--out", join(dir, "x")], /nope/],
      [["--catalog", "sales", "--out", dir], /is not empty/],
    ] as const) {
      const { code, text } = await adopt(...args);
      assert.notEqual(code, 0);
      assert.match(text, pattern);
    }
  });
});

/** What is there before the bundle. */
async function prepare({ api }: LocalWorkspace): Promise<void> {
  await api.post("/api/2.1/unity-catalog/catalogs", { name: "sales", comment: "Sales" });
  await api.post("/api/2.0/preview/scim/v2/Groups", { displayName: "analysts" });
}

/** Makes over plain REST what `databricks bundle deploy` makes: marks on jobs and pipelines, and the direct engine's state. */
async function imitateBundle({ api, token }: LocalWorkspace, target: string): Promise<void> {
  const { userName } = await api.get<{ userName: string }>("/api/2.0/preview/scim/v2/Me");
  const root = `/Workspace/Users/${userName}/.bundle/sales/${target}`;
  for (const folder of ["files", "state"]) await api.post("/api/2.0/workspace/mkdirs", { path: `${root}/${folder}` });
  const file = (path: string, text: string, format: object): Promise<unknown> =>
    api.post("/api/2.0/workspace/import", { path, content: Buffer.from(text).toString("base64"), ...format });
  await file(`${root}/files/etl`, "# Databricks notebook source\nprint(1)\n", { format: "SOURCE", language: "PYTHON" });
  const uc = "/api/2.1/unity-catalog";
  await api.post(`${uc}/schemas`, { name: "raw", catalog_name: "sales", comment: "Files" });
  await api.post(`${uc}/volumes`, {
    name: "landing",
    catalog_name: "sales",
    schema_name: "raw",
    volume_type: "MANAGED",
  });
  const granted = await fetch(`${api.host}${uc}/permissions/schema/sales.raw`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ changes: [{ principal: "analysts", add: ["USE_SCHEMA", "SELECT"] }] }),
  });
  assert.equal(granted.status, 200);
  const deployment = { kind: "BUNDLE", metadata_file_path: `${root}/state/metadata.json` };
  const { pipeline_id } = await api.post<{ pipeline_id: string }>("/api/2.0/pipelines", {
    ...{ name: "[dev ada] sales_etl", catalog: "sales", schema: "raw", channel: "CURRENT", edition: "ADVANCED" },
    ...{ serverless: true, development: true, continuous: false, deployment, root_path: `${root}/files` },
    libraries: [{ glob: { include: `${root}/files/**` } }],
    configuration: { "bundle.sourcePath": `${root}/files` },
    tags: { dev: "ada" },
  });
  const { job_id } = await api.post<{ job_id: number }>("/api/2.2/jobs/create", {
    ...{ name: "[dev ada] nightly", deployment, edit_mode: "UI_LOCKED", format: "MULTI_TASK", max_concurrent_runs: 4 },
    queue: { enabled: true },
    tags: { dev: "ada" },
    trigger: { pause_status: "PAUSED", periodic: { interval: 1, unit: "DAYS" } },
    email_notifications: { on_failure: ["data@acme.io"] },
    parameters: [{ name: "catalog", default: "sales" }],
    tasks: [
      { task_key: "refresh", depends_on: [{ task_key: "extract" }], pipeline_task: { pipeline_id } },
      { task_key: "extract", notebook_task: { notebook_path: `${root}/files/etl` }, max_retries: 2 },
    ],
  });
  await api.post("/api/2.0/secrets/scopes/create", { scope: "sales" });
  await api.post("/api/2.0/secrets/acls/put", { scope: "sales", principal: "analysts", permission: "READ" });
  const state = {
    "resources.secret_scopes.secrets": { __id__: "sales" },
    "resources.secret_scopes.secrets.permissions": { __id__: "sales" },
    "resources.jobs.nightly": { __id__: String(job_id) },
    "resources.pipelines.sales_etl": { __id__: pipeline_id },
    "resources.schemas.raw": { __id__: "sales.raw" },
  };
  await file(`${root}/state/resources.json`, JSON.stringify({ state_version: 1, state }), { format: "AUTO" });
}

/** Catalogs of people who do not use Pulumi. */
async function makeCatalogs(workspace: LocalWorkspace): Promise<object> {
  const { api } = workspace;
  const uc = "/api/2.1/unity-catalog";
  await api.post("/api/2.0/preview/scim/v2/Groups", { displayName: "trade-owners" });
  for (const [name, comment] of [
    ["trade", "Made by hand"],
    ["science", "Of another team"],
  ])
    await api.post(`${uc}/catalogs`, { name, comment });
  for (const [catalog_name, name, comment] of [
    ["trade", "raw", "Files"],
    ["trade", "gold", "Measures"],
    ["science", "models", "Of both teams"],
  ])
    await api.post(`${uc}/schemas`, { catalog_name, name, comment });
  for (const [name, comment] of [
    ["landing", "As delivered"],
    ["returns", "Sent back"],
  ])
    await api.post(`${uc}/volumes`, {
      catalog_name: "trade",
      schema_name: "raw",
      name,
      comment,
      volume_type: "MANAGED",
    });
  await api.request("PATCH", `${uc}/catalogs/trade`, { body: { owner: "trade-owners" } });
  return idsOf(workspace);
}

/** What tells an object from another one of the same name. */
async function idsOf({ api }: LocalWorkspace): Promise<object> {
  const uc = "/api/2.1/unity-catalog";
  const found: Record<string, unknown> = {};
  for (const path of [
    ...["catalogs/trade", "schemas/trade.raw", "schemas/trade.gold", "schemas/science.models"],
    ...["volumes/trade.raw.landing", "volumes/trade.raw.returns"],
  ]) {
    const { id, schema_id, volume_id, created_at } = await api.get<Record<string, unknown>>(`${uc}/${path}`);
    found[path] = [id ?? schema_id ?? volume_id, created_at];
  }
  return found;
}

/** The package of components as if it were installed: its sources, beside the packages of the checkout. */
function linkComponents(project: string): void {
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "databricks-lakehouse"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules", "@pulumi"), join(modules, "@pulumi"));
  const manifest = { name: "databricks-lakehouse", type: "module", exports: "./index.js" };
  writeFileSync(join(modules, "databricks-lakehouse", "package.json"), JSON.stringify(manifest));
  const source = pathToFileURL(join(ROOT, "components", "index.ts"));
  writeFileSync(join(modules, "databricks-lakehouse", "index.js"), `export * from ${JSON.stringify(source)};\n`);
}
