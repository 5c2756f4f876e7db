/**
 * IP access lists: checked and kept. Every client of the local workspace is on this machine, so that they keep nobody out.
 * https://docs.databricks.com/api/workspace/ipaccesslists
 */
import { isIPv4 } from "node:net";
import { z } from "zod";
import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { requireAdmin } from "../identity/rules.ts";
import { type Body, findRecord, listRecords, putRecord, removeRecord, type SettingRecord } from "./store.ts";

const KIND = "ip_access_list";
const BASE = "/api/2.0/ip-access-lists";
/** Addresses and ranges of all lists of a workspace together. */
const MOST_ADDRESSES = 1000;

const fields = {
  label: z.string().min(1),
  list_type: z.enum(["ALLOW", "BLOCK"]),
  ip_addresses: z.array(z.string()),
};
const createRequest = z.looseObject({ ...fields, ip_addresses: fields.ip_addresses.optional() });
const replaceRequest = z.looseObject({
  ...fields,
  ip_addresses: fields.ip_addresses.optional(),
  enabled: z.boolean(),
});
const updateRequest = replaceRequest.partial();
const params = z.object({ id: z.string() });

function checkAddress(address: string): void {
  const [ip = "", bits, ...more] = address.split("/");
  const range = bits === undefined || (/^\d{1,2}$/.test(bits) && Number(bits) <= 32);
  if (!isIPv4(ip) || !range || more.length > 0) {
    throw invalid(`ip_addresses: '${address}' is neither an IPv4 address nor a range such as 192.0.2.0/24.`);
  }
}

const addressesOf = ({ body }: SettingRecord): string[] => (body.ip_addresses as string[] | undefined) ?? [];

export function ipAccessListRoutes(app: App, { db }: Context): void {
  const admin = (principal: Principal): void => requireAdmin(db, principal, "see and change IP access lists");
  const read = (id: string): SettingRecord => {
    const found = findRecord(db, KIND, id);
    if (!found) throw notFound(`IP access list ${id} does not exist.`);
    return found;
  };
  const view = (found: SettingRecord): Body => ({
    list_id: found.id,
    ...found.body,
    ip_addresses: addressesOf(found),
    address_count: addressesOf(found).length,
    created_at: found.createdAt,
  });
  const save = (id: string, body: Body, principal: Principal, before?: SettingRecord): Body => {
    const addresses = (body.ip_addresses as string[] | undefined) ?? [];
    for (const address of addresses) checkAddress(address);
    const others = listRecords(db, KIND).filter((other) => other.id !== id);
    if (others.flatMap(addressesOf).length + addresses.length > MOST_ADDRESSES) {
      throw new ApiError("RESOURCE_EXHAUSTED", `A workspace has at most ${MOST_ADDRESSES} addresses in its lists.`, {
        status: 400,
      });
    }
    const by = Number(principal.id);
    const stamps = { created_by: before?.body.created_by ?? by, updated_by: by, updated_at: Date.now() };
    putRecord(db, KIND, id, { ...body, ...stamps });
    return { ip_access_list: view(read(id)) };
  };

  app.post(BASE, { schema: { body: createRequest } }, async ({ body, principal }) => {
    admin(principal);
    return db.transaction(() => save(uuid(), { ...body, enabled: true }, principal));
  });
  app.get(BASE, async ({ principal }) => {
    admin(principal);
    return { ip_access_lists: listRecords(db, KIND).map(view) };
  });
  app.get(`${BASE}/:id`, { schema: { params } }, async (request) => {
    admin(request.principal);
    return { ip_access_list: view(read(request.params.id)) };
  });
  app.put(`${BASE}/:id`, { schema: { params, body: replaceRequest } }, async (request) => {
    admin(request.principal);
    const before = read(request.params.id);
    return db.transaction(() => save(before.id, request.body, request.principal, before));
  });
  app.patch(`${BASE}/:id`, { schema: { params, body: updateRequest } }, async (request) => {
    admin(request.principal);
    const before = read(request.params.id);
    return db.transaction(() => save(before.id, { ...before.body, ...request.body }, request.principal, before));
  });
  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    admin(request.principal);
    removeRecord(db, KIND, read(request.params.id).id);
    return {};
  });
}
