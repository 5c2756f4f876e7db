import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { explain, prepareFolder } from "../../src/control/folder.ts";
import { findWorkspace, resetFolder } from "../../src/control/index.ts";
import { Home } from "./harness.ts";

const CONTROL = join(import.meta.dirname, "../../src/control/index.ts");

describe("a data folder", () => {
  const home = new Home();
  after(() => home.remove());
  const folder = (name: string): string => join(home.dir, name);

  it("is made for its owner alone, and kept out of Git and of file syncs", () => {
    prepareFolder(folder("new/deep"));
    assert.equal(statSync(folder("new/deep")).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(folder("new/deep"), ".gitignore"), "utf8"), "*\n");
  });

  it("of somebody else is neither used nor deleted", () => {
    mkdirSync(folder("photos"));
    writeFileSync(join(folder("photos"), "one.jpg"), "");
    assert.throws(
      () => prepareFolder(folder("photos")),
      /photos is not empty and is not a local workspace's data folder/,
    );
    assert.throws(
      () => resetFolder(folder("photos")),
      /photos is not a local workspace's data folder, so it is not deleted/,
    );
    assert.deepEqual(readdirSync(folder("photos")), ["one.jpg"]);
  });

  it("of version 0.1.0, which had no mark, is used", () => {
    mkdirSync(folder("old"));
    for (const name of ["state.db", "lock.db", "token"]) writeFileSync(join(folder("old"), name), "");
    prepareFolder(folder("old"));
    assert.equal(statSync(folder("old")).mode & 0o777, 0o700);
  });

  it("of a newer version is refused in one sentence and stays as it is", () => {
    const mark = join(prepareFolder(folder("newer")).dir, "lakehouse-workspace.json");
    writeFileSync(mark, '{"format": 2}');
    for (const use of [prepareFolder, resetFolder]) {
      assert.throws(
        () => use(folder("newer")),
        /newer was written by a newer version \(format 2; this version reads format 1\)/,
      );
    }
    assert.equal(readFileSync(mark, "utf8"), '{"format": 2}');
  });

  it("around the current folder is refused: a reset would delete what people work on", () => {
    assert.throws(() => prepareFolder(join(process.cwd(), "..")), /contains the current folder/);
  });

  it("below a file is refused by the file's name", () => {
    writeFileSync(folder("file"), "");
    assert.throws(() => prepareFolder(folder("file/data")), /\/file is a file\. Choose another --data-dir/);
  });

  for (const [code, said] of [
    ["ENOSPC", /^The disk that holds \/data is full\. Free some space and start again; nothing is lost\.$/],
    [
      "EROFS",
      /^The data folder \/data cannot be written \(EROFS\)\. Make it writable, or choose another with --data-dir\.$/,
    ],
    ["EACCES", /^The data folder \/data cannot be written \(EACCES\)/],
  ] as const) {
    it(`that fails with ${code} is explained in one sentence`, () => {
      assert.match(explain(Object.assign(new Error("write"), { code }), "/data").message, said);
    });
  }
});

describe("starts", () => {
  const home = new Home();
  afterEach(() => home.remove().then(() => mkdirSync(home.dir)));
  after(() => rmSync(home.dir, { recursive: true, force: true }));

  it("of one folder at the same time give one workspace, known to both", async () => {
    const both = await Promise.all([home.start({ detach: true }), home.start({ detach: true })]);
    assert.deepEqual(both.map(({ owned }) => owned).sort(), [false, true]);
    assert.equal(both[0].pid, both[1].pid);
    assert.equal(both[0].token, both[1].token);
    await both.find(({ owned }) => !owned)!.stop();
    assert.equal((await findWorkspace(home.dataDir))?.pid, both[0].pid, "who only found it does not stop it");
  });

  it("find no workspace where a killed one left its address and another program listens now", async () => {
    const started = await home.start({ detach: true });
    process.kill(started.pid, "SIGKILL");
    await assert.rejects(started.died, /SIGKILL|ended/);
    assert.ok(existsSync(started.folder.info));
    assert.equal(await findWorkspace(home.dataDir), undefined);
    const again = await home.start({ detach: true });
    assert.ok(again.owned);
    assert.equal(again.token, started.token);
  });

  it("end with the process that made them, even when it is killed", async () => {
    const script = `import { startWorkspace } from ${JSON.stringify(CONTROL)};
      await startWorkspace({ dataDir: ${JSON.stringify(home.dataDir)}, port: 0, engineEnv: () => ({ ENGINE_PYTHON: "no-engine" }) });
      console.log("started");`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => parent.stdout.once("data", resolve));
    assert.ok(await findWorkspace(home.dataDir));
    parent.kill("SIGKILL");
    const deadline = Date.now() + 15_000;
    while (await findWorkspace(home.dataDir)) {
      assert.ok(Date.now() < deadline, "the workspace outlives its parent");
      await sleep(50);
    }
  });
});
