import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute, Home } from "./harness.ts";

const COMMANDS = ["start", "stop", "status", "open", "env", "token", "logs", "reset", "doctor"];

describe("lakehouse, where no workspace runs", () => {
  const home = new Home();
  after(() => home.remove());

  it("describes each command and its data folder with --help", async () => {
    const { code, stdout } = await home.lakehouse(["--help"]);
    assert.equal(code, 0);
    for (const name of COMMANDS) assert.match(stdout, new RegExp(`^  ${name} `, "m"));
    for (const name of COMMANDS) {
      const help = await home.lakehouse([name, "--help"]);
      assert.equal(help.code, 0, name);
      assert.match(help.stdout, /--data-dir <dir>[\s\S]*LAKEHOUSE_DATA_DIR/, name);
    }
  });

  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    assert.deepEqual(await home.lakehouse(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" });
  });

  const wrong: [string[], RegExp][] = [
    [[], /Usage: lakehouse/],
    [["strat"], /unknown command 'strat'/],
    [["start", "--port", "70000"], /'70000' is invalid.*a port from 1 to 65535, or 0/],
    [["start", "here"], /too many arguments for 'start'/],
    [["stop", "--force"], /unknown option '--force'/],
    [["logs", "--tail", "-1"], /'-1' is invalid/],
  ];
  for (const [args, said] of wrong) {
    it(`ends with status 2 and what is wrong: lakehouse ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await home.lakehouse(args);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, said);
    });
  }

  const failing: [string[], RegExp][] = [
    [["env"], /^error: No workspace runs on .*\.lakehouse\. Start it with 'lakehouse start --detach'\.\n$/],
    [["open"], /^error: No workspace runs on /],
    [["token"], /^error: .* has no token: no workspace was started there yet\.\n$/],
    [["logs"], /^error: .* has no logs/],
    // On Linux nobody, not even root, makes folders there; on macOS the disk of the system is read-only.
    [
      ["start", "--data-dir", "/sys/lakehouse"],
      /^error: The data folder \/sys\/lakehouse cannot be written \(E\w+\)\. Make it writable, or choose another with --data-dir\.\n$/,
    ],
  ];
  for (const [args, said] of failing) {
    it(`ends with status 1 and one sentence: lakehouse ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await home.lakehouse(args);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, said);
    });
  }

  it("answers status with 1, and stop and reset with 0, changing nothing", async () => {
    const none = `No workspace runs on ${home.dataDir}.\n`;
    assert.deepEqual(await home.lakehouse(["status"]), { code: 1, stdout: none, stderr: "" });
    assert.deepEqual(await home.lakehouse(["stop"]), { code: 0, stdout: none, stderr: "" });
    assert.equal((await home.lakehouse(["reset"])).code, 0);
    assert.equal(existsSync(home.dataDir), false);
  });

  it("takes the folder of LAKEHOUSE_DATA_DIR, and --data-dir before it", async () => {
    const from = { LAKEHOUSE_DATA_DIR: join(home.dir, "from-environment") };
    assert.match((await home.lakehouse(["status"], from)).stdout, /from-environment\.$/m);
    assert.match((await home.lakehouse(["status", "--data-dir", "given"], from)).stdout, /given\.$/m);
  });

  it("names what doctor misses and how to get it", async () => {
    const { code, stdout } = await home.lakehouse(["doctor"], { PATH: home.dir, JAVA_HOME: "" });
    assert.equal(code, 1);
    assert.match(stdout, /^missing {3}Python 3\.11 was not found on PATH\. Install it/m);
    assert.match(stdout, /^missing {3}Java was not found on PATH\. Install Java 17/m);
    assert.match(stdout, /^optional {2}databricks is not on PATH.*Asset Bundles/m);
    assert.match(stdout, /^2 missing\.$/m);
  });
});

