/** The archive of classes is made once, and an engine that can have none works without it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Classes, classArchiveForLater, ensureClassArchive } from "../src/class-archive.ts";

describe("the class archive", () => {
  let dir: string;
  let said: string[];
  const cacheHome = process.env.XDG_CACHE_HOME;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "olist-classes-"));
    said = [];
    process.env.XDG_CACHE_HOME = dir;
  });
  afterEach(() => {
    if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheHome;
    rmSync(dir, { recursive: true });
  });

  /** With a Python that appends what it is called with to `calls` and does what `script` says. */
  function ensure(script: string): Promise<string | undefined> {
    return ensureClassArchive(classes(script), (line) => said.push(line));
  }
  function classes(script: string): Classes {
    const python = join(dir, "python");
    writeFileSync(python, `#!/bin/sh\necho "$ENGINE_JARS $*" >> '${dir}/calls'\n${script}\n`, { mode: 0o755 });
    const java = { java: "/opt/java", version: "17" };
    return { python, spark: "/spark", jars: ["/a.jar", "/b.jar"], java };
  }
  const calls = (): string[] => readFileSync(join(dir, "calls"), "utf8").trim().split("\n");

  it("is what the engine's training wrote, with the class path that the engine will have", async () => {
    const archive = await ensure('echo classes > "$3"');
    assert.equal(readFileSync(archive!, "utf8"), "classes\n");
    assert.equal(await ensure("exit 1"), archive);
    assert.equal(calls().length, 1);
    assert.match(calls()[0]!, /^\/a\.jar:\/b\.jar -m lakehouse_engine\.class_archive \/.*\/engine\.jsa$/);
  });

  it("is made in the background of a start, which does not wait for it, and used by the next", () => {
    const made: Classes[] = [];
    const wanted = classes('echo classes > "$3"');
    const start = (): string | undefined => classArchiveForLater(wanted, (missing) => made.push(missing));
    assert.equal(start(), undefined);
    assert.deepEqual(made, [wanted]);
    const script = join(import.meta.dirname, "..", "src", "class-archive.ts");
    const { status, stderr } = spawnSync(process.execPath, [script, JSON.stringify(wanted)], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(readFileSync(start()!, "utf8"), "classes\n");
    assert.equal(made.length, 1);
  });

  it("is left out, with the reason, where it cannot be made, and not tried at every start", async () => {
    assert.equal(await ensure("echo 'no such option' >&2; exit 1"), undefined);
    assert.match(said.join("\n"), /the engine works without it.*no such option/s);
    assert.equal(await ensure("exit 1"), undefined);
    assert.equal(calls().length, 1);
  });
});
