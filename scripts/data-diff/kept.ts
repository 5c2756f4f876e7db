/** What BASE gave is kept in the data folder by commit and inputs, so that the next comparison runs one side only. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "lakehouse-toolchain/files";

const FILE = "kept.json";

/** Catalogs by the key of what made them. */
type Kept = Record<string, string>;

function read(dataDir: string): Kept {
  try {
    return JSON.parse(readFileSync(join(dataDir, FILE), "utf8")) as Kept;
  } catch {
    return {}; // nothing was kept yet
  }
}

export function keptCatalog(dataDir: string, key: string): string | undefined {
  return read(dataDir)[key];
}

export function keep(dataDir: string, key: string, catalog: string): void {
  const file = join(dataDir, FILE);
  replaceFile(file, `${JSON.stringify({ ...read(dataDir), [key]: catalog }, null, 2)}\n`);
}
