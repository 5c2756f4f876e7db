/** The program through its life with the real CLI and provider: up, no change, a changed notebook, drift, destroy. */
import assert from "node:assert/strict";
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { GROUPS } from "../people.ts";
import { ProjectCopy } from "./harness.ts";

const UP = ["up", "--yes", "--skip-preview", "--non-interactive"];

describe("lifecycle of the stack on the local workspace", () => {
  let workspace: LocalWorkspace;
  let project: ProjectCopy;

  const mustRun = async (args: string[]): Promise<string> => {
    const { code, text } = await project.run(args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}:\n${text}`);
    return text;
  };

  before(async () => {
    workspace = await LocalWorkspace.start();
    project = new ProjectCopy(workspace);
    await ensureGroups(workspace.api, Object.values(GROUPS));
    await project.initStack();
    await mustRun([...UP, "--policy-pack", "policy", "--policy-pack-config", "policy/config/local.json"]);
  });

  after(async () => {
    project?.remove();
    await workspace?.remove();
  });

  it("deploys what a refresh then finds unchanged", async () => {
    const text = await mustRun(["preview", "--refresh", "--expect-no-changes", "--non-interactive"]);
    assert.match(text, /\d+ unchanged/);
  });

  it("updates one notebook, and nothing else, when one notebook changed", async () => {
    const folder = join(project.dir, "notebooks", "generator");
    const notebook = readdirSync(folder).find((name) => name.endsWith(".py") && name !== "__init__.py");
    appendFileSync(join(folder, notebook!), "\n# COMMAND ----------\n\n# a remark\n");
    const preview = await mustRun(["preview", "--json", "--non-interactive"]);
    const { changeSummary, steps } = JSON.parse(preview.slice(preview.indexOf("{"))) as {
      changeSummary: Record<string, number>;
      steps: { op: string; urn: string }[];
    };
    assert.equal(changeSummary.update, 1, JSON.stringify(changeSummary));
    assert.equal(changeSummary.create ?? 0, 0);
    assert.equal(changeSummary.replace ?? 0, 0);
    assert.match(steps.find(({ op }) => op === "update")!.urn, /notebook:Notebook::notebooks\/generator\//);
    await mustRun(UP);
    const path = "/olist/local/generator/generate";
    const { content } = await workspace.api.get<{ content: string }>("/api/2.0/workspace/export", {
      path,
      format: "SOURCE",
    });
    assert.match(Buffer.from(content, "base64").toString(), /# a remark/);
  });

  it("finds a job that somebody changed by hand, and mends it", async () => {
    const { jobs } = await workspace.api.get<{ jobs: { job_id: number }[] }>("/api/2.2/jobs/list");
    await workspace.api.post("/api/2.2/jobs/update", {
      job_id: jobs[0]!.job_id,
      new_settings: { max_concurrent_runs: 7 },
    });
    const drift = await project.run(["preview", "--refresh", "--expect-no-changes", "--non-interactive"]);
    assert.notEqual(drift.code, 0);
    assert.match(drift.text, /1 to update/);
    await mustRun([...UP, "--refresh"]);
    await mustRun(["preview", "--refresh", "--expect-no-changes", "--non-interactive"]);
  });

  it("leaves nothing behind when it is destroyed", async () => {
    await mustRun(["destroy", "--yes", "--skip-preview", "--non-interactive"]);
    const { api } = workspace;
    const { catalogs } = await api.get<{ catalogs: { name: string }[] }>("/api/2.1/unity-catalog/catalogs");
    assert.deepEqual(catalogs.map(({ name }) => name).sort(), ["main", "samples", "system"]);
    assert.deepEqual((await api.get<{ statuses?: unknown[] }>("/api/2.0/pipelines")).statuses ?? [], []);
    assert.deepEqual((await api.get<{ jobs?: unknown[] }>("/api/2.2/jobs/list")).jobs ?? [], []);
    const team = await api.get<{ objects?: unknown[] }>("/api/2.0/workspace/list", { path: "/olist" });
    assert.deepEqual(team.objects ?? [], []);
    assert.deepEqual(
      readdirSync(join(workspace.dataDir, "volumes")).filter((name) => name.startsWith("olist")),
      [],
    );
  });
});

describe("settings of a stack that are wrong", () => {
  it("stop a preview before any resource, naming file, key, value and what is allowed", async () => {
    const workspace = await LocalWorkspace.start({ engine: false });
    const project = new ProjectCopy(workspace);
    try {
      await project.initStack();
      await project.run(["config", "set", "environment", "staging"]);
      const { code, text } = await project.run(["preview", "--non-interactive"]);
      assert.notEqual(code, 0);
      for (const part of ["Pulumi.local.yaml", "olist-lakehouse:environment", "staging", "prod"]) {
        assert.ok(text.includes(part), `'${part}' is not in:\n${text}`);
      }
      assert.doesNotMatch(text, /databricks:index/);
    } finally {
      project.remove();
      await workspace.remove();
    }
  });
});
