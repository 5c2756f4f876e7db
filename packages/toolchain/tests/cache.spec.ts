import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { cacheDir, cached, lock } from "../src/cache.ts";

const CACHE = join(import.meta.dirname, "..", "src", "cache.ts");
const part = { name: "part", key: "k1", title: "The part" };

describe("the toolchain's cache", () => {
  const before = process.env.XDG_CACHE_HOME;
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "olist-cache-"));
    process.env.XDG_CACHE_HOME = dir;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    rmSync(dir, { recursive: true, force: true });
  });

  it("makes a part once, and a second time takes it from the cache", async () => {
    let made = 0;
    const make = async (making: { dir: string }): Promise<void> => {
      made += 1;
      writeFileSync(join(making.dir, "file"), "whole");
    };
    const first = await cached(part, () => undefined, make);
    assert.equal(await cached(part, () => undefined, make), first);
    assert.equal(made, 1);
    assert.equal(readFileSync(join(first, "file"), "utf8"), "whole");
  });

  it("keeps nothing of a part that failed, and makes it anew", async () => {
    const fail = cached(
      part,
      () => undefined,
      async (making) => {
        writeFileSync(join(making.dir, "half"), "");
        throw new Error("the build failed");
      },
    );
    await assert.rejects(fail, /the build failed/);
    assert.equal(existsSync(join(cacheDir(), "part", "k1")), false);
    const made = await cached(
      part,
      () => undefined,
      async (making) => writeFileSync(join(making.dir, "file"), ""),
    );
    assert.equal(existsSync(join(made, "half")), false);
  });

  it("does not use what a killed process left half-finished", async () => {
    const left = join(cacheDir(), "tmp", "part-k1", "result");
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, "half"), "");
    const made = await cached(
      part,
      () => undefined,
      async (making) => writeFileSync(join(making.dir, "file"), ""),
    );
    assert.equal(existsSync(join(made, "half")), false);
  });

  it("lets two callers at once make a part once; the second waits and says so", async () => {
    let made = 0;
    const said: string[] = [];
    const make = async (making: { dir: string }): Promise<void> => {
      made += 1;
      await new Promise((resolve) => setTimeout(resolve, 400));
      writeFileSync(join(making.dir, "file"), "");
    };
    await Promise.all([cached(part, () => undefined, make), cached(part, (line) => said.push(line), make)]);
    assert.equal(made, 1);
    assert.ok(
      said.some((line) => line.includes("another process is making it")),
      said.join("\n"),
    );
  });

  it("takes over the lock of a process that was killed", async () => {
    const file = join(dir, "x.lock");
    const script = `import { lock } from ${JSON.stringify(CACHE)};
      await lock(${JSON.stringify(file)}, "x", () => {}); console.log("held"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    let held = false;
    const waiting = lock(file, "x", () => undefined).then((unlock) => {
      held = true;
      unlock();
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(held, false, "the lock was given to two processes");
    child.kill("SIGKILL");
    await waiting;
  });
});
