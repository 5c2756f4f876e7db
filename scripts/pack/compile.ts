/** Compiles sources to JavaScript with declarations, which is what a package holds: Node strips no types below node_modules. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_DIR } from "../stack/paths.ts";

export interface Sources {
  rootDir: string;
  include?: readonly string[];
  files?: readonly string[];
  /** By path: what is found below node_modules is taken for compiled already and left out. */
  paths?: Readonly<Record<string, readonly string[]>>;
}

/**
 * @param config where the compiler's configuration is written
 * @param out mirrors `rootDir`
 */
export function compile(config: string, out: string, { rootDir, include = [], files, paths }: Sources): void {
  const options = {
    extends: join(PROJECT_DIR, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      incremental: false,
      tsBuildInfoFile: null,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir,
      outDir: out,
      paths,
      types: ["node"],
      typeRoots: [join(PROJECT_DIR, "node_modules", "@types")],
    },
    include,
    files,
  };
  writeFileSync(config, JSON.stringify(options));
  const tsc = join(PROJECT_DIR, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", config], { stdio: "inherit" });
}
