/** The provider of dynamic resources: the SDK's own, as the program in this folder sees it. */
import { spawn } from "node:child_process";
import { locate } from "./program.ts";

const child = spawn(process.execPath, [locate(process.cwd(), "dynamic-provider"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : code));
