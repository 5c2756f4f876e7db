/** The scripts of the workflows, as the workflows run them, on one local workspace. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import type { Drift } from "../../scripts/drift/model.ts";
import type { Environment, Preview } from "../../scripts/pull-request/model.ts";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { groupsOf, stackEnv, stackSettings } from "../../scripts/stack/stack.ts";
import { type Output, ProjectCopy } from "../e2e/harness.ts";
import { editByHand } from "./edits.ts";

const SCRIPTS = join(import.meta.dirname, "..", "..", "scripts");

function runScript(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Output> {
  return new Promise((resolve, reject) => {
    const main = join(SCRIPTS, script, "main.ts");
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

describe("the loop of a pull request on a workspace", () => {
  let workspace: LocalWorkspace;
  let project: ProjectCopy;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    workspace = await LocalWorkspace.start();
    project = new ProjectCopy(workspace);
    const { PULUMI_STACK: _, ...unselected } = stackEnv(workspace.tools, workspace, join(project.dir, ".backend"));
    env = unselected;
    for (const stack of ["dev", "prod"]) {
      const { code, text } = await project.run(["stack", "init", stack, "--non-interactive"], env);
      assert.equal(code, 0, text);
    }
    const settings = await stackSettings(workspace.tools, env, "dev", ["--cwd", project.dir]);
    await ensureGroups(workspace.api, groupsOf(settings));
  });
  after(async () => {
    project?.remove();
    await workspace?.remove();
  });

  const at = (file: string): string => join(project.dir, file);
  const cwd = (): string[] => ["--", "--cwd", project.dir];
  const run = (script: string, ...args: string[]): Promise<Output> => runScript(script, args, env);
  async function preview(stack: string): Promise<Output & { preview: Preview }> {
    const output = await run("pull-request", "preview", "--stack", stack, "--output", at("preview.json"), ...cwd());
    return { ...output, preview: JSON.parse(readFileSync(at("preview.json"), "utf8")) as Preview };
  }
  /** As somebody does who looks at the run in the pages. */
  async function cancelRunOf(suffix: string): Promise<void> {
    interface Run {
      run_id: number;
      run_name: string;
    }
    for (;;) {
      const { runs = [] } = await workspace.api.get<{ runs?: Run[] }>("/api/2.2/jobs/runs/list?active_only=true");
      const run = runs.find(({ run_name }) => run_name.includes(suffix));
      if (run) return workspace.api.post("/api/2.2/jobs/runs/cancel", { run_id: run.run_id });
      await setTimeout(200);
    }
  }
  async function withProgram<T>(change: (program: string) => string, work: () => Promise<T>): Promise<T> {
    const program = readFileSync(at("index.ts"), "utf8");
    writeFileSync(at("index.ts"), change(program));
    try {
      return await work();
    } finally {
      writeFileSync(at("index.ts"), program);
    }
  }

  it("stops stack prod before any resource as long as its file holds the template's placeholders", async () => {
    const { code, preview: found } = await preview("prod");
    assert.notEqual(code, 0);
    const errors = found.errors.join("\n");
    for (const key of ["runAs", "alerts[0]", "compute.budgetPolicyId", "workspaceIds[0]"])
      assert.match(
        errors,
        new RegExp(`olist-lakehouse:${key.replace(/[[\]]/g, "\\$&")} is ".*": is a placeholder; put here`),
      );
    assert.deepEqual(found.changes, []);
    project.ownIds("prod");
  });

  for (const stack of ["dev", "prod"]) {
    it(`lets stack ${stack} pass, with no advisory left`, async () => {
      const { code, text, preview: found } = await preview(stack);
      assert.equal(code, 0, text);
      assert.deepEqual([found.violations, found.errors], [[], []]);
      assert.ok(found.changes.length > 60 && found.changes.every(({ operation }) => operation === "create"));
    });
  }

  const bad = (program: string): string =>
    `${program}\nimport { Cluster } from "@pulumi/databricks";\nnew Cluster("lab", { sparkVersion: "16.4.x-scala2.12", numWorkers: 1, autoterminationMinutes: 30, customTags: { environment: "dev", owner: "x", cost_center: "1" } });\n`;

  it("fails the preview of a change that breaks a rule; the comment names rule, resource, property, fix and line", () =>
    withProgram(bad, async () => {
      const { code } = await preview("dev");
      assert.notEqual(code, 0);
      const shown = await run("pull-request", "comment", "--preview", at("preview.json"), "--output", at("comment.md"));
      assert.equal(shown.code, 0, shown.text);
      const comment = readFileSync(at("comment.md"), "utf8");
      assert.match(comment, /❌ Not ready to merge/);
      assert.match(
        comment,
        /\| mandatory \| \[cluster-require-policy\].*`databricks:index\/cluster:Cluster::lab` at `index\.ts:\d+`/,
      );
      assert.match(comment, /'lab': policyId is not set\. \| Set `policyId`/);
    }));

  it("deploys nothing of a change that breaks a rule", () =>
    withProgram(bad, async () => {
      const { code, text } = await run("deploy", "--stack", "dev", ...cwd());
      assert.notEqual(code, 0);
      assert.match(text, /cluster-require-policy/);
      const { catalogs } = await workspace.api.get<{ catalogs: { name: string }[] }>("/api/2.1/unity-catalog/catalogs");
      assert.ok(!catalogs.some(({ name }) => name === "olist_dev"), "a part was deployed before the violation");
    }));

  it("deploys the plan that was approved, and refuses it when the preview shows anything else", async () => {
    const saved = await run("deploy", "--stack", "dev", "--save-plan", at("plan"), ...cwd());
    assert.equal(saved.code, 0, saved.text);
    const other = (program: string): string => program.replace("Bronze, silver and gold", "All of it");
    const refused = await withProgram(other, () => run("deploy", "--stack", "dev", "--plan", at("plan"), ...cwd()));
    assert.equal(refused.code, 3, refused.text);
    assert.match(refused.text, /planned: create Job orchestration; now: the same with other values/);
    const deployed = await run("deploy", "--stack", "dev", "--plan", at("plan"), ...cwd());
    assert.equal(deployed.code, 0, deployed.text);
    const stale = await run("deploy", "--stack", "dev", "--plan", at("plan"), ...cwd());
    assert.equal(stale.code, 3, stale.text);
    assert.match(stale.text, /no longer to do: create Catalog lakehouse/);
    assert.match(stale.text, /Nothing was deployed: this is not what was approved/);
  });

  it("sees what was edited by hand in the workspace, and puts back what loses no data", async () => {
    const edits = await editByHand(workspace);
    const output = at("drift.json");
    const drift = (...more: string[]) =>
      run("drift", "--stack", "dev", "--format", "json", "--output", output, ...more, ...cwd());
    const read = (): Drift => JSON.parse(readFileSync(output, "utf8")) as Drift;

    const seen = await drift();
    assert.equal(seen.code, 2, seen.text);
    const found = read();
    const lines = found.differences.map(({ kind, object, property }) => `${kind} ${object} ${property}`).sort();
    for (const [edit, pattern] of edits)
      assert.ok(
        lines.some((line) => pattern.test(line)),
        `${edit}: ${lines.join("\n")}`,
      );
    assert.deepEqual(
      lines.filter((line) => !edits.some(([, pattern]) => pattern.test(line))),
      [],
      "reported without an edit",
    );
    assert.deepEqual(found.unchecked, []);

    const mended = await drift("--fix");
    assert.equal(mended.code, 2, mended.text);
    const left = read()
      .differences.map(({ kind, object }) => `${kind} ${object}`)
      .sort();
    assert.equal(left.length, 4, `${left.join("\n")}\n${mended.text}`);
    assert.match(
      left.join(),
      /^mask catalog olist_dev,object notebook .*\/scratch,table schema olist_dev\.sandbox,table volume olist_dev\.raw\.dump$/,
    );
  });

  it("gives two pull requests environments that do not meet, destroys each, and sweeps what is left", async () => {
    const up = (number: string) =>
      run("environment", "up", "--number", number, "--output", at(`${number}.json`), "--cwd", project.dir);
    const catalogs = async (): Promise<string[]> => {
      const { catalogs: all } = await workspace.api.get<{ catalogs: { name: string }[] }>(
        "/api/2.1/unity-catalog/catalogs",
      );
      return all
        .map(({ name }) => name)
        .filter((name) => /_pr_\d+$/.test(name))
        .sort();
    };
    const [seven, twelve] = await Promise.all([up("7"), up("12"), cancelRunOf("pr_12")]);
    assert.equal(seven.code, 0, seven.text);
    assert.equal(twelve.code, 1, twelve.text);
    assert.match(twelve.text, /The job ended CANCELED: .*The environment stays up/s);
    const read = (number: string) => JSON.parse(readFileSync(at(`${number}.json`), "utf8")) as Environment;
    assert.deepEqual([read("7").catalog, read("12").catalog], ["olist_pr_7", "olist_pr_12"]);
    assert.deepEqual([read("7").result, read("12").result], ["SUCCESS", "CANCELED"]);
    assert.ok(Date.parse(read("7").expires) > Date.now());
    assert.deepEqual(await catalogs(), ["olist_pr_12", "olist_pr_7"]);

    const destroyed = await run("environment", "destroy", "--number", "7", "--cwd", project.dir);
    assert.equal(destroyed.code, 0, destroyed.text);
    assert.deepEqual(await catalogs(), ["olist_pr_12"]);
    assert.ok(!existsSync(at("Pulumi.pr-7.yaml")));
    const swept = await run("environment", "sweep", "--open", "7", "--cwd", project.dir);
    assert.equal(swept.code, 0, swept.text);
    assert.match(swept.text, /pr-12: its pull request is closed or has lost the label/);
    assert.deepEqual(await catalogs(), []);
    const again = await run("environment", "destroy", "--number", "7", "--cwd", project.dir);
    assert.equal(again.code, 0, again.text);
  });

  it("says which argument is missing", async () => {
    const { code, text } = await run("pull-request", "preview", "--stack", "dev");
    assert.equal(code, 2);
    assert.match(text, /--output/);
  });
});
