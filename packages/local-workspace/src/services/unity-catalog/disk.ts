/**
 * Files of managed volumes and tables. What is dropped is moved to a trash folder at once (one rename, so a kill leaves all
 * or nothing) and removed afterwards; a volume's move is on record until it is done, and finished at the next start.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { uuid } from "../../core/ids.ts";
import type { Context } from "../../core/service.ts";
import { listSecurables, type Securable } from "./store.ts";

type Place = Pick<Context, "dataDir" | "volumesRoot" | "tablesRoot" | "db">;

export const volumeFolder = (place: Pick<Context, "volumesRoot">, fullName: string): string =>
  join(place.volumesRoot, ...fullName.split("."));

export const tableFolder = (place: Pick<Context, "tablesRoot">, tableId: string): string =>
  join(place.tablesRoot, tableId);

export function discard(place: Place, folder: string): void {
  if (!existsSync(folder)) return;
  const trash = join(place.dataDir, "trash");
  mkdirSync(trash, { recursive: true });
  const target = join(trash, uuid());
  renameSync(folder, target);
  rmSync(target, { recursive: true, force: true });
}

/** The files behind a dropped securable and what was in it. */
export function discardAll(place: Place, dropped: readonly Securable[]): void {
  for (const { type, fullName, id, body } of dropped) {
    if (type === "VOLUME") discard(place, volumeFolder(place, fullName));
    if (type === "SCHEMA" || type === "CATALOG") discard(place, volumeFolder(place, fullName));
    if (type === "TABLE" && body.table_type !== "EXTERNAL") discard(place, tableFolder(place, id));
  }
}

/** Call in the transaction that renames; `finishMoves` after it. */
export function planMove(place: Place, from: string, to: string): void {
  place.db.run("INSERT INTO volume_moves VALUES (?, ?)", from, to);
}

export function finishMoves(place: Place): void {
  for (const { source, target } of place.db.all<{ source: string; target: string }>("SELECT * FROM volume_moves")) {
    const [from, to] = [volumeFolder(place, source), volumeFolder(place, target)];
    if (existsSync(from)) {
      mkdirSync(dirname(to), { recursive: true });
      if (existsSync(to)) discard(place, to);
      renameSync(from, to);
    }
    place.db.run("DELETE FROM volume_moves WHERE source = ? AND target = ?", source, target);
  }
}

const foldersIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    : [];

/** After a start: finishes what a kill interrupted, and removes folders that no record names any more. */
export function tidy(place: Place): void {
  rmSync(join(place.dataDir, "trash"), { recursive: true, force: true });
  finishMoves(place);
  const volumes = new Set(listSecurables(place.db, "VOLUME").map((volume) => volume.fullName));
  for (const volume of volumes) mkdirSync(volumeFolder(place, volume), { recursive: true });
  for (const catalog of foldersIn(place.volumesRoot)) {
    for (const schema of foldersIn(join(place.volumesRoot, catalog))) {
      for (const volume of foldersIn(join(place.volumesRoot, catalog, schema))) {
        const fullName = `${catalog}.${schema}.${volume}`;
        if (!volumes.has(fullName)) discard(place, volumeFolder(place, fullName));
      }
    }
  }
}
