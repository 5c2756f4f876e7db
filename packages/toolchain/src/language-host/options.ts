/** The runtime options of Pulumi.yaml and PulumiPolicy.yaml: `nodeargs`, `typescript`, `tsconfig`, `packagemanager`. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

export const PACKAGE_MANAGERS = ["npm", "yarn", "pnpm", "bun"] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

export interface RuntimeOptions {
  nodeArgs: string[];
  typescript: boolean;
  tsconfig?: string;
  packageManager?: PackageManager;
}

/** @throws Error naming the option, what it got and what is allowed */
export function readOptions(options: Record<string, unknown> = {}): RuntimeOptions {
  const { nodeargs = "", typescript = true, tsconfig, packagemanager } = options;
  if (typeof nodeargs !== "string") throw wrong("nodeargs", nodeargs, "text");
  if (typeof typescript !== "boolean") throw wrong("typescript", typescript, "true or false");
  if (tsconfig !== undefined && typeof tsconfig !== "string") throw wrong("tsconfig", tsconfig, "a path");
  const manager = packagemanager === "auto" ? undefined : packagemanager;
  if (manager !== undefined && !PACKAGE_MANAGERS.includes(manager as PackageManager)) {
    throw wrong("packagemanager", packagemanager, `auto, ${PACKAGE_MANAGERS.join(", ")}`);
  }
  return {
    nodeArgs: splitWords(nodeargs),
    typescript,
    tsconfig,
    packageManager: manager as PackageManager | undefined,
  };
}

function wrong(option: string, got: unknown, allowed: string): Error {
  return new Error(`runtime option '${option}' is ${JSON.stringify(got)}; allowed: ${allowed}`);
}

/** Splits as a shell does: spaces part words, quotes and backslashes keep them together. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === "\\" && quote !== "'" && at + 1 < text.length) {
      at += 1;
      word = (word ?? "") + text[at];
    } else if (quote !== "") {
      if (char === quote) quote = "";
      else word = (word ?? "") + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== "") throw new Error(`runtime option 'nodeargs' has an unclosed ${quote}: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}

const LOCK_FILES: [string, PackageManager][] = [
  ["package-lock.json", "npm"],
  ["yarn.lock", "yarn"],
  ["pnpm-lock.yaml", "pnpm"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
];

/** The manager whose lock file lies in the folder or above it; npm when there is none. */
export function detectPackageManager(dir: string): PackageManager {
  for (let folder = dir; ; folder = dirname(folder)) {
    const found = LOCK_FILES.find(([file]) => existsSync(join(folder, file)));
    if (found) return found[1];
    if (folder === dirname(folder)) return "npm";
  }
}
