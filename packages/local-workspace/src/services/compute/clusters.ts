/**
 * Clusters: records with a state. Whatever runs, runs on the one engine, so that starting one only says so.
 * https://docs.databricks.com/api/workspace/clusters
 */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { ApiError, invalid } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { requireAdmin } from "../identity/rules.ts";
import { findIdentity } from "../identity/store.ts";
import { forgetObject, hasLevel, requireLevel } from "../permissions/access.ts";
import { hasEntitlement, requireEntitlement } from "../permissions/entitlements.ts";
import { isSparkVersion, NODE_TYPES, SPARK_VERSIONS } from "./catalogue.ts";
import { eventsPage, eventsRequest, forgetEvents, recordEvents } from "./events.ts";
import { deleteEntry, type Entry, getEntry, insertEntry, listEntries, saveEntry } from "./store.ts";

const fields = {
  cluster_name: z.string().optional(),
  spark_version: z.string().optional(),
  node_type_id: z.string().optional(),
  num_workers: z.int().min(0).optional(),
  autoscale: z.looseObject({ min_workers: z.int().min(0), max_workers: z.int().min(1) }).optional(),
  autotermination_minutes: z.int().min(0).optional(),
};
const reference = z.looseObject({ cluster_id: z.string() });

/** @param level what the caller must be allowed to on the cluster */
export function requireCluster(context: Context, id: string, principal: Principal, level: string): Entry {
  const entry = findCluster(context, id);
  requireLevel(context, principal, "clusters", id, level);
  return entry;
}

/** Undefined for a cluster that is not there, whose tasks run all the same. */
export function sparkConfOfCluster(
  context: Context,
  id: string,
  principal: Principal,
): Record<string, unknown> | undefined {
  if (!getEntry(context.db, "cluster", id)) return undefined;
  const { document } = requireCluster(context, id, principal, "CAN_ATTACH_TO");
  return document.spark_conf as Record<string, unknown> | undefined;
}

function findCluster({ db }: Context, id: string): Entry {
  const entry = getEntry(db, "cluster", id);
  if (!entry) throw invalid(`Cluster ${id} does not exist`);
  return entry;
}

const view = ({ id, creator, createdAt, state, document }: Entry): Record<string, unknown> => ({
  cluster_id: id,
  creator_user_name: creator,
  start_time: createdAt,
  state,
  state_message: state === "TERMINATED" ? "Stopped by a user." : "",
  cluster_source: "API",
  default_tags: { Vendor: "Databricks", Creator: creator, ClusterId: id },
  driver_node_type_id: document.node_type_id,
  ...document,
  // what was asked for, as opposed to what the cluster has now
  spec: document,
});

const newId = (): string =>
  `${String(new Date().getUTCMonth() + 1).padStart(2, "0")}${String(new Date().getUTCDate()).padStart(2, "0")}-000000-${randomBytes(4).toString("hex")}`;

function check(body: { spark_version?: string | undefined }): void {
  if (!body.spark_version) throw invalid("Missing required field: spark_version");
  if (!isSparkVersion(body.spark_version)) {
    const known = SPARK_VERSIONS.map(({ key }) => key).join(", ");
    throw invalid(`Spark version ${body.spark_version} does not exist. The local workspace knows ${known}.`);
  }
}

const updateRequest = z.looseObject({
  cluster_id: z.string(),
  update_mask: z.string().min(1),
  cluster: z.looseObject(fields).optional(),
});
const ownerRequest = z.looseObject({ cluster_id: z.string(), owner_username: z.string().min(1) });

type Document = Record<string, unknown>;

/** The fields that the mask names, `a.b` for one inside another, as the change has them; one that it leaves out goes. */
function masked(document: Document, change: Document, mask: string): Document {
  const result = structuredClone(document);
  const names = mask.split(",").map((name) => name.trim());
  for (const name of names.includes("*") ? Object.keys({ ...document, ...change }) : names) {
    const [field = "", part] = name.split(".", 2);
    const value = part
      ? { ...(result[field] as Document), [part]: (change[field] as Document)?.[part] }
      : change[field];
    if (value === undefined) delete result[field];
    else result[field] = value;
  }
  return result;
}

