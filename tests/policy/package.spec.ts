/** The pack as others get it: packed, installed from the tarball in a Pulumi project, named by its folder. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { packPolicy } from "../../scripts/pack/policy.ts";
import { ROOT } from "./cli.ts";

const NAME = "databricks-governance";
/** A program of somebody else's that extends a configuration in TypeScript. */
const EXTENDS = `
import { extend, type PackConfiguration, problemsOf } from "${NAME}";
import { rules } from "${NAME}/rules";
const changes: PackConfiguration = {
  "require-tags": { enforcementLevel: "advisory", tags: ["team"] },
  "job-require-timeout": { maxMinutes: 60 },
  "uc-require-comment": "disabled",
};
const problems: string[] = problemsOf({ "no-such-rule": "mandatory" });
const levels = rules.map(({ name, level }) => [name, level] as const);
declare const console: { log(text: string): void };
console.log(JSON.stringify([extend("dev", changes)["require-tags"], problems.length, levels.length]));
`;
/** What its types refuse. */
const MISTAKES = [
  'extend("staging", {});',
  'extend("dev", { "require-tags": "strict" });',
  'extend("dev", { "require-tags": { enforcementLevel: 1 } });',
];
/** A catalog without a comment, without the SDK of the provider. */
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
    const tarball = await packPolicy(dir);
    writeFileSync(join(dir, "package.json"), '{ "name": "x", "type": "module", "private": true }\n');
    writeFileSync(
      join(dir, "Pulumi.yaml"),
      "name: x\nmain: program.js\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    writeFileSync(join(dir, "program.js"), PROGRAM);
    mkdirSync(join(dir, "backend"));
    execFileSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent", tarball], {
      cwd: dir,
    });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("holds JavaScript and declarations, a license, and a README whose links hold", () => {
    for (const file of ["LICENSE", "PulumiPolicy.yaml", "policies.md", "dist/start.js", "dist/configurations.d.ts"])
      assert.ok(existsSync(join(installed, file)), file);
    const { exports, bin, ...manifest } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    assert.deepEqual([manifest.private, manifest.scripts], [undefined, undefined]);
    const targets = Object.values<string | object>({ ...exports, bin }).flatMap((one) =>
      typeof one === "string" ? [one] : Object.values(one),
    );
    for (const target of targets.filter((one) => !one.includes("*"))) {
      assert.doesNotMatch(target, /(?<!\.d)\.ts$/);
      assert.ok(existsSync(join(installed, target)), target);
    }
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

  it("is typed: somebody else's TypeScript extends a configuration, and its mistakes are found", () => {
    const check = (file: string): { status: number | null; stdout: string } => {
      const compilerOptions = { noEmit: true, strict: true, module: "nodenext", types: [] };
      writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
      const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
      return spawnSync(process.execPath, [tsc, "-p", "."], { cwd: dir, encoding: "utf8" });
    };
    writeFileSync(join(dir, "extends.ts"), EXTENDS);
    const { status, stdout } = check("extends.ts");
    assert.equal(status, 0, stdout);
    const [tags, problems, rules] = JSON.parse(execFileSync(process.execPath, ["extends.ts"], { cwd: dir }).toString());
    assert.deepEqual([tags, problems], [{ enforcementLevel: "advisory", tags: ["team"] }, 1]);
    assert.ok(rules > 80, rules);
    writeFileSync(join(dir, "mistakes.ts"), [`import { extend } from "${NAME}";`, ...MISTAKES].join("\n"));
    const mistakes = check("mistakes.ts");
    assert.equal(mistakes.stdout.match(/mistakes\.ts\(\d+,\d+\): error/g)?.length, MISTAKES.length, mistakes.stdout);
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
