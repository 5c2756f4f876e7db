/** Objects of the tree that other services keep, such as dashboards: `get-status` knows them by their path. */
import { Part } from "../../core/part.ts";
import type { Context, Principal } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { requireLevel } from "../permissions/access.ts";
import { likeAsked } from "./rules.ts";

interface SavedObject {
  id: string;
  path: string;
  createdAt: number;
  updatedAt: number;
  /** As an export gives it. */
  content(): string;
}

export interface SavedKind {
  /** Of its file's name, e.g. `.lvdash.json`. */
  ending: string;
  type: "DASHBOARD" | "ALERT";
  /** As permissions name the type. */
  permissions: string;
  list(context: Context): SavedObject[];
}

const kinds = new Part<SavedKind[]>(() => []);

export function registerSaved(context: Context, kind: SavedKind): void {
  kinds.of(context).push(kind);
}

/** @throws PERMISSION_DENIED where the object is there and the principal may not read it */
export function findSavedObject(
  context: Context,
  principal: Principal,
  asked: string,
): (SavedObject & Pick<SavedKind, "type">) | undefined {
  const path = canonical(asked);
  const kind = kinds.of(context).find(({ ending }) => path.endsWith(ending));
  const saved = kind?.list(context).find((each) => canonical(each.path) === path);
  if (!kind || !saved) return undefined;
  requireLevel(context, principal, kind.permissions, saved.id, "CAN_READ");
  return { ...saved, type: kind.type };
}

/** As `get-status` shows it. */
export function savedObject(context: Context, principal: Principal, asked: string) {
  const saved = findSavedObject(context, principal, asked);
  if (!saved) return undefined;
  const path = likeAsked(asked, canonical(asked));
  return {
    ...{ object_type: saved.type, path, object_id: Number.parseInt(saved.id.slice(0, 12), 16) },
    ...{ resource_id: saved.id, created_at: saved.createdAt, modified_at: saved.updatedAt },
  };
}
