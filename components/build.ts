/**
 * Compiles the components to `dist/`, JavaScript with declarations, the reference and the schema for other languages: what
 * `npm pack` takes.
 * The repository's own program needs no build.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageSchema } from "./plugin/schema.ts";

const HERE = import.meta.dirname;
rmSync(join(HERE, "dist"), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", join(HERE, "tsconfig.build.json")], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
// In the package the README is beside `dist/`.
const reference = readFileSync(join(HERE, "..", "docs", "components.md"), "utf8");
writeFileSync(join(HERE, "dist", "components.md"), reference.replaceAll("../components/README.md", "../README.md"));
writeFileSync(join(HERE, "dist", "plugin", "schema.json"), JSON.stringify(packageSchema()));
