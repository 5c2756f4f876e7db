/**
 * What starts a job besides its schedule: `trigger` and `continuous`.
 * https://docs.databricks.com/aws/en/jobs/triggers and the pages below it.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { invalid, notImplemented } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { volumeFolder } from "../unity-catalog/disk.ts";
import { findSecurable, listSecurables } from "../unity-catalog/store.ts";
import type { Settings, Trigger } from "./schemas.ts";

const KINDS = ["periodic", "file_arrival", "table_update", "table"] as const;
/** Documented triggers for which nothing happens on one machine. */
const FOREIGN = ["model", "sql_condition", "job_completion"] as const;
const UNIT = { MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000, WEEKS: 604_800_000 };

export const intervalOf = ({ interval, unit }: NonNullable<Trigger["periodic"]>): number => interval * UNIT[unit];

export const tablesOf = (trigger: Trigger): Trigger["table_update"] => trigger.table_update ?? trigger.table;

/** @throws when it is not exactly one trigger, or one that can never fire */
export function checkTrigger(context: Context, { trigger }: Settings): void {
  if (!trigger) return;
  for (const kind of FOREIGN) {
    if (trigger[kind] !== undefined)
      throw notImplemented(`trigger.${kind}: use ${KINDS.slice(0, 3).join(", ")} or schedule in the local workspace.`);
  }
  const set = KINDS.filter((kind) => trigger[kind] !== undefined);
  if (set.length !== 1) {
    throw invalid(`trigger must have exactly one of ${KINDS.slice(0, 3).join(", ")}, got ${set.join(", ") || "none"}.`);
  }
  if (trigger.file_arrival) checkUrl(context, trigger.file_arrival.url);
  for (const name of tablesOf(trigger)?.table_names ?? []) {
    if (name.split(".").length !== 3)
      throw invalid(`trigger.table_update.table_names: '${name}' must be catalog_name.schema_name.table_name.`);
  }
}

function checkUrl({ db }: Context, url: string): void {
  if (volumeOf(url)) {
    if (findSecurable(db, "VOLUME", volumeOf(url)!.name)) return;
    throw invalid(`trigger.file_arrival.url: volume '${volumeOf(url)!.name}' does not exist.`);
  }
  const below = (location: string): boolean => `${url.replace(/\/*$/, "/")}`.startsWith(location.replace(/\/*$/, "/"));
  if (listSecurables(db, "EXTERNAL_LOCATION").some(({ body }) => below(String(body.url)))) return;
  throw invalid(
    `trigger.file_arrival.url: '${url}' must be a path in a volume (/Volumes/…), or in an external location of the metastore.`,
  );
}

function volumeOf(url: string): { name: string; rest: string[] } | undefined {
  const [root, catalog, schema, volume, ...rest] = url
    .replace(/^dbfs:/, "")
    .split("/")
    .filter(Boolean);
  if (root !== "Volumes" || !catalog || !schema || !volume || rest.includes("..")) return undefined;
  return { name: `${catalog}.${schema}.${volume}`.toLowerCase(), rest };
}

/** What a trigger watches, as keys with the time (ms) of their last change: files by path, table versions by name. */
export type Seen = Map<string, number>;

/**
 * Files below the trigger's path; an external location has none on this machine.
 * @param known files whose time need not be looked up again
 */
export function filesAt(context: Context, url: string, known: Seen = new Map()): Seen {
  const seen: Seen = new Map();
  const volume = volumeOf(url);
  if (!volume) return seen;
  const root = join(volumeFolder(context, volume.name), ...volume.rest);
  for (const entry of entries(root, true)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const changed = known.get(path) ?? statSync(path, { throwIfNoEntry: false })?.ctimeMs;
    if (changed !== undefined) seen.set(path, changed);
  }
  return seen;
}

const COMMIT = /^\d{20}\.json$/;

/** The newest commit of each table as `<name> <version>`; a table that does not exist yet is left out. */
export function versionsOf(context: Context, names: readonly string[]): Seen {
  const seen: Seen = new Map();
  for (const name of names) {
    const table = findSecurable(context.db, "TABLE", name.toLowerCase());
    if (!table) continue;
    const location = String(table.body.storage_location ?? join(context.tablesRoot, table.id)).replace(/^file:/, "");
    const log = join(location, "_delta_log");
    const newest = entries(log, false)
      .flatMap((entry) => (COMMIT.test(entry.name) ? [entry.name] : []))
      .sort()
      .at(-1);
    const changed = newest && statSync(join(log, newest), { throwIfNoEntry: false })?.mtimeMs;
    if (changed) seen.set(`${name} ${Number.parseInt(newest, 10)}`, changed);
  }
  return seen;
}

function entries(folder: string, recursive: boolean): import("node:fs").Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // not there yet, or gone while it was read
    throw error;
  }
}

export interface Watched {
  /** What there was when the trigger was set, or when it last fired. */
  before: Seen;
  /** When it last fired or was set, ms. */
  since: number;
  fired: boolean;
}

/** @returns true when what there is now starts a run */
export function fires(trigger: Trigger, { before, since, fired }: Watched, now: Seen, at: number): boolean {
  const { file_arrival: files } = trigger;
  const tables = tablesOf(trigger);
  const fresh = [...now].filter(([key]) => !before.has(key));
  if (fresh.length === 0) return false;
  if (tables?.condition === "ALL_UPDATED" && fresh.length < new Set(tables.table_names).size) return false;
  const { min_time_between_triggers_seconds: least = 0, wait_after_last_change_seconds: quiet = 0 } = (files ??
    tables)!;
  if (fired && at - since < least * 1000) return false;
  return at - Math.max(...fresh.map(([, changed]) => changed)) >= quiet * 1000;
}
