/**
 * The README's three ways in, taken from the README and run as they stand. Pulumi comes with the toolchain. `databricks` and `tofu` (with
 * `terraform-provider-databricks` beside it) take minutes to build, so their examples run where they are on PATH or in the folder
 * `clients` of the toolchain's cache: `go mod download -json github.com/opentofu/opentofu@v1.10.6`, copy its Dir, `go build ./cmd/tofu`;
 * the provider is github.com/databricks/terraform-provider-databricks@v1.126.0, built from its root.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { findClient } from "lakehouse-toolchain/engine";
import { LocalWorkspace } from "../../src/testing.ts";

const PACKAGE = join(import.meta.dirname, "..", "..");
const MODULES = join(PACKAGE, "..", "..", "node_modules");

interface Example {
  files: { name: string; content: string }[];
  commands: string[];
}

/** Files are the blocks below a line with their name, commands the block of the shell. */
function example(title: string): Example {
  const readme = readFileSync(join(PACKAGE, "README.md"), "utf8");
  const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${title}\n`));
  assert.ok(section, `the README has no section '${title}'`);
  const files = [...section.matchAll(/^`(\S+)`\n\n```\w+\n([\s\S]*?)```/gm)];
  const shell = [...section.matchAll(/```sh\n([\s\S]*?)```/g)];
  return {
    files: files.map(([, name, content]) => ({ name: name!, content: content! })),
    commands: shell.flatMap(([, text]) => text!.trim().split("\n")),
  };
}

describe("the README's examples deploy", () => {
  let dir: string;
  let workspace: LocalWorkspace;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "lakehouse-readme-"));
    workspace = await LocalWorkspace.start({ engine: false });
  });
  afterEach(async () => {
    await workspace?.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  async function deploy(title: string, setup: { leaveOut?: RegExp; env: NodeJS.ProcessEnv }): Promise<void> {
    const { files, commands } = example(title);
    for (const { name, content } of files) writeFileSync(join(dir, name), content);
    const kept = commands.filter((command) => !setup.leaveOut?.test(command));
    assert.ok(files.length > 0 && kept.length > 0);
    const env = {
      ...process.env,
      ...setup.env,
      DATABRICKS_HOST: workspace.api.host,
      DATABRICKS_TOKEN: workspace.token,
    };
    await promisify(execFile)("bash", ["-e", "-c", kept.join("\n")], { cwd: dir, env }).catch((error) =>
      assert.fail(`${kept.join("\n")}\n${error.stdout}${error.stderr}`),
    );
    await assertDeployed();
  }

  async function assertDeployed(): Promise<void> {
    interface Pipeline {
      spec: { catalog: string; schema: string; libraries: { file: { path: string } }[] };
    }
    const { statuses } = await workspace.api.get<{ statuses: { pipeline_id: string; name: string }[] }>(
      "/api/2.0/pipelines",
    );
    const found = statuses.find(({ name }) => name.endsWith("greeting"));
    assert.ok(found, JSON.stringify(statuses));
    const { spec } = await workspace.api.get<Pipeline>(`/api/2.0/pipelines/${found.pipeline_id}`);
    assert.deepEqual([spec.catalog, spec.schema], ["main", "default"]);
    const exported = await workspace.api.get<{ content: string }>("/api/2.0/workspace/export", {
      path: spec.libraries[0]!.file.path,
      format: "AUTO",
    });
    assert.match(Buffer.from(exported.content, "base64").toString(), /CREATE MATERIALIZED VIEW greeting/);
  }

  it("with Pulumi", () => {
    symlinkSync(MODULES, join(dir, "node_modules"));
    return deploy("Pulumi", { leaveOut: /^npm install /, env: workspace.tools.pulumiEnv });
  });

  const tofu = findClient("tofu");
  const provider = findClient("terraform-provider-databricks");
  if (tofu && provider) {
    it("with OpenTofu", () => {
      const config = join(dir, "tofu.rc");
      const overrides = `dev_overrides { "databricks/databricks" = "${dirname(provider)}" }`;
      writeFileSync(config, `provider_installation {\n  ${overrides}\n  direct {}\n}\n`);
      const path = `${dirname(tofu)}${delimiter}${process.env.PATH}`;
      return deploy("OpenTofu or Terraform", {
        leaveOut: /^tofu init/,
        env: { PATH: path, TF_CLI_CONFIG_FILE: config },
      });
    });
  }

  const databricks = findClient("databricks");
  if (databricks) {
    it("with an Asset Bundle", () =>
      deploy("Asset Bundle", { env: { PATH: `${dirname(databricks)}${delimiter}${process.env.PATH}`, HOME: dir } }));
  }
});
