/** Compiles the pack to `dist/`, JavaScript with declarations: what `npm pack` takes. The repository itself runs the TypeScript. */
import { spawnSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const HERE = import.meta.dirname;
rmSync(join(HERE, "dist"), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", join(HERE, "tsconfig.build.json")], { stdio: "inherit" });
if (status === 0) {
  copyFileSync(join(HERE, "..", "LICENSE"), join(HERE, "LICENSE"));
  copyFileSync(join(HERE, "..", "docs", "policies.md"), join(HERE, "policies.md"));
}
process.exit(status ?? 1);
