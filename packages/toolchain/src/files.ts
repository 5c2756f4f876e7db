/** Writing files that others read meanwhile, and that a kill must not leave half written. */
import { renameSync, writeFileSync } from "node:fs";

/** Readers see the whole content or what was there before. The file is its owner's alone. */
export function replaceFile(file: string, content: string): void {
  const partial = `${file}.${process.pid}.new`;
  writeFileSync(partial, content, { mode: 0o600, flush: true });
  renameSync(partial, file);
}
