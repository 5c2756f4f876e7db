/**
 * Compiles the components to `dist/`, JavaScript with declarations and the schema for other languages: what `npm pack` takes.
 * The repository's own program needs no build.
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageSchema } from "./plugin/schema.ts";

const HERE = import.meta.dirname;
rmSync(join(HERE, "dist"), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", join(HERE, "tsconfig.build.json")], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
writeFileSync(join(HERE, "dist", "plugin", "schema.json"), JSON.stringify(packageSchema()));
