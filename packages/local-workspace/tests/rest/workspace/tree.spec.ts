import { strict as assert } from "node:assert";
import { type Json, TestWorkspace } from "../client.ts";

const BASE = "/api/2.0/workspace";
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the workspace's tree", () => {
  const workspace = new TestWorkspace();
  before(() => workspace.start());
  after(() => workspace.stop());
  const importing = (path: string, more: Json) => ({ path, content: base64("x = 1\n"), ...more });
  const status = (path: string) => workspace.admin.ok("GET", `${BASE}/get-status?path=${encodeURIComponent(path)}`);

  it("has /Shared and everybody's home from the start", async () => {
    assert.equal((await status("/Shared")).object_type, "DIRECTORY");
    assert.equal((await status("/Users/admin@local.workspace")).object_type, "DIRECTORY");
  });

  it("says of a path that is not there what was asked, below /Workspace", async () => {
    const missing = (path: string) =>
      workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${BASE}/get-status?path=${path}`);
    for (const path of ["//Workspace/Shared/none", "/Workspace/Shared/none", "/Shared/none"]) {
      assert.equal(await missing(path), `Path (${path}) doesn't exist.`);
    }
  });

  it("imports a notebook, gives it back as sent with the header, and keeps its id when it is overwritten", async () => {
    await workspace.admin.ok(
      "POST",
      `${BASE}/import`,
      importing("/Shared/n", { format: "SOURCE", language: "PYTHON" }),
    );
    const before = await status("/Shared/n");
    assert.deepEqual([before.object_type, before.language], ["NOTEBOOK", "PYTHON"]);
    await workspace.admin.refused(
      "RESOURCE_ALREADY_EXISTS",
      "POST",
      `${BASE}/import`,
      importing("/Shared/n", { language: "PYTHON" }),
    );
    await workspace.admin.ok("POST", `${BASE}/import`, {
      ...importing("/Workspace/Shared/n", { language: "PYTHON", overwrite: true }),
      content: base64("y = 2\n"),
    });
    assert.equal((await status("/Workspace/Shared/n")).object_id, before.object_id);
    const asked = await workspace.admin.ok("GET", `${BASE}/get-status?path=/Shared/n&return_export_info=true`);
    assert.equal(asked.repos_export_format, "SOURCE");
    const { content } = await workspace.admin.ok("GET", `${BASE}/export?path=/Shared/n`);
    assert.equal(Buffer.from(content, "base64").toString(), "# Databricks notebook source\ny = 2\n");
    const direct = await workspace.admin.fetch("GET", `${BASE}/export?path=/Shared/n&direct_download=true`);
    assert.equal(await direct.text(), "# Databricks notebook source\ny = 2\n");
  });

  it("format AUTO tells notebooks from files by the header, and drops a notebook's extension", async () => {
    const auto = (path: string, text: string) =>
      workspace.admin.ok("POST", `${BASE}/import`, { path, content: base64(text), format: "AUTO", overwrite: true });
    await auto("/Shared/auto.py", "# Databricks notebook source\n1");
    await auto("/Shared/query.sql", "-- Databricks notebook source\nSELECT 1");
    await auto("/Shared/lib.py", "# a module, not a Databricks notebook source\n");
    assert.equal((await status("/Shared/auto")).object_type, "NOTEBOOK");
    assert.equal((await status("/Shared/query")).language, "SQL");
    assert.equal((await status("/Shared/lib.py")).object_type, "FILE");
  });

  it("a Jupyter notebook comes back as one, cell by cell", async () => {
    const cells = [
      { cell_type: "markdown", source: ["# Title\n", "text"], metadata: {} },
      { cell_type: "code", source: "a = 1\nb = 2", metadata: {}, outputs: [], execution_count: 1 },
    ];
    const content = base64(JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 0 }));
    await workspace.admin.ok("POST", `${BASE}/import`, { path: "/Shared/j", content, format: "JUPYTER" });
    const answer = await workspace.admin.ok("GET", `${BASE}/export?path=/Shared/j&format=JUPYTER`);
    const back = JSON.parse(Buffer.from(answer.content, "base64").toString()) as Json;
    assert.deepEqual(
      back.cells.map((cell: Json) => [cell.cell_type, cell.source.join("")]),
      [
        ["markdown", "# Title\ntext"],
        ["code", "a = 1\nb = 2"],
      ],
    );
  });

  it("keeps the packages of a Jupyter notebook's Environment pane, above the cells of its source", async () => {
    const environmentMetadata = { environment_version: "5", dependencies: ["lib[a]>=1", "-r /Workspace/Shared/r.txt"] };
    const document = {
      cells: [{ cell_type: "markdown", source: "# Title", metadata: {} }],
      metadata: { "application/vnd.databricks.v1+notebook": { environmentMetadata, language: "python" } },
    };
    const content = base64(JSON.stringify(document));
    await workspace.admin.ok("POST", `${BASE}/import`, { path: "/Shared/pane", content, format: "JUPYTER" });
    const exported = async (format: string) => {
      const answer = await workspace.admin.ok("GET", `${BASE}/export?path=/Shared/pane&format=${format}`);
      return Buffer.from(answer.content, "base64").toString();
    };
    const listed = '[ "lib[a]>=1", "-r /Workspace/Shared/r.txt" ]';
    const block = `# /// script\n# [tool.databricks.environment]\n# environment_version = "5"\n# dependencies = ${listed}\n# ///\n`;
    assert.ok((await exported("SOURCE")).startsWith(`# Databricks notebook source\n${block}# MAGIC %md\n`));
    const back = JSON.parse(await exported("JUPYTER")) as Json;
    assert.deepEqual(back.metadata["application/vnd.databricks.v1+notebook"], { environmentMetadata });
    assert.deepEqual(
      back.cells.map((cell: Json) => cell.cell_type),
      ["markdown"],
    );
  });

  // https://toml.io/en/v1.0.0: strings of four kinds, dotted keys, comments, and arrays over several lines.
  for (const [form, lines] of Object.entries({
    "single-quoted strings": [
      "[tool.databricks.environment]",
      "environment_version = '4'",
      "dependencies = ['a>=1', \"b # c\",]",
    ],
    "lines and comments": [
      "[tool.databricks.environment]",
      'environment_version = "4" # of 2026',
      "dependencies = [ # two",
      "  'a>=1', # one",
      "",
      '  """b # c""",',
      "]",
    ],
    "dotted keys": [
      '[tool."databricks"]',
      'environment.environment_version = "\\u0034"',
      "environment.dependencies = ['a>=1', '''b # c''']",
    ],
    "an inline table": [
      "[tool]",
      "databricks = { environment = { environment_version = '4', dependencies = ['a>=1', 'b # c'] } }",
    ],
  })) {
    it(`exports to Jupyter the environment of a source that has ${form}`, async () => {
      const block = ["/// script", ...lines, "///"].map((line) => `# ${line}`.trimEnd());
      const back = await throughJupyter(`${["# Databricks notebook source", ...block].join("\n")}\nprint(1)\n`);
      const environmentMetadata = { environment_version: "4", dependencies: ["a>=1", "b # c"] };
      assert.deepEqual(back.metadata["application/vnd.databricks.v1+notebook"], { environmentMetadata });
      assert.deepEqual(back.cells[0].source, ["print(1)"]);
    });
  }

  it("keeps a block that is no environment in the notebook's first cell", async () => {
    const block = "# /// script\n# dependencies = [\n# ///\n";
    const back = await throughJupyter(`# Databricks notebook source\n${block}print(1)\n`);
    assert.equal(back.metadata["application/vnd.databricks.v1+notebook"], undefined);
    assert.equal(back.cells[0].source.join(""), `${block}print(1)`);
  });

  async function throughJupyter(source: string): Promise<Json> {
    const given = {
      path: "/Shared/forms",
      content: base64(source),
      format: "SOURCE",
      language: "PYTHON",
      overwrite: true,
    };
    await workspace.admin.ok("POST", `${BASE}/import`, given);
    const answer = await workspace.admin.ok("GET", `${BASE}/export?path=/Shared/forms&format=JUPYTER`);
    return JSON.parse(Buffer.from(answer.content, "base64").toString()) as Json;
  }

  it("takes a file as multipart form and as a raw body", async () => {
    const form = new FormData();
    form.set("path", "/Shared/m.bin");
    form.set("format", "AUTO");
    form.set("overwrite", "true");
    form.set("content", new Blob([Buffer.from([0, 255, 10])]), "content");
    assert.equal((await workspace.admin.fetch("POST", `${BASE}/import`, form)).status, 200);
    const back = await workspace.admin.fetch("GET", `${BASE}/export?path=/Shared/m.bin&direct_download=true`);
    assert.deepEqual([...Buffer.from(await back.arrayBuffer())], [0, 255, 10]);
    const raw = (query: string) =>
      workspace.admin.fetch("POST", `/api/2.0/workspace-files/import-file/Shared/raw.json${query}`, '{"a":1}', {
        "content-type": "application/json",
      });
    assert.equal((await raw("")).status, 200);
    assert.equal((await raw("")).status, 409);
    assert.equal((await raw("?overwrite=true")).status, 200);
  });

  it("refuses a missing parent, another type in its place, a missing language and what is too big", async () => {
    const refused = (code: string, body: Json) => workspace.admin.refused(code, "POST", `${BASE}/import`, body);
    assert.equal(
      await refused("RESOURCE_DOES_NOT_EXIST", importing("/Shared/no/n", { language: "SQL" })),
      "The parent folder (/Shared/no) does not exist.",
    );
    await workspace.admin.ok("POST", `${BASE}/mkdirs`, { path: "/Shared/dir" });
    const mismatch = await refused(
      "INVALID_PARAMETER_VALUE",
      importing("/Shared/dir", { language: "SQL", overwrite: true }),
    );
    assert.match(mismatch, /type mismatch \(asked: NOTEBOOK, actual: DIRECTORY\)/);
    assert.match(await refused("INVALID_PARAMETER_VALUE", importing("/Shared/x", {})), /language/);
    assert.match(
      await refused("INVALID_PARAMETER_VALUE", importing("relative", { language: "SQL" })),
      /doesn't start with '\/'/,
    );
    await refused("INVALID_PARAMETER_VALUE", importing("/Shared/../x", { language: "SQL" }));
    await refused("NOT_IMPLEMENTED", importing("/Shared/x", { format: "DBC" }));
    const big = { path: "/Shared/big", format: "AUTO", content: Buffer.alloc(10 * 1024 * 1024 + 1).toString("base64") };
    await refused("MAX_NOTEBOOK_SIZE_EXCEEDED", big);
  });

  it("deletes a full directory only when told to, with all below, and never /Shared or a home", async () => {
    await workspace.admin.ok("POST", `${BASE}/mkdirs`, { path: "/Shared/full/deep" });
    await workspace.admin.ok("POST", `${BASE}/import`, importing("/Shared/full/deep/n", { language: "SQL" }));
    assert.equal(
      await workspace.admin.refused("DIRECTORY_NOT_EMPTY", "POST", `${BASE}/delete`, { path: "/Shared/full" }),
      "Folder (/Shared/full) is not empty",
    );
    await workspace.admin.ok("POST", `${BASE}/delete`, { path: "/Shared/full", recursive: true });
    await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${BASE}/get-status?path=/Shared/full/deep/n`);
    for (const path of ["/Shared", "/", "/Users/admin@local.workspace"]) {
      await workspace.admin.refused("PERMISSION_DENIED", "POST", `${BASE}/delete`, { path, recursive: true });
    }
  });

  it("a home is closed to others until its folder is shared, and permissions hold below", async () => {
    const { client, name } = await workspace.servicePrincipal("guest");
    const home = "/Users/admin@local.workspace";
    await workspace.admin.ok("POST", `${BASE}/mkdirs`, { path: `${home}/p` });
    await workspace.admin.ok("POST", `${BASE}/import`, importing(`${home}/p/n`, { language: "SQL" }));
    const read = `${BASE}/export?path=${home}/p/n`;
    await client.refused("PERMISSION_DENIED", "GET", read);
    const folder = await status(`${home}/p`);
    const entry = { service_principal_name: name, permission_level: "CAN_READ" };
    await workspace.admin.ok("PATCH", `/api/2.0/permissions/directories/${folder.object_id}`, {
      access_control_list: [entry],
    });
    await client.ok("GET", read);
    await client.refused("PERMISSION_DENIED", "POST", `${BASE}/import`, importing(`${home}/p/m`, { language: "SQL" }));
    await client.ok("POST", `${BASE}/import`, importing(`/Users/${name}/own`, { language: "SQL" }));
  });
});
