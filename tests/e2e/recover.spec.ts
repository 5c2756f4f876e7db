/** Answers that are lost during an update, with the real CLI and provider through a proxy. The engine makes the masks' functions. */
import assert from "node:assert/strict";
import { WorkspaceApi } from "lakehouse-local-workspace/client";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import type { Mode } from "../../scripts/recover/options.ts";
import { type Outcome, Recovery } from "../../scripts/recover/recovery.ts";
import { ProjectCopy } from "./harness.ts";
import { type Fault, LossyProxy, type Request } from "./lossy.ts";

const UP = ["up", "--yes", "--skip-preview", "--non-interactive", "--continue-on-error"];
const PREVIEW = ["preview", "--expect-no-changes", "--non-interactive"];

/** One resource of each kind whose create cannot be sent twice; as few as possible wait for another. */
const PROGRAM = `
import * as databricks from "@pulumi/databricks";
import { LakehouseCatalog, LakehouseDashboard, LakehouseJob, LakehousePipeline, LakehouseSecretScope, NotebookFolder, QualityAlert,
  SensitiveData, SqlWarehouse } from "./components/index.ts";
const tags = { owner: "data", environment: "test", cost_center: "1" };
const lakehouse = new LakehouseCatalog("lossy", { name: "lossy", comment: "Lossy", protectData: false,
  schemas: { raw: { comment: "Files", volumes: { landing: { comment: "Files" } } } } });
new databricks.EntityTagAssignment("tag", { entityType: "catalogs", entityName: lakehouse.catalogName, tagKey: "team", tagValue: "data" });
const root = new NotebookFolder("code", { source: "./code", target: "/lossy", protectData: false });
new LakehouseSecretScope("scope", { name: "lossy", access: {} });
const warehouse = new SqlWarehouse("warehouse", { name: "lossy", size: "2X-Small", tags, access: [] });
new LakehouseJob("job", { name: "lossy", description: "A job", tags,
  tasks: { one: { notebook: { notebookPath: "/lossy/one" } } } });
new QualityAlert("alert", { name: "lossy", query: "SELECT 1 AS n", column: "n", above: 1, warehouseId: warehouse.warehouseId,
  folder: root.path, cron: "0 0 4 * * ?", alerts: ["data@acme.io"] });
new LakehouseDashboard("dashboard", { name: "lossy", source: "./dashboards/gold.lvdash.json", folder: root.path,
  warehouseId: warehouse.warehouseId, catalog: "lossy" });
new SensitiveData("masks", { on: { catalog: lakehouse.catalogName }, functions: lakehouse.schemas.raw.id, warehouseId: warehouse.warehouseId,
  tagKey: "lossy", tagPolicy: true, kinds: { email: { mask: "'***'" } }, exempt: ["admins"], protectData: false });
new LakehousePipeline("pipeline", { name: "lossy", catalog: "lossy", schema: "raw", root, sources: [{ folder: "." }], tags,
  protectData: false, access: [] });
`;
/** Creates whose answer is lost once; each makes what a second one would make again, or is refused for. */
const CREATES =
  /(\/unity-catalog\/(catalogs|schemas|volumes|entity-tag-assignments|policies)|tag-policies|sql\/statements|workspace\/mkdirs|scopes\/create|sql\/warehouses|jobs\/create|\/alerts|lakeview\/dashboards|\/api\/2\.0\/pipelines)$/;

