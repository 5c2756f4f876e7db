/**
 * `npm run pack:policy`: the policy pack as a package that `npm install FILE.tgz` installs beside any Pulumi program: JavaScript with
 * declarations (Node strips no types below node_modules), the configurations, and the page of its rules.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "./compile.ts";
import { packCommand, readManifest, tarball, writeManifest } from "./tarball.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SOURCE = join(ROOT, "policy");
const OUT = "dist";

/** `./rule.ts` becomes the compiled file with its types; what is no TypeScript stays where it is. */
const compiled = (path: string): string | { types: string; default: string } => {
  const [, stem] = /^\.\/(.*)\.ts$/.exec(path) ?? [];
  return stem === undefined ? path : { types: `./${OUT}/${stem}.d.ts`, default: `./${OUT}/${stem}.js` };
};

function stage(into: string): void {
  const { private: _, scripts: __, ...manifest } = readManifest(join(SOURCE, "package.json"));
  compile(join(into, "..", "tsconfig.json"), join(into, OUT), {
    rootDir: SOURCE,
    include: [join(SOURCE, "**", "*.ts")],
  });
  for (const part of ["config", "main.js", "PulumiPolicy.yaml", "README.md"])
    cpSync(join(SOURCE, part), join(into, part), { recursive: true });
  cpSync(join(ROOT, "LICENSE"), join(into, "LICENSE"));
  cpSync(join(ROOT, "docs", "policies.md"), join(into, "policies.md"));
  writeManifest(into, {
    ...manifest,
    exports: Object.fromEntries(Object.entries(manifest.exports).map(([name, path]) => [name, compiled(path)])),
    bin: Object.fromEntries(
      Object.entries(manifest.bin as Record<string, string>).map(([name, path]) => [
        name,
        path.replace(/^\.\/(.*)\.ts$/, `./${OUT}/$1.js`),
      ]),
    ),
    files: [OUT, "config", "main.js", "PulumiPolicy.yaml", "policies.md", "LICENSE"],
  });
}

export async function packPolicy(destination: string): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), "pack-policy-"));
  const package_ = join(work, "package");
  try {
    mkdirSync(package_);
    stage(package_);
    return await tarball(package_, destination);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.main) await packCommand(packPolicy);
