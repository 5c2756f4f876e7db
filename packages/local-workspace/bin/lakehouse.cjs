#!/usr/bin/env node
// Plain JavaScript that Node 18 can run: the command needs Node 24, and finds or names it.
"use strict";
const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const NODE_MAJOR = 24;
const cli = path.join(__dirname, "..", "src", "cli");
// The packed package has compiled JavaScript; a checkout's TypeScript runs as it stands.
const main = ["main.js", "main.ts"].map((name) => path.join(cli, name)).find(existsSync);

if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) {
  import(pathToFileURL(main).href)
    .then(({ run }) => run(process.argv.slice(2)))
    .then((status) => {
      process.exitCode = status;
    })
    .catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });
} else {
  again(ownNode());
}

/** Node 24 of the optional dependency, which npm installs on Linux. */
function ownNode() {
  for (const name of [`node-${process.platform}-${process.arch}/bin/node`, "node/bin/node"]) {
    try {
      return require.resolve(name);
    } catch {
      // not installed on this platform
    }
  }
  process.stderr.write(
    `error: lakehouse needs Node ${NODE_MAJOR} or newer; this is ${process.version}, and no Node ${NODE_MAJOR} is installed beside it for ${process.platform}-${process.arch}. Install Node ${NODE_MAJOR} from https://nodejs.org and try again.\n`,
  );
  process.exit(1);
}

function again(node) {
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to the whole group, so the command has it already; other signals go to this process alone.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`error: ${node} did not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal ? 128 + (os.constants.signals[signal] || 0) : code));
}
