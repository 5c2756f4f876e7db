/** Cluster policies and instance pools. */
import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import { hexId } from "../../core/ids.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { requireAdmin } from "../identity/rules.ts";
import { forgetObject, hasLevel, requireLevel } from "../permissions/access.ts";
import { requireEntitlement } from "../permissions/entitlements.ts";
import { deleteEntry, type Entry, getEntry, insertEntry, listEntries, saveEntry } from "./store.ts";

const policyFields = { name: z.string().min(1).max(100), definition: z.string().optional() };

function checkDefinition(definition: string | undefined): void {
  if (definition === undefined) return;
  try {
    const parsed: unknown = JSON.parse(definition);
    if (parsed !== null && typeof parsed === "object" && !Array.isArray(parsed)) return;
  } catch {
    // told below
  }
  throw invalid("definition must be a JSON object in the policy definition language.");
}

const POLICIES = "/api/2.0/policies/clusters";
const policyId = z.object({ policy_id: z.string() });

const policyView = ({ id, creator, createdAt, document }: Entry): Record<string, unknown> => ({
  policy_id: id,
  creator_user_name: creator,
  created_at_timestamp: createdAt,
  is_default: false,
  ...document,
});

function requirePolicy(db: Database, id: string): Entry {
  const entry = getEntry(db, "policy", id);
  if (!entry) throw notFound(`Cluster policy ${id} does not exist.`);
  return entry;
}

export function policyRoutes(app: App, context: Context): void {
  changePolicyRoutes(app, context);
  readPolicyRoutes(app, context);
}

function changePolicyRoutes(app: App, { db }: Context): void {
  const admin = (principal: Principal): void => requireAdmin(db, principal, "change cluster policies");
  const uniqueName = (name: unknown, self?: string): void => {
    if (listEntries(db, "policy").some((entry) => entry.document.name === name && entry.id !== self)) {
      throw invalid(`Cluster policy with name '${String(name)}' already exists.`);
    }
  };
  app.post(`${POLICIES}/create`, { schema: { body: z.looseObject(policyFields) } }, async ({ body, principal }) => {
    admin(principal);
    checkDefinition(body.definition);
    uniqueName(body.name);
    const entry = {
      id: hexId().toUpperCase(),
      creator: principal.name,
      createdAt: Date.now(),
      state: "",
      document: body,
    };
    insertEntry(db, "policy", entry);
    return { policy_id: entry.id };
  });
  app.post(
    `${POLICIES}/edit`,
    { schema: { body: z.looseObject({ ...policyFields, policy_id: z.string() }) } },
    async ({ body, principal }) => {
      admin(principal);
      const { policy_id, ...document } = body;
      const entry = requirePolicy(db, policy_id);
      checkDefinition(body.definition);
      uniqueName(body.name, policy_id);
      saveEntry(db, "policy", { ...entry, document });
      return {};
    },
  );
  app.post(`${POLICIES}/delete`, { schema: { body: policyId } }, async ({ body, principal }) => {
    admin(principal);
    deleteEntry(db, "policy", requirePolicy(db, body.policy_id).id);
    forgetObject(db, "cluster-policies", body.policy_id);
    return {};
  });
}

function readPolicyRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(`${POLICIES}/get`, { schema: { querystring: policyId } }, async ({ query, principal }) => {
    const entry = requirePolicy(db, query.policy_id);
    requireLevel(context, principal, "cluster-policies", entry.id, "CAN_USE");
    return policyView(entry);
  });
  app.get(`${POLICIES}/list`, async ({ principal }) => {
    const all = listEntries(db, "policy");
    return {
      policies: all.filter(({ id }) => hasLevel(context, principal, "cluster-policies", id, "CAN_USE")).map(policyView),
    };
  });
  app.get("/api/2.0/policy-families", async () => ({ policy_families: [] }));
  const family = z.object({ id: z.string() });
  app.get("/api/2.0/policy-families/:id", { schema: { params: family } }, async ({ params }) => {
    throw notFound(`Policy family ${params.id} does not exist: the local workspace has none.`);
  });
}

const POOLS = "/api/2.0/instance-pools";
const poolId = z.object({ instance_pool_id: z.string() });

function permittedPool(context: Context, id: string, principal: Principal, level: string): Entry {
  const entry = getEntry(context.db, "pool", id);
  if (!entry) throw notFound(`Can't find an instance pool with id: ${id}.`);
  requireLevel(context, principal, "instance-pools", id, level);
  return entry;
}

export function poolRoutes(app: App, context: Context): void {
  changePoolRoutes(app, context);
  readPoolRoutes(app, context);
}

function changePoolRoutes(app: App, context: Context): void {
  const { db } = context;
  const uniqueName = (name: string, self?: string): void => {
    if (listEntries(db, "pool").some((entry) => entry.document.instance_pool_name === name && entry.id !== self)) {
      throw invalid(`Instance pool with name '${name}' already exists.`);
    }
  };
  const fields = { instance_pool_name: z.string().min(1).max(100), node_type_id: z.string() };

  app.post(`${POOLS}/create`, { schema: { body: z.looseObject(fields) } }, async ({ body, principal }) => {
    requireEntitlement(db, principal, "allow-instance-pool-create", "create instance pools");
    uniqueName(body.instance_pool_name);
    const entry = { id: `${hexId()}-pool`, creator: principal.name, createdAt: Date.now(), state: "", document: body };
    insertEntry(db, "pool", entry);
    return { instance_pool_id: entry.id };
  });
  app.post(
    `${POOLS}/edit`,
    { schema: { body: z.looseObject({ ...fields, instance_pool_id: z.string() }) } },
    async ({ body, principal }) => {
      const { instance_pool_id, ...document } = body;
      const entry = permittedPool(context, instance_pool_id, principal, "CAN_MANAGE");
      uniqueName(body.instance_pool_name, instance_pool_id);
      saveEntry(db, "pool", { ...entry, document: { ...entry.document, ...document } });
      return {};
    },
  );
  app.post(`${POOLS}/delete`, { schema: { body: poolId } }, async ({ body, principal }) => {
    deleteEntry(db, "pool", permittedPool(context, body.instance_pool_id, principal, "CAN_MANAGE").id);
    forgetObject(db, "instance-pools", body.instance_pool_id);
    return {};
  });
}

function readPoolRoutes(app: App, context: Context): void {
  const { db } = context;
  const view = ({ id, document }: Entry): Record<string, unknown> => ({
    instance_pool_id: id,
    state: "ACTIVE",
    stats: { used_count: 0, idle_count: 0, pending_used_count: 0, pending_idle_count: 0 },
    ...document,
  });
  app.get(`${POOLS}/get`, { schema: { querystring: poolId } }, async ({ query, principal }) =>
    view(permittedPool(context, query.instance_pool_id, principal, "CAN_ATTACH_TO")),
  );
  app.get(`${POOLS}/list`, async ({ principal }) => {
    const all = listEntries(db, "pool");
    return {
      instance_pools: all
        .filter(({ id }) => hasLevel(context, principal, "instance-pools", id, "CAN_ATTACH_TO"))
        .map(view),
    };
  });
}
