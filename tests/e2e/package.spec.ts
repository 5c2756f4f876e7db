/** The components as others get them: packed, installed into an empty project, and deployed by a program of another domain. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { type PackageSchema, packageSchema } from "../../components/plugin/schema.ts";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { followRun } from "../../scripts/start/follow.ts";

const ROOT = join(import.meta.dirname, "..", "..");

describe("the package of components", () => {
  let workspace: LocalWorkspace;
  let dir: string;
  let env: NodeJS.ProcessEnv;

  const run = (command: string, args: string[], cwd = dir): { status: number | null; text: string } => {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
    return { status, text: `${stdout}${stderr}${error?.message ?? ""}` };
  };
  const mustRun = (command: string, args: string[], cwd = dir): string => {
    const { status, text } = run(command, args, cwd);
    assert.equal(status, 0, `${command} ${args.join(" ")}:\n${text}`);
    return text;
  };
  const pulumi = (...args: string[]): string => mustRun(workspace.tools.pulumi, [...args, "--non-interactive"]);

  before(async () => {
    workspace = await LocalWorkspace.start();
    await ensureGroups(workspace.api, ["grid-operators", "grid-engineers", "traders", "regulators"]);
    dir = mkdtempSync(join(tmpdir(), "energy-"));
    env = workspace.pulumiEnv(join(dir, ".backend"));
    // npm and the package's build run on the project's own Node.
    env.PATH = [join(ROOT, "node_modules", ".bin"), env.PATH].join(delimiter);
    for (const [program, folder] of [
      ["energy", dir],
      ["town", join(dir, "town")],
      ["remote", join(dir, "remote")],
    ] as const)
      cpSync(join(ROOT, "tests", "programs", program), folder, { recursive: true });
    mustRun("npm", ["pack", "--workspace", "components", "--pack-destination", dir, "--loglevel=error"], ROOT);
    const tarball = readdirSync(dir).find((name) => name.endsWith(".tgz"))!;
    mustRun("npm", [
      "install",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "--ignore-scripts",
      "--loglevel=error",
      `./${tarball}`,
    ]);
    mustRun(workspace.tools.pulumi, ["stack", "init", "test"]);
  });

  after(async () => {
    if (dir) rmSync(dir, { recursive: true, force: true });
    await workspace?.remove();
  });

  it("has JavaScript, declarations, a README and the reference, and no TypeScript of this repository", () => {
    const files = readdirSync(join(dir, "node_modules", "databricks-lakehouse"), { recursive: true }).map(String);
    for (const file of [
      "README.md",
      join("dist", "index.js"),
      join("dist", "index.d.ts"),
      join("dist", "components.md"),
    ]) {
      assert.ok(files.includes(file), `${file} is not in the package`);
    }
    assert.deepEqual(
      files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")),
      [],
    );
  });

  it("types what a program says: the program and the README's compile, and a misspelt schema does not", () => {
    const tsc = [join(ROOT, "node_modules", "typescript", "bin", "tsc"), "--noEmit", "--strict", "--skipLibCheck"];
    const options = [
      "--target",
      "es2024",
      "--module",
      "nodenext",
      "--types",
      "node",
      "--typeRoots",
      join(ROOT, "node_modules", "@types"),
    ];
    const readme = readFileSync(join(dir, "node_modules", "databricks-lakehouse", "README.md"), "utf8");
    const [program, , masks] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text);
    writeFileSync(join(dir, "readme.ts"), `${program}${masks}`);
    mustRun(process.execPath, [...tsc, ...options, "index.ts", "readme.ts"]);
    writeFileSync(
      join(dir, "wrong.ts"),
      `import { LakehouseCatalog } from "databricks-lakehouse";
       const sales = new LakehouseCatalog("sales", { comment: "Sales", schemas: { raw: { comment: "Files" } } });
       console.log(sales.schemas.row);`,
    );
    const { status, text } = run(process.execPath, [...tsc, ...options, "wrong.ts"]);
    assert.notEqual(status, 0);
    assert.match(text, /Property 'row' does not exist/);
  });

  it("deploys a program of another domain, whose second preview after a refresh shows no change", async () => {
    pulumi("up", "--yes", "--skip-preview");
    pulumi("preview", "--refresh", "--expect-no-changes");
    const { statuses } = await workspace.api.get<{ statuses: { name: string }[] }>("/api/2.0/pipelines");
    assert.deepEqual(
      statuses.map(({ name }) => name).sort(),
      ["forecast", "invoices", "meters", "tariffs", "weather"].map((name) => `energy_test ${name}`),
    );
    const grants = await workspace.api.get<{ privilege_assignments: { principal: string; privileges: string[] }[] }>(
      "/api/2.1/unity-catalog/permissions/volume/energy_test_grid.inbox.meters",
    );
    const writers = grants.privilege_assignments.filter(({ privileges }) => privileges.includes("WRITE_VOLUME"));
    assert.deepEqual(writers.map(({ principal }) => principal).sort(), ["grid-engineers", "grid-operators"]);
  });

  it("runs that program: its job branches, loops and ends well", async () => {
    const { jobs } = await workspace.api.get<{ jobs: { job_id: number }[] }>("/api/2.2/jobs/list", {
      name: "energy_test settlement",
    });
    const { run_id } = await workspace.api.post<{ run_id: number }>("/api/2.2/jobs/run-now", {
      job_id: jobs[0]!.job_id,
    });
    const lines: string[] = [];
    const { run } = await followRun(workspace.api, run_id, (line) => lines.push(line));
    assert.equal(run.state.result_state, "SUCCESS", lines.join("\n"));
    const rows = await workspace.api.query("SELECT reading FROM energy_test_grid.modelled.forecast_daily");
    assert.deepEqual(rows, [{ reading: "5" }]);
  });

  it("sees a notebook that somebody changed by hand, refuses to go on with it, and uploads it again when told to", async () => {
    const path = "/energy/test/tools/settle";
    const content = Buffer.from("# Databricks notebook source\nprint('other')\n").toString("base64");
    await workspace.api.post("/api/2.0/workspace/import", {
      path,
      format: "SOURCE",
      language: "PYTHON",
      overwrite: true,
      content,
    });
    const refused = run(workspace.tools.pulumi, ["up", "--refresh", "--yes", "--skip-preview", "--non-interactive"]);
    assert.notEqual(refused.status, 0);
    assert.match(
      refused.text,
      /tools\/settle in \/energy\/test changed in the workspace.*--replace '\*\*\/tools\/settle'/,
    );
    pulumi("up", "--replace", "**/tools/settle", "--yes", "--skip-preview");
    pulumi("preview", "--refresh", "--expect-no-changes");
  });

  it("is a Pulumi package whose schema the CLI reads, and whose plugin refuses what no SDK would let through", () => {
    const plugin = join(dir, "node_modules", "databricks-lakehouse");
    const text = pulumi("package", "get-schema", plugin);
    const schema = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) as PackageSchema;
    const args = ({ resources }: PackageSchema): Record<string, string[]> =>
      Object.fromEntries(
        Object.entries(resources).map(([k, { inputProperties }]) => [k, Object.keys(inputProperties).sort()]),
      );
    assert.deepEqual(args(schema), args(packageSchema()));
    const remote = ["--cwd", join(dir, "remote")];
    mustRun(workspace.tools.pulumi, ["stack", "init", "test", ...remote]);
    const refused = run(workspace.tools.pulumi, ["preview", "--non-interactive", ...remote]);
    assert.notEqual(refused.status, 0);
    assert.match(refused.text, /shedule.*is not an argument; there are: .*schedule/);
  });

  it("deploys a program in YAML, whose second preview after a refresh shows no change, and whose mistakes are named", () => {
    const cwd = ["--cwd", join(dir, "town")];
    mustRun(workspace.tools.pulumi, ["stack", "init", "test", ...cwd]);
    const text = pulumi("up", "--yes", "--skip-preview", ...cwd);
    assert.match(text, /\+ 16 created/);
    pulumi("preview", "--refresh", "--expect-no-changes", ...cwd);
    mustRun(workspace.tools.pulumi, ["config", "set", "cron", "never", ...cwd]);
    const refused = run(workspace.tools.pulumi, ["preview", "--non-interactive", ...cwd]);
    assert.notEqual(refused.status, 0);
    assert.match(refused.text, /schedule\.cron.*'never' is no Quartz expression/);
    pulumi("destroy", "--yes", "--skip-preview", ...cwd);
  });

  it("leaves no catalog, pipeline or job when it is destroyed", async () => {
    pulumi("destroy", "--yes", "--skip-preview");
    const { catalogs } = await workspace.api.get<{ catalogs: { name: string }[] }>("/api/2.1/unity-catalog/catalogs");
    assert.deepEqual(catalogs.map(({ name }) => name).sort(), ["main", "samples", "system"]);
    assert.deepEqual((await workspace.api.get<{ statuses?: unknown[] }>("/api/2.0/pipelines")).statuses ?? [], []);
    assert.deepEqual((await workspace.api.get<{ jobs?: unknown[] }>("/api/2.2/jobs/list")).jobs ?? [], []);
  });
});