/** Who has no entitlement may create clusters with a policy that it may use. */
function mayCreate(context: Context, principal: Principal, policy: unknown): void {
  const { db } = context;
  if (hasEntitlement(db, principal, "allow-cluster-create")) return;
  if (typeof policy === "string" && hasLevel(context, principal, "cluster-policies", policy, "CAN_USE")) return;
  requireEntitlement(db, principal, "allow-cluster-create", "create clusters");
}

/** What moves a cluster on, and what its event log says of it. */
const MOVES = {
  start: { state: "RUNNING", events: ["STARTING", "RUNNING"] },
  restart: { state: "RUNNING", events: ["RESTARTING", "RUNNING"] },
  delete: { state: "TERMINATED", events: ["TERMINATING"] },
} as const;

export function clusterRoutes(app: App, context: Context): void {
  for (const version of ["2.1", "2.0"]) {
    const base = `/api/${version}/clusters`;
    catalogueRoutes(app, base);
    createRoutes(app, context, base);
    readRoutes(app, context, base);
    moveRoutes(app, context, base);
    resizeRoute(app, context, base);
    adminRoutes(app, context, base);
  }
}

function catalogueRoutes(app: App, base: string): void {
  app.get(`${base}/spark-versions`, async () => ({ versions: SPARK_VERSIONS }));
  app.get(`${base}/list-node-types`, async () => ({ node_types: NODE_TYPES }));
  app.get(`${base}/list-zones`, async () => ({ zones: ["local-a"], default_zone: "local-a" }));
}

function createRoutes(app: App, context: Context, base: string): void {
  const { db } = context;
  app.post(`${base}/create`, { schema: { body: z.looseObject(fields) } }, async ({ body, principal }) => {
    check(body);
    mayCreate(context, principal, body.policy_id);
    const entry = { id: newId(), creator: principal.name, createdAt: Date.now(), state: "RUNNING", document: body };
    db.transaction(() => {
      insertEntry(db, "cluster", entry);
      recordEvents(db, entry.id, ["CREATING", "RUNNING"], { user: principal.name });
    });
    return { cluster_id: entry.id };
  });
  app.post(
    `${base}/edit`,
    { schema: { body: z.looseObject({ ...fields, cluster_id: z.string() }) } },
    async ({ body, principal }) => {
      const { cluster_id, ...document } = body;
      const entry = requireCluster(context, cluster_id, principal, "CAN_MANAGE");
      check(body);
      saveEntry(db, "cluster", { ...entry, document });
      recordEvents(db, entry.id, ["EDITED"]);
      return {};
    },
  );
  app.post(`${base}/update`, { schema: { body: updateRequest } }, async ({ body, principal }) => {
    const entry = requireCluster(context, body.cluster_id, principal, "CAN_MANAGE");
    const document = masked(entry.document, body.cluster ?? {}, body.update_mask);
    check(document);
    saveEntry(db, "cluster", { ...entry, document });
    recordEvents(db, entry.id, ["EDITED"]);
    return {};
  });
}

function readRoutes(app: App, context: Context, base: string): void {
  const { db } = context;
  const query = z.looseObject({
    page_size: z.coerce.number().int().optional(),
    page_token: z.string().optional(),
    "filter_by.is_pinned": z.string().optional(),
  });
  app.get(`${base}/list`, { schema: { querystring: query } }, async ({ query, principal }) => {
    const page = { size: query.page_size, pageToken: query.page_token };
    const pinnedOnly = query["filter_by.is_pinned"] === "true";
    const clusters = listEntries(db, "cluster").filter(
      ({ id }) =>
        (!pinnedOnly || getEntry(db, "pin", id)) && hasLevel(context, principal, "clusters", id, "CAN_ATTACH_TO"),
    );
    const { items, ...tokens } = paginate(clusters, page, {
      fallback: 20,
      max: 100,
      name: "page_size",
    });
    return { clusters: items.map(view), ...tokens };
  });
  app.get(`${base}/get`, { schema: { querystring: reference } }, async ({ query, principal }) =>
    view(requireCluster(context, query.cluster_id, principal, "CAN_ATTACH_TO")),
  );
  app.post(`${base}/events`, { schema: { body: eventsRequest } }, async ({ body, principal }) => {
    requireCluster(context, body.cluster_id, principal, "CAN_ATTACH_TO");
    return eventsPage(db, body);
  });
}

