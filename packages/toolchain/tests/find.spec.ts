import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { findJava } from "../src/java.ts";
import { ensurePlugin, findPlugin } from "../src/plugin.ts";
import { PLUGIN_FILES } from "../src/programs.ts";
import { findCli } from "../src/pulumi.ts";
import { findPython } from "../src/python.ts";
import { DATABRICKS_PLUGIN, PULUMI_CLI } from "../src/versions.ts";

describe("what the toolchain takes from PATH", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "olist-path-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function program(name: string, prints: string): string {
    const file = join(dir, name);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho '${prints}'\n`, { mode: 0o755 });
    return file;
  }
  const env = (): NodeJS.ProcessEnv => ({ PATH: dir, HOME: dir, PULUMI_HOME: join(dir, "home") });

  it("takes a Pulumi CLI of the wanted version or newer, and no older one", () => {
    const pulumi = program("pulumi", `v${PULUMI_CLI}`);
    assert.deepEqual(findCli(env()), { pulumi, source: "PATH" });
    program("pulumi", "v3.999.0");
    assert.equal(findCli(env())?.pulumi, pulumi);
    program("pulumi", "v3.100.0");
    assert.equal(findCli(env()), undefined);
    program("pulumi", "v4.0.0");
    assert.equal(findCli(env()), undefined);
    rmSync(pulumi);
    assert.equal(findCli(env()), undefined);
  });

  it("takes an installed plugin before one on PATH, and only the SDK's version", () => {
    const onPath = program("pulumi-resource-databricks", DATABRICKS_PLUGIN);
    assert.equal(findPlugin(env()), onPath);
    const installed = program(`home/plugins/resource-databricks-v${DATABRICKS_PLUGIN}/pulumi-resource-databricks`, "");
    assert.equal(findPlugin(env()), installed);
    rmSync(installed);
    program("pulumi-resource-databricks", "1.2.3");
    assert.equal(findPlugin(env()), undefined);
  });

  it("takes an installed plugin with the files that one of its own build reads at its start", async () => {
    const folder = `home/plugins/resource-databricks-v${DATABRICKS_PLUGIN}`;
    program(`${folder}/pulumi-resource-databricks`, "");
    for (const name of PLUGIN_FILES) writeFileSync(join(dir, folder, name), `{"of": "${name}"}`);
    const before = { ...process.env };
    Object.assign(process.env, env(), { XDG_CACHE_HOME: join(dir, "cache") });
    try {
      const { plugin, schema } = await ensurePlugin({ pulumi: "none", source: "PATH" }, () => undefined);
      assert.deepEqual(readdirSync(dirname(plugin)).sort(), ["pulumi-resource-databricks", ...PLUGIN_FILES].sort());
      assert.equal(readFileSync(schema!, "utf8"), '{"of": "schema.json"}');
    } finally {
      Object.assign(process.env, before);
      if (before.XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
      if (before.PULUMI_HOME === undefined) delete process.env.PULUMI_HOME;
    }
  });

  it("says what to install when Java is missing, too old, or not where JAVA_HOME says", () => {
    assert.throws(() => findJava(env()), /Java was not found on PATH\. Install Java 17/);
    program("java", 'openjdk version "11.0.2" 2019-01-15');
    assert.throws(() => findJava(env()), /is Java 11; Spark needs 17 or newer/);
    program("java", 'openjdk version "1.8.0_392"');
    assert.throws(() => findJava(env()), /is Java 8;/);
    program("java", 'openjdk version "21.0.1" 2023-10-17');
    assert.equal(findJava(env()).java, join(dir, "java"));
    assert.throws(() => findJava({ ...env(), JAVA_HOME: "/nowhere" }), /JAVA_HOME is \/nowhere/);
  });

  it("says which Pythons it saw when none is 3.11", () => {
    assert.throws(() => findPython(env()), /Python 3\.11 was not found on PATH\. Install it/);
    program("python3", "Python 3.13.1");
    assert.throws(() => findPython(env()), /\(.*python3 is Python 3\.13\.1\)/);
    program("python3.11", "Python 3.11.9");
    assert.equal(findPython(env()).python, join(dir, "python3.11"));
  });
});
