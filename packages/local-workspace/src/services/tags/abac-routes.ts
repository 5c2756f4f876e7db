/** ABAC policies. https://docs.databricks.com/api/workspace/policies */
import { z } from "zod";
import { ApiError, invalid, notFound, notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { requirePrincipal } from "../identity/rules.ts";
import { type Actor, actor, requireManage } from "../unity-catalog/access.ts";
import { securableType } from "../unity-catalog/grants.ts";
import { requireSecurable } from "../unity-catalog/names.ts";
import { PREFIX, pageOf } from "../unity-catalog/routes/common.ts";
import { lineage, type Securable, securableById } from "../unity-catalog/store.ts";
import type { PolicyKeeper } from "../unity-catalog/tag-hook.ts";
import { parseCondition } from "./conditions.ts";
import { maskQuery, type PolicyBody, page, policyBody, policyParams, shownPolicy } from "./schemas.ts";
import { type AbacPolicy, abacPoliciesOn, findAbacPolicy } from "./store.ts";

function check(db: Database, body: PolicyBody): void {
  if (body.policy_type === "POLICY_TYPE_GRANT" || body.policy_type === "POLICY_TYPE_DENY") {
    throw notImplemented(
      `policy_type ${body.policy_type} is not part of the local workspace; POLICY_TYPE_ROW_FILTER and POLICY_TYPE_COLUMN_MASK are.`,
    );
  }
  if (body.for_securable_type.toUpperCase() !== "TABLE") throw invalid("for_securable_type must be TABLE.");
  const [needed, other] =
    body.policy_type === "POLICY_TYPE_ROW_FILTER"
      ? (["row_filter", "column_mask"] as const)
      : (["column_mask", "row_filter"] as const);
  const action = body[needed];
  if (!action) throw invalid(`${needed} is required for policy_type ${body.policy_type}.`);
  if (body[other]) throw invalid(`${other} must not be given for policy_type ${body.policy_type}.`);
  requireSecurable(db, "FUNCTION", action.function_name);
  for (const principal of [...body.to_principals, ...(body.except_principals ?? [])]) requirePrincipal(db, principal);
  if (body.when_condition) parseCondition(body.when_condition);
  const aliases = new Set((body.match_columns ?? []).map(({ alias }) => alias));
  for (const { condition } of body.match_columns ?? []) parseCondition(condition ?? "TRUE");
  const used = [...(action.using ?? []).flatMap(({ alias }) => (alias === undefined ? [] : [alias]))];
  if (body.column_mask) used.push(body.column_mask.on_column);
  const unknown = used.find((alias) => !aliases.has(alias));
  if (unknown !== undefined) throw invalid(`'${unknown}' is not the alias of one of match_columns.`);
}

/** What may have policies, and whose policies `who` may change. */
function managed(db: Database, type: string, name: string, who: Actor): Securable {
  const kind = securableType(type);
  if (!["CATALOG", "SCHEMA", "TABLE"].includes(kind))
    throw invalid(`Policies are set on catalogs, schemas and tables, not on '${type}'.`);
  const item = requireSecurable(db, kind, name);
  requireManage(db, who, item);
  return item;
}

function insert(db: Database, item: Securable, body: PolicyBody, by: string): void {
  const now = Date.now();
  db.transaction(() => {
    if (findAbacPolicy(db, item.id, body.name)) {
      throw new ApiError("ALREADY_EXISTS", `Policy '${body.name}' already exists on '${item.fullName}'.`);
    }
    db.run(
      "INSERT INTO abac_policies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      uuid(),
      item.id,
      body.name,
      JSON.stringify(body),
      now,
      by,
      now,
      by,
    );
  });
}

function change(db: Database, old: AbacPolicy, body: PolicyBody, by: string): void {
  db.run(
    "UPDATE abac_policies SET name = ?, body = ?, updated_at = ?, updated_by = ? WHERE id = ?",
    body.name,
    JSON.stringify(body),
    Date.now(),
    by,
    old.id,
  );
}

/** CREATE POLICY and DROP POLICY. */
export const policyStatements: PolicyKeeper = {
  create({ db }, who, policy, replace) {
    const read = policyBody.safeParse(policy);
    if (!read.success) throw invalid(z.prettifyError(read.error));
    const item = managed(db, read.data.on_securable_type, read.data.on_securable_fullname, who);
    check(db, read.data);
    const old = replace ? findAbacPolicy(db, item.id, read.data.name) : undefined;
    if (old) change(db, old, read.data, who.principal.name);
    else insert(db, item, read.data, who.principal.name);
  },
  drop({ db }, who, type, securable, name) {
    const item = managed(db, type, securable, who);
    db.run("DELETE FROM abac_policies WHERE id = ?", required(db, item, name).id);
  },
};

function required(db: Database, item: Securable, name: string): AbacPolicy {
  const policy = findAbacPolicy(db, item.id, name);
  if (!policy) throw notFound(`Policy '${name}' does not exist on ${item.type.toLowerCase()} '${item.fullName}'.`);
  return policy;
}

/** How policies are found and shown. */
function policiesOf(db: Database) {
  const target = (type: string, name: string, principal: Principal): Securable =>
    managed(db, type, name, actor(db, principal));
  const show = (policy: AbacPolicy) => ({
    ...policy.body,
    name: policy.name,
    id: policy.id,
    on_securable_fullname: securableById(db, policy.securable_id).fullName,
    created_at: policy.created_at,
    created_by: policy.created_by,
    updated_at: policy.updated_at,
    updated_by: policy.updated_by,
  });
  const find = (item: Securable, name: string): AbacPolicy => required(db, item, name);
  return { target, show, find };
}

const base = `${PREFIX}/policies`;
const one = `${base}/:type/:full_name/:name`;
const params = policyParams.extend({ name: z.string() });

function createRoute(app: App, { db }: Context): void {
  const { target, show, find } = policiesOf(db);
  app.post(base, { schema: { body: policyBody, response: { 200: shownPolicy } } }, async ({ body, principal }) => {
    const item = target(body.on_securable_type, body.on_securable_fullname, principal);
    check(db, body);
    insert(db, item, body, principal.name);
    return show(find(item, body.name));
  });
}

function readRoutes(app: App, { db }: Context): void {
  const { target, show, find } = policiesOf(db);
  app.get(
    `${base}/:type/:full_name`,
    {
      schema: {
        params: policyParams,
        querystring: page.extend({ include_inherited: z.enum(["true", "false"]).optional() }),
        response: { 200: z.object({ policies: z.array(shownPolicy), next_page_token: z.string().optional() }) },
      },
    },
    async ({ params, query, principal }) => {
      const item = target(params.type, params.full_name, principal);
      const levels = query.include_inherited === "true" ? lineage(db, item) : [item];
      const all = levels.flatMap((level) => abacPoliciesOn(db, level.id));
      const { items, ...more } = pageOf(all, query, { zero: 100, max: 100, unset: 100 });
      return { policies: items.map(show), ...more };
    },
  );
  app.get(one, { schema: { params, response: { 200: shownPolicy } } }, async ({ params, principal }) =>
    show(find(target(params.type, params.full_name, principal), params.name)),
  );
}

function changeRoutes(app: App, { db }: Context): void {
  const { target, show, find } = policiesOf(db);
  app.patch(
    one,
    { schema: { params, querystring: maskQuery, body: policyBody.partial(), response: { 200: shownPolicy } } },
    async ({ params, query, body, principal }) => {
      const item = target(params.type, params.full_name, principal);
      const old = find(item, params.name);
      const fields = query.update_mask?.split(",").map((field) => field.trim()) ?? Object.keys(body);
      const next: Record<string, unknown> = { ...old.body };
      for (const field of fields) {
        if (field === "name" || field.startsWith("on_securable")) continue;
        const value = (body as Record<string, unknown>)[field];
        if (value === undefined) delete next[field];
        else next[field] = value;
      }
      const name = body.name ?? old.name;
      const result = policyBody.safeParse({ ...next, name });
      if (!result.success) throw invalid(z.prettifyError(result.error));
      check(db, result.data);
      change(db, old, result.data, principal.name);
      return show(find(item, name));
    },
  );
  app.delete(one, { schema: { params, response: { 200: z.object({}) } } }, async ({ params, principal }) => {
    const policy = find(target(params.type, params.full_name, principal), params.name);
    db.run("DELETE FROM abac_policies WHERE id = ?", policy.id);
    return {};
  });
}

export function abacRoutes(app: App, context: Context): void {
  createRoute(app, context);
  readRoutes(app, context);
  changeRoutes(app, context);
}