function moveRoutes(app: App, context: Context, base: string): void {
  const { db } = context;
  for (const [action, { state, events }] of Object.entries(MOVES)) {
    app.post(`${base}/${action}`, { schema: { body: reference } }, async ({ body, principal }) => {
      const entry = requireCluster(context, body.cluster_id, principal, "CAN_RESTART");
      if (action === "restart" && entry.state !== "RUNNING") {
        throw new ApiError("INVALID_STATE", `Cluster ${entry.id} is in unexpected state ${entry.state}.`);
      }
      if (entry.state === state && action !== "restart") return {};
      saveEntry(db, "cluster", { ...entry, state });
      recordEvents(db, entry.id, events, { user: principal.name });
      return {};
    });
  }
  app.post(`${base}/permanent-delete`, { schema: { body: reference } }, async ({ body, principal }) => {
    const { id } = requireCluster(context, body.cluster_id, principal, "CAN_MANAGE");
    db.transaction(() => {
      deleteEntry(db, "pin", id);
      deleteEntry(db, "cluster", id);
      forgetEvents(db, id);
      forgetObject(db, "clusters", id);
    });
    return {};
  });
}

function resizeRoute(app: App, context: Context, base: string): void {
  const { db } = context;
  const size = z.looseObject({
    cluster_id: z.string(),
    num_workers: fields.num_workers,
    autoscale: fields.autoscale,
  });
  app.post(`${base}/resize`, { schema: { body: size } }, async ({ body, principal }) => {
    const entry = requireCluster(context, body.cluster_id, principal, "CAN_MANAGE");
    if (entry.state !== "RUNNING") {
      throw new ApiError("INVALID_STATE", `Cluster ${entry.id} is in unexpected state ${entry.state}.`);
    }
    const { num_workers: _, autoscale: __, ...rest } = entry.document;
    const { num_workers, autoscale } = body;
    saveEntry(db, "cluster", { ...entry, document: { ...rest, ...(autoscale ? { autoscale } : { num_workers }) } });
    recordEvents(db, entry.id, ["RESIZING"]);
    return {};
  });
}

function adminRoutes(app: App, context: Context, base: string): void {
  const { db } = context;
  app.post(`${base}/change-owner`, { schema: { body: ownerRequest } }, async ({ body, principal }) => {
    requireAdmin(db, principal, "change the owner of a cluster");
    const entry = findCluster(context, body.cluster_id);
    if (entry.state !== "TERMINATED") {
      throw new ApiError("INVALID_STATE", `Cluster ${entry.id} must be terminated before its owner is changed.`);
    }
    if (!findIdentity(db, "user", body.owner_username)) throw invalid(`User ${body.owner_username} does not exist.`);
    saveEntry(db, "cluster", { ...entry, creator: body.owner_username });
    return {};
  });
  app.post(`${base}/pin`, { schema: { body: reference } }, async ({ body, principal }) => {
    requireAdmin(db, principal, "pin clusters");
    const { id } = findCluster(context, body.cluster_id);
    if (getEntry(db, "pin", id)) return {};
    insertEntry(db, "pin", { id, creator: principal.name, createdAt: Date.now(), state: "", document: {} });
    return {};
  });
  app.post(`${base}/unpin`, { schema: { body: reference } }, async ({ body, principal }) => {
    requireAdmin(db, principal, "unpin clusters");
    deleteEntry(db, "pin", findCluster(context, body.cluster_id).id);
    return {};
  });
}