describe("an update whose answers are lost", () => {
  let workspace: LocalWorkspace;
  let proxy: LossyProxy;
  let project: ProjectCopy;

  const recover = (mode: Mode): Promise<Outcome> => {
    const { tools, api } = workspace;
    const place = { tools, env: project.env, connect: async () => api };
    return new Recovery(place, { stack: "local", mode, flags: ["--cwd", project.dir] }).run();
  };
  const mustRun = async (args: string[]): Promise<void> => {
    const { code, text } = await project.run(args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}:\n${text}`);
  };
  const kinds = ({ recovered }: Outcome): string[] => recovered.map(({ wanted }) => wanted.kind).sort();
  const jobs = async (): Promise<number> =>
    ((await workspace.api.get<{ jobs?: object[] }>("/api/2.2/jobs/list", { name: "lossy" })).jobs ?? []).length;

  before(async () => {
    workspace = await LocalWorkspace.start();
    proxy = new LossyProxy(workspace.api.host);
    const api = new WorkspaceApi(await proxy.start(), workspace.token);
    project = new ProjectCopy({ api, token: workspace.token, tools: workspace.tools });
    project.file("index.ts", PROGRAM);
    project.file(
      "code/one.sql",
      "-- Databricks notebook source\nCREATE OR REFRESH MATERIALIZED VIEW one AS SELECT 1 AS n\n",
    );
    await project.initStack();
  });
  after(async () => {
    project?.remove();
    await proxy?.stop();
    await workspace?.remove();
  });

  it("is completed after `recover` has imported what it made unheard, of every kind, and the next preview is clean", async () => {
    const lost = new Set<string>();
    proxy.fault = ({ method, path: url }: Request): Fault | undefined => {
      const path = url.split("?")[0]!;
      if (method !== "POST" || !CREATES.test(path) || lost.has(path)) return undefined;
      lost.add(path);
      return "close";
    };
    const recovered: string[] = [];
    for (let round = 0; round < 6; round++) {
      const before = lost.size;
      const { code } = await project.run(UP);
      if (lost.size === before) {
        assert.equal(code, 0);
        break;
      }
      assert.notEqual(code, 0);
      const outcome = await recover("fix");
      assert.deepEqual([outcome.orphans, outcome.stale], [[], []]);
      recovered.push(...kinds(outcome));
    }
    const expected = [
      "AlertV2",
      "Catalog",
      "Dashboard",
      "Directory",
      "EntityTagAssignment",
      "Job",
      "Pipeline",
      "PolicyInfo",
      "Schema",
      "SecretScope",
      "SqlEndpoint",
      "SqlFunction",
      "TagPolicy",
      "Volume",
    ];
    assert.deepEqual(recovered.sort(), expected);
    assert.equal(lost.size, recovered.length);
    await mustRun(PREVIEW);
    assert.equal(await jobs(), 1);
  });

  it("may have made a job twice, when the provider repeats a create whose connection was reset: `recover` deletes the other", async () => {
    await mustRun(["destroy", "--yes", "--skip-preview", "--non-interactive", "--target", "**Job::job"]);
    let resets = 0;
    proxy.fault = ({ method, path }) =>
      method === "POST" && path.endsWith("jobs/create") && resets++ === 0 ? "reset" : undefined;
    await mustRun(UP);
    assert.equal(await jobs(), 2);
    const listed = await recover("list");
    assert.deepEqual(
      listed.orphans.map(({ wanted, duplicate }) => [wanted.kind, duplicate]),
      [["Job", true]],
    );
    assert.equal(await jobs(), 2);
    assert.deepEqual(kinds(await recover("fix")), ["Job"]);
    assert.equal(await jobs(), 1);
    await mustRun(PREVIEW);
  });

  it("converges by itself when each answer is refused or breaks off once", async () => {
    const seen = new Map<string, number>();
    const faults: Fault[] = [429, 500, 503, "truncate", "reset"];
    proxy.fault = ({ method, path }) => {
      const times = (seen.get(`${method} ${path}`) ?? 0) + 1;
      seen.set(`${method} ${path}`, times);
      return times === 1 ? faults[seen.size % faults.length] : undefined;
    };
    for (let round = 0; round < 3; round++) await project.run([...UP, "--refresh"]);
    proxy.fault = () => undefined;
    await mustRun(UP);
    await mustRun(PREVIEW);
    assert.ok(seen.size >= 12, `${seen.size} requests: ${[...seen.keys()]}`);
    assert.equal(await jobs(), 1);
  });
});
