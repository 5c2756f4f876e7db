import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { planUploads } from "../../components/notebook-files.ts";
import { NotebookFolder } from "../../components/notebooks.ts";
import { all, forget, violations } from "./mocks.ts";

const JUPYTER = { nbformat: 4, nbformat_minor: 5, metadata: { language_info: { name: "python" } }, cells: [] };

describe("NotebookFolder", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "notebooks-"));
    for (const part of ["a", "__pycache__", "tests"]) mkdirSync(join(folder, part));
    writeFileSync(join(folder, "a", "job.py"), "# Databricks notebook source\nprint(1)\n");
    writeFileSync(join(folder, "a", "gold.sql"), "-- Databricks notebook source\nSELECT 1\n");
    writeFileSync(join(folder, "a", "helper.py"), "x = 1\n");
    writeFileSync(join(folder, "a", "explore.ipynb"), JSON.stringify(JUPYTER));
    writeFileSync(join(folder, "__pycache__", "x.pyc"), "");
    writeFileSync(join(folder, "tests", "test_helper.py"), "assert True\n");
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(forget);

  it("uploads notebooks as notebooks, modules as files, and leaves caches and excluded paths out", async () => {
    const uploaded = new NotebookFolder("n", { source: folder, target: "/Workspace/sales/x", exclude: ["tests/**"] });
    await all("Notebook", ...Object.values(uploaded.objects));
    assert.deepEqual(
      (await all("Notebook")).map(({ inputs }) => [inputs.path, inputs.language, inputs.format]),
      [
        ["/sales/x/a/explore", "PYTHON", "JUPYTER"],
        ["/sales/x/a/gold", "SQL", "SOURCE"],
        ["/sales/x/a/job", "PYTHON", "SOURCE"],
      ],
    );
    assert.deepEqual(
      (await all("WorkspaceFile")).map(({ inputs }) => inputs.path),
      ["/sales/x/a/helper.py"],
    );
    assert.deepEqual(
      (await all("Directory")).map(({ inputs }) => inputs.path),
      ["/sales/x", "/sales/x/a"],
    );
  });

  it("takes a source relative to the program", () => {
    const plan = planUploads(relative(process.cwd(), folder));
    assert.deepEqual(
      plan.map(({ path }) => path),
      ["a/explore", "a/gold", "a/helper.py", "a/job", "tests/test_helper.py"],
    );
  });

  it("gives the folder its own permissions", async () => {
    const access = [
      { group: "engineers", level: "CAN_READ" },
      { servicePrincipal: "7d0c", level: "CAN_MANAGE" },
    ] as const;
    const uploaded = new NotebookFolder("n2", { source: folder, target: "/sales/y", access });
    const [permissions] = await all("Permissions", ...Object.values(uploaded.objects));
    assert.deepEqual(permissions!.inputs, {
      directoryPath: "/sales/y",
      accessControls: [
        { groupName: "engineers", permissionLevel: "CAN_READ" },
        { servicePrincipalName: "7d0c", permissionLevel: "CAN_MANAGE" },
      ],
    });
  });

  it("refuses a person's folder and takes a service principal's", async () => {
    assert.match(
      violations(() => new NotebookFolder("n3", { source: folder, target: "/Workspace/Users/someone/x" }))[0]!,
      /target: .* outside \/Users/,
    );
    const own = "/Workspace/Users/00000000-0000-4000-8000-000000000001/code";
    const uploaded = new NotebookFolder("n4", { source: folder, target: own });
    assert.equal((await all("Directory", ...Object.values(uploaded.objects)))[0]!.inputs.path, own.slice(10));
  });

  it("refuses Jupyter notebooks that Databricks would not take, and globs that exclude nothing", () => {
    for (const [text, reason] of [
      ["{", /broken\.ipynb is not a Jupyter notebook: /],
      [JSON.stringify({ ...JUPYTER, nbformat: 3 }), /nbformat is 3, and must be 4/],
      [JSON.stringify({ ...JUPYTER, cells: undefined }), /no list of cells/],
      [JSON.stringify({ ...JUPYTER, metadata: { kernelspec: { language: "julia" } } }), /its language is 'julia'/],
    ] as const) {
      writeFileSync(join(folder, "broken.ipynb"), text);
      assert.throws(() => planUploads(folder), reason);
    }
    rmSync(join(folder, "broken.ipynb"));
    assert.throws(() => planUploads(folder, ["test/**"]), /the glob 'test\/\*\*' excludes nothing/);
  });
});
