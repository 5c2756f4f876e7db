/** Someone else's program with the real Pulumi CLI and Databricks provider: what is written is what is read back. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace } from "../../../src/testing.ts";

const ROOT = join(import.meta.dirname, "../../../../..");
const SETTINGS = "name: foreign\nmain: program.js\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n";

describe("a program of someone else", function () {
  this.timeout(600_000);
  let workspace: LocalWorkspace;
  let dir: string;

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    dir = mkdtempSync(join(tmpdir(), "olist-foreign-"));
    writeFileSync(join(dir, "Pulumi.yaml"), SETTINGS);
    writeFileSync(join(dir, "package.json"), '{ "type": "module" }\n');
    copyFileSync(join(import.meta.dirname, "program.js"), join(dir, "program.js"));
    symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
    await pulumi(1, "stack", "init", "foreign");
  });
  after(async () => {
    if (dir) rmSync(dir, { recursive: true, force: true });
    await workspace?.remove();
  });

  /** Resolves with what the CLI printed. @throws AssertionError with that when it fails */
  async function pulumi(version: number, ...args: string[]): Promise<string> {
    const child = spawn(workspace.tools.pulumi, [...args, "--non-interactive"], {
      cwd: dir,
      env: { ...workspace.pulumiEnv(join(dir, "backend")), VERSION: String(version) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
    const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    assert.equal(code, 0, text);
    return text;
  }
  const list = async (path: string, key: string): Promise<{ name?: string }[]> =>
    (await workspace.api.get<Record<string, { name?: string }[]>>(path))[key] ?? [];

  for (const version of [1, 2]) {
    it(`${version === 1 ? "is created" : "is updated in place"}, and then neither refresh nor preview finds a difference`, async () => {
      const said = await pulumi(version, "up", "--yes", "--skip-preview");
      assert.match(said, version === 1 ? /\+ 66 created/ : /~ 39 updated\s+\+-2 replaced/);
      await pulumi(version, "refresh", "--yes", "--skip-preview", "--expect-no-changes");
      await pulumi(version, "preview", "--expect-no-changes");
    });
  }

  it("is destroyed, and leaves nothing behind", async () => {
    await pulumi(2, "destroy", "--yes", "--skip-preview");
    const catalogs = await list("/api/2.1/unity-catalog/catalogs", "catalogs");
    assert.deepEqual(catalogs.map(({ name }) => name).sort(), ["main", "samples", "system"]);
    for (const [path, key] of [
      ["/api/2.2/jobs/list", "jobs"],
      ["/api/2.0/pipelines", "statuses"],
      ["/api/2.1/clusters/list", "clusters"],
      ["/api/2.0/secrets/scopes/list", "scopes"],
      ["/api/2.0/sql/queries", "results"],
      ["/api/2.0/ip-access-lists", "ip_access_lists"],
      ["/api/2.0/workspace/list?path=/Shared", "objects"],
      ["/api/2.1/unity-catalog/external-locations", "external_locations"],
      ["/api/2.0/preview/scim/v2/ServicePrincipals", "Resources"],
    ] as const) {
      assert.deepEqual(await list(path, key), [], path);
    }
  });
});
