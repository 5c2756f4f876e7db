/** What files import, of the files of this repository: TypeScript by its import graph, Python by package. */
import { existsSync, globSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import ts from "typescript";

const SCRIPT = /\.(ts|js|cjs|mjs)$/;

/** Folders from which Python imports packages, beside the importing file's own (pyproject.toml, and PYTHONPATH of tools). */
const PYTHON_ROOTS = [
  "packages/engine/src",
  "packages/engine/tests",
  "packages/engine/tests/engine/updates",
  "notebooks",
  "notebooks/tests/medallion",
  "tests",
  "scripts/docs",
  "bench",
];

export class Imports {
  readonly #root: string;
  readonly #known = new Map<string, string[]>();

  constructor(root: string) {
    this.#root = realpathSync(root);
  }

  /** The files, and all that they import, directly or not. */
  closure(files: Iterable<string>): Set<string> {
    const found = new Set<string>();
    const open = [...files];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (found.has(file)) continue;
      found.add(file);
      open.push(...this.#of(file));
    }
    return found;
  }

  #of(file: string): string[] {
    let known = this.#known.get(file);
    if (!known) {
      known = SCRIPT.test(file) ? this.#script(file) : file.endsWith(".py") ? this.#python(file) : [];
      this.#known.set(file, known);
    }
    return known;
  }

  #script(file: string): string[] {
    const path = join(this.#root, file);
    const { importedFiles } = ts.preProcessFile(readFileSync(path, "utf8"));
    const require = createRequire(path);
    return importedFiles.flatMap(({ fileName }) => {
      try {
        return this.#inside(require.resolve(fileName));
      } catch {
        return []; // a package that only exports to `import` is none of this repository's
      }
    });
  }

  #inside(path: string): string[] {
    const file = relative(this.#root, path).split(sep).join("/");
    return file.startsWith("..") || file.includes("node_modules/") || !existsSync(join(this.#root, file)) ? [] : [file];
  }

  /** A module counts with its whole package: what a package imports depends on which of its parts is used. */
  #python(file: string): string[] {
    const text = readFileSync(join(this.#root, file), "utf8");
    const names = new Set([...text.matchAll(/^\s*(?:from|import)\s+([A-Za-z_]\w*)/gm)].map(([, name]) => name!));
    return [...names].flatMap((name) => {
      for (const folder of [dirname(file), ...PYTHON_ROOTS]) {
        const module = join(folder, `${name}.py`);
        if (existsSync(join(this.#root, module))) return [module];
        const parts = globSync(`${join(folder, name)}/**/*.py`, { cwd: this.#root });
        if (parts.length > 0) return parts;
      }
      return [];
    });
  }
}
