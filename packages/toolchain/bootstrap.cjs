/**
 * `node packages/toolchain/bootstrap.cjs SCRIPT.ts ARGS…`: runs a script of the project on its own Node 24 with the locked packages,
 * installing them first when they are missing or older than package-lock.json. Plain JavaScript that Node 18 can run.
 */
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const ROOT = path.join(__dirname, "..", "..");
const MODULES = path.join(ROOT, "node_modules");
const BIN = path.join(MODULES, ".bin");
/** Written after `npm ci` has ended well, with the hash of the lock that it installed. */
const STAMP = path.join(MODULES, ".olist-lakehouse-installed");
const LOCK = path.join(ROOT, ".npm-ci.lock");
const NODE_MAJOR = 24;

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

async function main() {
  const [script, ...args] = process.argv.slice(2);
  if (!script) throw new Error("usage: node packages/toolchain/bootstrap.cjs SCRIPT.ts [ARGS…]");
  await ensureModules();
  const node = findNode();
  const env = {
    ...process.env,
    PATH: [BIN, path.dirname(node), process.env.PATH].filter(Boolean).join(path.delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || path.join(cacheDir(), "node-compile-cache"),
  };
  const child = spawn(node, [path.resolve(ROOT, script), ...args], { stdio: "inherit", env });
  // A terminal sends Ctrl-C to the whole group, so the script has it already; other signals go to this process alone.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`${node} did not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal ? 128 + (os.constants.signals[signal] || 0) : code));
}

function cacheDir() {
  const home = os.homedir();
  const base =
    process.env.XDG_CACHE_HOME ||
    path.join(home, ...(process.platform === "darwin" ? ["Library", "Caches"] : [".cache"]));
  return path.join(base, "olist-lakehouse");
}

function lockHash() {
  return createHash("sha256")
    .update(fs.readFileSync(path.join(ROOT, "package-lock.json")))
    .digest("hex");
}

function installed() {
  try {
    return fs.readFileSync(STAMP, "utf8").trim() === lockHash();
  } catch {
    return adopt();
  }
}

/** An `npm ci` that the user ran: npm writes node_modules/.package-lock.json last. Its packages must be the lock's. */
function adopt() {
  try {
    const have = JSON.parse(fs.readFileSync(path.join(MODULES, ".package-lock.json"), "utf8")).packages;
    const want = JSON.parse(fs.readFileSync(path.join(ROOT, "package-lock.json"), "utf8")).packages;
    for (const [name, wanted] of Object.entries(want)) {
      if (name === "" || wanted.link) continue;
      if (!have[name] ? !wanted.optional : have[name].version !== wanted.version) return false;
    }
    fs.writeFileSync(STAMP, `${lockHash()}\n`);
    return true;
  } catch {
    return false;
  }
}

async function ensureModules() {
  if (installed()) return;
  const unlock = await lock();
  try {
    if (installed()) return;
    process.stdout.write("Installing the locked npm packages (npm ci)\n");
    fs.rmSync(STAMP, { force: true });
    const started = Date.now();
    // Without the settings of the npm that runs this script, which would point at this package.
    // Errors only: npm runs under the machine's Node and warns of packages that want a newer one; they run under the project's own.
    const code = await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], started);
    if (code !== 0)
      throw new Error(`npm ci failed with status ${code}; what it printed is above. Mend that and try again.`);
    fs.writeFileSync(STAMP, `${lockHash()}\n`);
    process.stdout.write(`Installed the npm packages in ${Math.round((Date.now() - started) / 1000)} s\n`);
  } finally {
    unlock();
  }
}

function run(command, args, started) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  const timer = setInterval(() => {
    process.stdout.write(`  npm ci: ${Math.round((Date.now() - started) / 1000)} s\n`);
  }, 10000);
  return new Promise((resolve, reject) => {
    child.on("error", (error) =>
      reject(new Error(`${command} did not start: ${error.message}. Install Node with npm.`)),
    );
    child.on("exit", (code, signal) => resolve(signal || code));
  }).finally(() => clearInterval(timer));
}

/** One process installs at a time. A lock whose process is gone is taken over. */
async function lock() {
  for (let said = false; ; ) {
    try {
      fs.writeFileSync(LOCK, `${process.pid}\n`, { flag: "wx" });
      return () => fs.rmSync(LOCK, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw new Error(`The project folder cannot be written: ${error.message}`);
    }
    const holder = readHolder();
    if (holder !== undefined && !alive(holder)) {
      takeOver(holder);
      continue;
    }
    if (!said) process.stdout.write(`Another process (${holder ?? "unknown"}) installs the npm packages; waiting\n`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function readHolder() {
  try {
    return Number(fs.readFileSync(LOCK, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

/** Moves the dead process's lock away; when another process was quicker, what was moved is its lock and goes back. */
function takeOver(dead) {
  const moved = `${LOCK}.${process.pid}`;
  try {
    fs.renameSync(LOCK, moved);
    if (Number(fs.readFileSync(moved, "utf8")) !== dead) fs.linkSync(moved, LOCK);
  } catch {
    // it is gone: the next attempt finds out whose it is now
  }
  fs.rmSync(moved, { force: true });
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** This Node when it is new enough, else the project's own from the npm package `node`. */
function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) return process.execPath;
  const own = path.join(BIN, "node");
  if (fs.existsSync(own)) return fs.realpathSync(own);
  const said = spawnSync("node", ["--version"], { encoding: "utf8" }).stdout || "none";
  throw new Error(
    `Node ${NODE_MAJOR} or newer is needed, PATH has ${said.trim()}, and the npm package 'node' is not installed for ${process.platform}/${process.arch}. Install Node ${NODE_MAJOR}.`,
  );
}
