/** Securables that are more than a record when they are made: what REST and SQL share. */
import { mkdirSync } from "node:fs";
import { notImplemented } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import type { Actor } from "./access.ts";
import { discard, volumeFolder } from "./disk.ts";
import { createSecurable, type NewSecurable } from "./operations.ts";
import { insertSecurable, type Securable, theMetastore } from "./store.ts";

/** Every catalog is made with a `default` schema and its `information_schema`. */
export async function makeCatalog(
  context: Context,
  who: Actor,
  item: Omit<NewSecurable, "type" | "parent">,
): Promise<Securable> {
  const { db } = context;
  const principal = who.principal.name;
  return createSecurable(context, who, { ...item, type: "CATALOG", parent: theMetastore(db) }, (catalog) => [
    insertSecurable(db, {
      type: "SCHEMA",
      name: "default",
      parent: catalog,
      principal,
      comment: "Default schema (auto-created)",
    }),
    insertSecurable(db, {
      type: "SCHEMA",
      name: "information_schema",
      parent: catalog,
      principal: "System user",
      comment: "Information schema (auto-created)",
    }),
  ]);
}

export async function makeVolume(
  context: Context,
  who: Actor,
  schema: Securable,
  item: { name: string; comment?: string | undefined },
): Promise<Securable> {
  const made = await createSecurable(context, who, { ...item, type: "VOLUME", parent: schema }, (volume) => {
    // a folder that a killed drop left behind must not come back to life
    discard(context, volumeFolder(context, volume.fullName));
    mkdirSync(volumeFolder(context, volume.fullName), { recursive: true });
    return [];
  });
  return made;
}

export function refuseExternal(): never {
  throw notImplemented(
    "An external volume needs cloud storage, which the local workspace does not reach: use volume_type MANAGED.",
  );
}
