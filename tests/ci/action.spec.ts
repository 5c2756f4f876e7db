/** The action of packages/local-workspace, run as a runner runs its step, and the workflow that its README shows. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { WorkspaceApi } from "lakehouse-local-workspace/client";
import { stopWorkspace } from "lakehouse-local-workspace/control";
import { parse } from "yaml";

const PACKAGE = join(import.meta.dirname, "../../packages/local-workspace");
const ACTION = join(PACKAGE, "action");

interface Step {
  id?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
}
interface Action {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

const action = parse(readFileSync(join(ACTION, "action.yml"), "utf8")) as Action;

describe("the action that starts a workspace", () => {
  const home = mkdtempSync(join(tmpdir(), "lakehouse-action-"));
  after(async () => {
    await stopWorkspace(join(home, "lakehouse"));
    rmSync(home, { recursive: true, force: true });
  });

  it("exports an address and a masked token with which the next step gets in", async () => {
    const files = { GITHUB_ENV: join(home, "env"), GITHUB_OUTPUT: join(home, "output") };
    for (const file of Object.values(files)) writeFileSync(file, "");
    const step = action.runs.steps.find(({ run }) => run)!;
    const inputs = Object.entries(step.env!).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.(\S+) \}\}$/.exec(value)?.[1];
      return [name, input ? action.inputs[input]!.default : ""];
    });
    const { stdout } = await promisify(execFile)("bash", ["-e", "-o", "pipefail", "-c", step.run!], {
      env: { ...process.env, ...Object.fromEntries(inputs), ...files, RUNNER_TEMP: home, GITHUB_ACTION_PATH: ACTION },
    });
    const lines = (file: string): Record<string, string> =>
      Object.fromEntries(
        readFileSync(file, "utf8")
          .trim()
          .split("\n")
          .map((line) => line.split("=") as [string, string]),
      );
    const env = lines(files.GITHUB_ENV);
    const outputs = lines(files.GITHUB_OUTPUT);
    assert.deepEqual(Object.keys(env), ["DATABRICKS_HOST", "DATABRICKS_TOKEN"]);
    assert.deepEqual(outputs, { host: env.DATABRICKS_HOST, "data-dir": join(home, "lakehouse") });
    for (const { value } of Object.values(action.outputs)) {
      assert.ok(/^\$\{\{ steps\.start\.outputs\.(\S+) \}\}$/.exec(value)![1]! in outputs);
    }
    assert.ok(stdout.includes(`::add-mask::${env.DATABRICKS_TOKEN}\n`));
    assert.equal(stdout.split(env.DATABRICKS_TOKEN!).length, 2, "the token is printed to be masked, and nowhere else");
    const api = new WorkspaceApi(env.DATABRICKS_HOST!, env.DATABRICKS_TOKEN!);
    assert.equal(
      (await api.get<{ userName: string }>("/api/2.0/preview/scim/v2/Me")).userName,
      "admin@local.workspace",
    );
  });

  it("is used in the README's workflow by its path and outputs", () => {
    const readme = readFileSync(join(PACKAGE, "README.md"), "utf8");
    const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text]) => parse(text!) as Record<string, unknown>,
    );
    const workflow = blocks.find((block) => "jobs" in block) as { jobs: Record<string, { steps: Step[] }> };
    const { steps } = Object.values(workflow.jobs)[0]!;
    const used = steps.find(({ uses }) => uses === "./packages/local-workspace/action");
    assert.ok(used?.id);
    const named = [...JSON.stringify(steps).matchAll(/steps\.workspace\.outputs\.([\w-]+)/g)].map(([, name]) => name!);
    assert.deepEqual(
      [...new Set(named)].filter((name) => !(name in action.outputs)),
      [],
    );
    assert.ok(named.length > 0);
  });
});
