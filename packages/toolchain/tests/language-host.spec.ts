/** The language host under the real CLI: programs, crashes, Node arguments, policy packs, dynamic resources. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "mocha";
import { ensureToolchain, type Toolchain } from "../src/index.ts";
import { splitWords } from "../src/language-host/options.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

describe("the language host", () => {
  let tools: Toolchain;
  let dir: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    tools = await ensureToolchain({ parts: ["pulumi"] });
    dir = mkdtempSync(join(tmpdir(), "olist-host-"));
    mkdirSync(join(dir, "state"));
    env = {
      ...process.env,
      ...tools.pulumiEnv,
      PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
    };
    symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
    program("export const empty = true;");
    assert.equal(pulumi("stack", "init", "test").status, 0);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));
  beforeEach(() => project({}));

  function project(options: Record<string, unknown>, main = "index.ts"): void {
    const runtime = { name: "nodejs", options: { typescript: false, ...options } };
    writeFileSync(join(dir, "Pulumi.yaml"), JSON.stringify({ name: "host", main, runtime }));
    writeFileSync(
      join(dir, "package.json"),
      JSON.stringify({ type: "module", dependencies: { "@pulumi/pulumi": "*" } }),
    );
  }
  function program(text: string): void {
    project({});
    writeFileSync(join(dir, "index.ts"), text);
  }
  function pulumi(...args: string[]): { status: number | null; text: string } {
    const { status, stdout, stderr } = spawnSync(tools.pulumi, [...args, "--non-interactive"], {
      cwd: dir,
      env,
      encoding: "utf8",
    });
    return { status, text: `${stdout}${stderr}` };
  }
  const outputs = (): Record<string, unknown> =>
    JSON.parse(pulumi("stack", "output", "--json").text) as Record<string, unknown>;

  it("runs a TypeScript program with its configuration, without a warning", () => {
    program('import { Config } from "@pulumi/pulumi"; export const got: string = new Config().require("key");');
    pulumi("config", "set", "key", "value");
    const { status, text } = pulumi("up", "--yes", "--skip-preview");
    assert.equal(status, 0, text);
    assert.doesNotMatch(text, /warning/);
    assert.deepEqual(outputs(), { got: "value" });
  });

  it("runs without the CLI's own logs, and shows as much when it is asked to", () => {
    program("export const empty = true;");
    const { status, text } = pulumi("preview", "-v=9", "--logtostderr");
    assert.equal(status, 0, text);
    assert.match(text, /RegisterResource received/);
    assert.ok(statSync(join(env.PULUMI_HOME!, "logs")).isFile());
  });

  it("answers a cancellation", async () => {
    const { Empty, grpc } = await import("../src/language-host/sdk.ts");
    const main = join(import.meta.dirname, "..", "src", "language-host", "main.ts");
    const host = spawn(process.execPath, [main, "127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [port] = (await once(host.stdout, "data")) as [Buffer];
      const client = new grpc.Client(`127.0.0.1:${port.toString().trim()}`, grpc.credentials.createInsecure());
      const none = Buffer.alloc(0); // an empty message has no bytes
      await new Promise<void>((resolve, reject) => {
        const read = (bytes: Buffer): unknown => Empty.deserializeBinary(bytes);
        client.makeUnaryRequest(
          "/pulumirpc.LanguageRuntime/Cancel",
          () => none,
          read,
          none,
          (error) => (error === null ? resolve() : reject(error)),
        );
      });
      client.close();
    } finally {
      host.kill();
    }
  });

  it("gives the program the Node arguments of Pulumi.yaml", () => {
    writeFileSync(join(dir, "index.ts"), "export const title = process.title;");
    project({ nodeargs: '--title="two words" --no-warnings' });
    const { status, text } = pulumi("up", "--yes", "--skip-preview");
    assert.equal(status, 0, text);
    assert.deepEqual(outputs(), { title: "two words" });
    assert.deepEqual(splitWords(`a 'b c' "d \\"e" f\\ g`), ["a", "b c", 'd "e', "f g"]);
  });

  it("reports a program that throws with its error, one that exits with its status, one that is killed with the signal", () => {
    program('throw new Error("boom");');
    const thrown = pulumi("preview");
    assert.notEqual(thrown.status, 0);
    assert.match(thrown.text, /failed with an unhandled exception[\s\S]*boom/);
    assert.doesNotMatch(thrown.text, /exit code/, "the SDK has reported it already");
    program("process.exit(3);");
    assert.match(pulumi("preview").text, /Program exited with non-zero exit code: 3/);
    program('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);');
    assert.match(pulumi("preview").text, /Program exited unexpectedly: signal: SIGKILL/);
  });

  it("refuses a runtime option that it does not know the value of", () => {
    program("export const x = 1;");
    project({ nodeargs: 5 });
    const { status, text } = pulumi("preview");
    assert.notEqual(status, 0);
    assert.match(text, /runtime option 'nodeargs' is 5; allowed: text/);
  });

  it("runs dynamic resources and policy packs", () => {
    program(`import * as pulumi from "@pulumi/pulumi";
      const provider: pulumi.dynamic.ResourceProvider = { create: async (inputs) => ({ id: "1", outs: { doubled: inputs.n * 2 } }) };
      class Doubled extends pulumi.dynamic.Resource {
        declare readonly doubled: pulumi.Output<number>;
        constructor(name: string, n: number) { super(provider, name, { n, doubled: undefined }); }
      }
      export const doubled = new Doubled("d", 21).doubled;`);
    const pack = join(dir, "pack");
    mkdirSync(pack, { recursive: true });
    writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: main.js\n");
    writeFileSync(
      join(pack, "package.json"),
      JSON.stringify({ name: "pack", version: "0.0.1", type: "module", main: "main.js" }),
    );
    writeFileSync(
      join(pack, "main.js"),
      `import { PolicyPack } from "@pulumi/policy";
      new PolicyPack("pack", { policies: [{ name: "small", description: "n is small", enforcementLevel: "mandatory",
        validateResource: (args, report) => { if (args.props.n > 20) report("n is too large"); } }] });`,
    );
    const refused = pulumi("preview", "--policy-pack", pack);
    assert.notEqual(refused.status, 0);
    assert.match(refused.text, /n is too large/);
    const { status, text } = pulumi("up", "--yes", "--skip-preview");
    assert.equal(status, 0, text);
    assert.deepEqual(outputs(), { doubled: 42 });
    assert.equal(pulumi("destroy", "--yes", "--skip-preview").status, 0);
  });

  it("lists the program's dependencies and the plugins it needs", () => {
    program("export const x = 1;");
    const { text } = pulumi("about", "--json");
    const about = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) as {
      dependencies?: { name: string; version: string }[];
      plugins?: { name: string; version: string }[];
    };
    assert.ok(
      about.dependencies?.some(({ name, version }) => name === "@pulumi/pulumi" && /^3\./.test(version)),
      text,
    );
    assert.ok(
      about.plugins?.some(({ name }) => name === "databricks"),
      text,
    );
  });
});
