/** The pack as others get it: packed, installed from the tarball in a Pulumi project, named by its folder. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { ROOT } from "./cli.ts";

const NAME = "databricks-governance";
/** Two catalogs without the SDK of the provider: one good, one without a comment. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
new pulumi.CustomResource("databricks:index/catalog:Catalog", "bad", { name: "bad" }, {});
`;

describe("the policy pack as a package", () => {
  const dir = mkdtempSync(join(tmpdir(), "policy-package-"));
  const installed = join(dir, "node_modules", NAME);
  let tools: Toolchain;
  const command = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(installed, "dist", "command.js"), ...args], { cwd: dir, encoding: "utf8" });

  before(async () => {
    tools = await ensureToolchain({ parts: ["pulumi"] });
    execFileSync("npm", ["pack", "--silent", "--pack-destination", dir], { cwd: join(ROOT, "policy") });
    writeFileSync(join(dir, "package.json"), '{ "name": "x", "type": "module", "private": true }\n');
    writeFileSync(
      join(dir, "Pulumi.yaml"),
      "name: x\nmain: program.js\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    writeFileSync(join(dir, "program.js"), PROGRAM);
    mkdirSync(join(dir, "backend"));
    execFileSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent", `./${NAME}-0.1.0.tgz`], {
      cwd: dir,
    });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("holds JavaScript and declarations, a license, and a README whose links hold", () => {
    for (const file of ["LICENSE", "PulumiPolicy.yaml", "policies.md", "dist/start.js", "dist/configurations.d.ts"])
      assert.ok(existsSync(join(installed, file)), file);
    assert.ok(!existsSync(join(installed, "start.ts")));
    const links = [...readFileSync(join(installed, "README.md"), "utf8").matchAll(/\]\((?!https:)([^)#]+)/g)].map(
      ([, to]) => to!,
    );
    assert.deepEqual(
      links.filter((to) => !existsSync(join(installed, to))),
      [],
    );
  });

  it("prints a configuration with changes, and refuses a rule that does not exist", () => {
    writeFileSync(join(dir, "changes.json"), '{ "job-require-timeout": { "maxMinutes": 120 } }');
    const good = command("prod", "changes.json");
    assert.equal(good.status, 0, good.stderr);
    const merged = JSON.parse(good.stdout) as Record<string, unknown>;
    assert.deepEqual([merged["job-require-timeout"], merged["job-require-run-as"]], [{ maxMinutes: 120 }, "mandatory"]);
    writeFileSync(join(dir, "bad.json"), '{ "job-require-time-out": "disabled", "require-tags": { "tag": [] } }');
    const bad = command("prod", "bad.json");
    assert.equal(bad.status, 1);
    assert.match(
      bad.stderr,
      /There is no rule 'job-require-time-out'; similar: job-require-timeout|similar: .*job-require/,
    );
    assert.match(bad.stderr, /'require-tags': there is no setting 'tag'/);
    assert.equal(command("staging").status, 2);
  });

  it("stops the preview of a program that breaks a rule", () => {
    writeFileSync(join(dir, "policy.json"), command("prod").stdout);
    const env = {
      ...process.env,
      ...tools.pulumiEnv,
      PULUMI_BACKEND_URL: `file://${join(dir, "backend")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_IGNORE_AMBIENT_PLUGINS: "",
    };
    const pulumi = (...args: string[]): { status: number | null; output: string } => {
      const { status, stdout, stderr } = spawnSync(tools.pulumi, args, { cwd: dir, env, encoding: "utf8" });
      return { status, output: stdout + stderr };
    };
    const made = pulumi("stack", "init", "dev");
    assert.equal(made.status, 0, made.output);
    const pack = ["--policy-pack", `node_modules/${NAME}`, "--policy-pack-config", "policy.json"];
    const { status, output } = pulumi("preview", "--non-interactive", ...pack);
    assert.notEqual(status, 0, output);
    assert.match(output, /uc-require-comment/);
    assert.match(output, /'bad': comment is missing/);
  });
});