describe("lakehouse, beside a running workspace", () => {
  const home = new Home();
  let host: string;
  let pid: number;
  before(async () => {
    const started = await home.start({ detach: true });
    ({ pid } = started);
    host = started.api.host;
  });
  after(() => home.remove());

  it("prints exactly two lines for a shell, with which a client gets in", async () => {
    const { code, stdout, stderr } = await home.lakehouse(["env"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const found = /^export DATABRICKS_HOST=(\S+)\nexport DATABRICKS_TOKEN=(\S+)\n$/.exec(stdout);
    assert.equal(found?.[1], host);
    const headers = { authorization: `Bearer ${found?.[2]}` };
    assert.equal((await fetch(`${host}/api/2.0/preview/scim/v2/Me`, { headers })).status, 200);
    assert.equal((await home.lakehouse(["token"])).stdout, `${found?.[2]}\n`);
  });

  it("says where it runs", async () => {
    const { code, stdout } = await home.lakehouse(["status"]);
    assert.equal(code, 0);
    assert.ok(stdout.includes(host) && stdout.includes(String(pid)) && stdout.includes(home.dataDir), stdout);
  });

  it("prints its log", async () => {
    assert.match((await home.lakehouse(["logs"])).stdout, /^workspace \| The local workspace is at http/m);
  });

  it("says at once that it is running when it is started again", async () => {
    const began = Date.now();
    const { code, stderr } = await home.lakehouse(["start"]);
    assert.equal(code, 1);
    assert.equal(stderr, `error: The workspace of ${home.dataDir} is already running at ${host} (process ${pid}).\n`);
    assert.ok(Date.now() - began < 10_000);
  });

  it("refuses at once a port that is in use, before it makes anything for the start", async () => {
    const began = Date.now();
    const port = new URL(host).port;
    const { code, stderr } = await home.lakehouse(["start", "--data-dir", "second", "--port", port]);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `error: Port ${port} of 127.0.0.1 is in use by another program. Choose another with --port; 0 takes a free one.\n`,
    );
    assert.ok(Date.now() - began < 10_000);
  });

  it("refuses to reset while it runs, and loses nothing", async () => {
    const { code, stderr } = await home.lakehouse(["reset"]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`process ${pid}, ${host}.*lakehouse stop`));
    assert.equal((await home.lakehouse(["status"])).code, 0);
  });

  it("opens the browser by a page that only the owner can read, with the token in no argument", async () => {
    const browser = join(home.dir, "browser");
    const seen = join(home.dir, "seen");
    writeFileSync(browser, `#!/bin/sh\necho "$@" > ${seen}\n`);
    chmodSync(browser, 0o755);
    assert.equal((await home.lakehouse(["open"], { BROWSER: browser })).code, 0);
    const token = readFileSync(join(home.dataDir, "token"), "utf8").trim();
    const argument = readFileSync(seen, "utf8").trim();
    assert.ok(!argument.includes(token));
    const page = fileURLToPath(argument);
    assert.equal(statSync(page).mode & 0o777, 0o600);
    assert.ok(readFileSync(page, "utf8").includes(`${host}/#token=${token}`));
  });

  it("keeps its folder to its owner, and every file in it", () => {
    assert.equal(statSync(home.dataDir).mode & 0o777, 0o700);
    for (const name of readdirSync(home.dataDir, { recursive: true, encoding: "utf8" })) {
      const stats = statSync(join(home.dataDir, name));
      assert.equal(stats.mode & 0o077, 0, `${name} has mode ${(stats.mode & 0o777).toString(8)}`);
    }
  });

  it("has no token in the arguments of its process", async () => {
    const token = readFileSync(join(home.dataDir, "token"), "utf8").trim();
    const { stdout } = await execute("ps", ["-A", "-ww", "-o", "args="]);
    assert.ok(stdout.includes(home.dataDir));
    assert.ok(!stdout.includes(token));
  });

  it("stops, and then resets to nothing", async () => {
    assert.equal((await home.lakehouse(["stop"])).stdout, `Stopped the workspace of ${home.dataDir}.\n`);
    assert.equal((await home.lakehouse(["status"])).code, 1);
    assert.equal((await home.lakehouse(["reset"])).stdout, `Deleted ${home.dataDir}.\n`);
    assert.deepEqual(
      readdirSync(home.dir).filter((name) => name.startsWith(".lakehouse")),
      [],
    );
  });
});

describe("lakehouse, started twice at the same time", () => {
  const home = new Home();
  after(() => home.remove());

  it("starts one workspace: one start succeeds, the other says that it is running, and where", async () => {
    const start = (): ReturnType<Home["lakehouse"]> => home.lakehouse(["start", "--detach", "--port", "0"]);
    const [first, second] = (await Promise.all([start(), start()])).sort((a, b) => a.code - b.code);
    assert.equal(first!.code, 0, first!.stderr);
    const at = /is at (http:\S+);/.exec(first!.stdout)?.[1];
    assert.ok(at, first!.stdout);
    assert.equal(second!.code, 1);
    assert.match(second!.stderr, /^error: The workspace of \S+ is already running at http:\S+ \(process \d+\)\.$/m);
    assert.ok(second!.stderr.includes(at), second!.stderr);
  });
});
