/** Global init scripts: kept, never run, as clusters do not start here. https://docs.databricks.com/api/workspace/globalinitscripts */
import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { requireAdmin } from "../identity/rules.ts";
import { type Body, findRecord, listRecords, putRecord, removeRecord, type SettingRecord } from "./store.ts";

const KIND = "global_init_script";
const BASE = "/api/2.0/global-init-scripts";
const MOST_BYTES = 64 * 1024;
const fields = {
  name: z.string().min(1),
  script: z.string().min(1),
  enabled: z.boolean().optional(),
  position: z.int().min(0).optional(),
};
const params = z.object({ id: z.string() });

function checkScript(script: string): void {
  const bytes = Buffer.from(script, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== script.replaceAll(/\s/g, "").replace(/=+$/, "")) {
    throw invalid("script: the value is not base64-encoded.");
  }
  if (bytes.length > MOST_BYTES) throw invalid(`script must have at most ${MOST_BYTES} bytes, got ${bytes.length}.`);
}

export function initScriptRoutes(app: App, { db }: Context): void {
  const admin = (principal: Principal): void => requireAdmin(db, principal, "see and change global init scripts");
  const read = (id: string): SettingRecord => {
    const found = findRecord(db, KIND, id);
    if (!found) throw notFound(`Global init script ${id} does not exist.`);
    return found;
  };
  /** In the order in which they would run. */
  const all = (): SettingRecord[] =>
    listRecords(db, KIND).sort((a, b) => Number(a.body.position) - Number(b.body.position));
  const view = (found: SettingRecord, script: boolean): Body => {
    const { script: text, ...rest } = found.body;
    return { script_id: found.id, ...rest, created_at: found.createdAt, ...(script ? { script: text } : {}) };
  };
  const save = (id: string, body: Body, principal: Principal, before?: SettingRecord): void => {
    checkScript(String(body.script));
    const others = all().filter((other) => other.id !== id);
    const position = Math.min(Number(body.position ?? before?.body.position ?? others.length), others.length);
    const stamps = {
      created_by: before?.body.created_by ?? principal.name,
      updated_by: principal.name,
      updated_at: Date.now(),
    };
    db.transaction(() => {
      putRecord(db, KIND, id, { ...body, enabled: body.enabled ?? false, position, ...stamps });
      const order = [...others.slice(0, position), read(id), ...others.slice(position)];
      for (const [at, each] of order.entries()) putRecord(db, KIND, each.id, { ...each.body, position: at });
    });
  };
  app.post(BASE, { schema: { body: z.looseObject(fields) } }, async ({ body, principal }) => {
    admin(principal);
    const id = uuid().replaceAll("-", "").slice(0, 16).toUpperCase();
    save(id, body, principal);
    return { script_id: id };
  });
  app.get(BASE, async ({ principal }) => {
    admin(principal);
    return { scripts: all().map((each) => view(each, false)) };
  });
  app.get(`${BASE}/:id`, { schema: { params } }, async (request) => {
    admin(request.principal);
    return view(read(request.params.id), true);
  });
  app.patch(`${BASE}/:id`, { schema: { params, body: z.looseObject(fields) } }, async (request) => {
    admin(request.principal);
    const before = read(request.params.id);
    save(before.id, request.body, request.principal, before);
    return {};
  });
  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    admin(request.principal);
    removeRecord(db, KIND, read(request.params.id).id);
    return {};
  });
}
