/** Tag assignments and tag policies. https://docs.databricks.com/api/workspace/entitytagassignments */
import { z } from "zod";
import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { requireAdmin } from "../identity/rules.ts";
import { actor } from "../unity-catalog/access.ts";
import { PREFIX, pageOf, readable } from "../unity-catalog/routes/common.ts";
import { checkTag, type Entity, requireApplyTag, requireEntity, setTag, tagExists, tagMissing } from "./rules.ts";
import { assignment, entityParams, maskQuery, page, shownAssignment, tagParams, tagPolicy } from "./schemas.ts";
import { findTag, findTagPolicy, removeTag, type Tag, type TagPolicy, tagsOf } from "./store.ts";

const nothing = z.object({});
const iso = (time: number): string => new Date(time).toISOString();

const ASSIGNMENTS = `${PREFIX}/entity-tag-assignments`;
const ASSIGNMENT = `${ASSIGNMENTS}/:entity_type/:entity_name/tags/:tag_key`;

const showTag = (type: string, name: string, tag: Tag) => ({
  entity_type: type,
  entity_name: name,
  tag_key: tag.key,
  ...(tag.value === "" ? {} : { tag_value: tag.value }),
  update_time: iso(tag.updated_at),
  updated_by: tag.updated_by,
});

function existing(db: Database, { item, column }: Entity, key: string): Tag {
  const tag = findTag(db, item.id, column, key);
  if (!tag) throw tagMissing(key, item.fullName + (column && `.${column}`));
  return tag;
}

export function assignmentRoutes(app: App, context: Context): void {
  assignRoutes(app, context);
  readAssignmentRoutes(app, context);
  changeAssignmentRoutes(app, context);
}

function assignRoutes(app: App, context: Context): void {
  const { db } = context;
  app.post(
    ASSIGNMENTS,
    { schema: { body: assignment, response: { 200: shownAssignment } } },
    async ({ body, principal }) => {
      const entity = requireEntity(db, body.entity_type, body.entity_name);
      const who = actor(db, principal);
      requireApplyTag(context, who, entity.item);
      db.transaction(() => {
        if (findTag(db, entity.item.id, entity.column, body.tag_key)) throw tagExists(body.tag_key, body.entity_name);
        setTag(context, who, entity, body.tag_key, body.tag_value ?? "");
      });
      return showTag(body.entity_type, body.entity_name, existing(db, entity, body.tag_key));
    },
  );
}

function readAssignmentRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(
    `${ASSIGNMENTS}/:entity_type/:entity_name/tags`,
    {
      schema: {
        params: entityParams,
        querystring: page,
        response: {
          200: z.object({ tag_assignments: z.array(shownAssignment), next_page_token: z.string().optional() }),
        },
      },
    },
    async ({ params, query, principal }) => {
      const { item, column } = requireEntity(db, params.entity_type, params.entity_name);
      readable(context, principal, item.type, item.fullName);
      const { items, ...more } = pageOf(tagsOf(db, item.id, column), query, { zero: 100, max: 100, unset: 100 });
      return { tag_assignments: items.map((tag) => showTag(params.entity_type, params.entity_name, tag)), ...more };
    },
  );
  app.get(
    ASSIGNMENT,
    { schema: { params: tagParams, response: { 200: shownAssignment } } },
    async ({ params, principal }) => {
      const entity = requireEntity(db, params.entity_type, params.entity_name);
      readable(context, principal, entity.item.type, entity.item.fullName);
      return showTag(params.entity_type, params.entity_name, existing(db, entity, params.tag_key));
    },
  );
}

function changeAssignmentRoutes(app: App, context: Context): void {
  const { db } = context;
  app.patch(
    ASSIGNMENT,
    {
      schema: {
        params: tagParams,
        querystring: maskQuery,
        body: assignment.partial(),
        response: { 200: shownAssignment },
      },
    },
    async ({ params, query, body, principal }) => {
      const fields = (query.update_mask ?? "tag_value").split(",").map((field) => field.trim());
      if (fields.some((field) => field !== "tag_value" && field !== "*")) {
        throw invalid(`update_mask: only tag_value can be changed, got '${query.update_mask}'.`);
      }
      const entity = requireEntity(db, params.entity_type, params.entity_name);
      const who = actor(db, principal);
      requireApplyTag(context, who, entity.item);
      db.transaction(() => {
        existing(db, entity, params.tag_key);
        setTag(context, who, entity, params.tag_key, body.tag_value ?? "");
      });
      return showTag(params.entity_type, params.entity_name, existing(db, entity, params.tag_key));
    },
  );
  app.delete(
    ASSIGNMENT,
    { schema: { params: tagParams, response: { 200: nothing } } },
    async ({ params, principal }) => {
      const entity = requireEntity(db, params.entity_type, params.entity_name);
      requireApplyTag(context, actor(db, principal), entity.item);
      existing(db, entity, params.tag_key);
      removeTag(db, entity.item.id, entity.column, params.tag_key);
      return {};
    },
  );
}

/** Tags of dashboards, apps and the like: kept by type and id. */
export function workspaceAssignmentRoutes(app: App, { db }: Context): void {
  const base = "/api/2.0/entity-tag-assignments";
  const idParams = z.object({ entity_type: z.string(), entity_id: z.string() });
  const keyParams = idParams.extend({ tag_key: z.string() });
  const shape = keyParams.extend({ tag_value: z.string().optional() });
  type Row = { entity_type: string; entity_id: string; key: string; value: string };
  const all = (type: string, id: string) =>
    db.all<Row>("SELECT * FROM workspace_tags WHERE entity_type = ? AND entity_id = ? ORDER BY key", type, id);
  const show = (row: Row) => ({
    entity_type: row.entity_type,
    entity_id: row.entity_id,
    tag_key: row.key,
    ...(row.value === "" ? {} : { tag_value: row.value }),
  });
  const find = (type: string, id: string, key: string) => {
    const row = all(type, id).find((tag) => tag.key === key);
    if (!row) throw tagMissing(key, `${type}/${id}`);
    return row;
  };
  const put = (type: string, id: string, key: string, value: string) => {
    checkTag(db, key, value);
    db.run("INSERT OR REPLACE INTO workspace_tags VALUES (?, ?, ?, ?)", type, id, key, value);
    return show(find(type, id, key));
  };
  app.post(base, { schema: { body: shape, response: { 200: shape } } }, async ({ body }) => {
    if (all(body.entity_type, body.entity_id).some((tag) => tag.key === body.tag_key)) {
      throw tagExists(body.tag_key, `${body.entity_type}/${body.entity_id}`);
    }
    return put(body.entity_type, body.entity_id, body.tag_key, body.tag_value ?? "");
  });
  const one = `${base}/:entity_type/:entity_id/tags/:tag_key`;
  app.get(one, { schema: { params: keyParams, response: { 200: shape } } }, async ({ params }) =>
    show(find(params.entity_type, params.entity_id, params.tag_key)),
  );
  app.patch(
    one,
    { schema: { params: keyParams, body: shape.partial(), response: { 200: shape } } },
    async ({ params, body }) => {
      find(params.entity_type, params.entity_id, params.tag_key);
      return put(params.entity_type, params.entity_id, params.tag_key, body.tag_value ?? "");
    },
  );
  app.delete(one, { schema: { params: keyParams, response: { 200: nothing } } }, async ({ params }) => {
    const row = find(params.entity_type, params.entity_id, params.tag_key);
    db.run(
      "DELETE FROM workspace_tags WHERE entity_type = ? AND entity_id = ? AND key = ?",
      row.entity_type,
      row.entity_id,
      row.key,
    );
    return {};
  });
  app.get(
    `${base}/:entity_type/:entity_id/tags`,
    { schema: { params: idParams, response: { 200: z.object({ tag_assignments: z.array(shape) }) } } },
    async ({ params }) => ({ tag_assignments: all(params.entity_type, params.entity_id).map(show) }),
  );
}

const POLICIES = "/api/2.1/tag-policies";
const POLICY = `${POLICIES}/:tag_key`;
const key = z.object({ tag_key: z.string() });

const showPolicy = (policy: TagPolicy) => ({
  id: policy.id,
  tag_key: policy.key,
  ...(policy.description === null ? {} : { description: policy.description }),
  ...(policy.allowed === null ? {} : { values: (JSON.parse(policy.allowed) as string[]).map((name) => ({ name })) }),
  create_time: iso(policy.created_at),
  update_time: iso(policy.updated_at),
});

function requirePolicy(db: Database, tagKey: string): TagPolicy {
  const policy = findTagPolicy(db, tagKey);
  if (!policy) throw notFound(`Tag policy with tag key ${tagKey} does not exist.`);
  return policy;
}

const allowedValues = (values: readonly { name: string }[] | undefined): string | null =>
  values && values.length > 0 ? JSON.stringify(values.map(({ name }) => name)) : null;

export function tagPolicyRoutes(app: App, context: Context): void {
  createPolicyRoute(app, context);
  readPolicyRoutes(app, context);
  changePolicyRoutes(app, context);
}

function createPolicyRoute(app: App, { db }: Context): void {
  app.post(POLICIES, { schema: { body: tagPolicy, response: { 200: tagPolicy } } }, async ({ body, principal }) => {
    requireAdmin(db, principal, "create tag policies");
    checkTag(db, body.tag_key, body.values?.[0]?.name ?? "");
    if (findTagPolicy(db, body.tag_key)) {
      throw new ApiError("ALREADY_EXISTS", `Tag policy with tag key ${body.tag_key} already exists.`);
    }
    const now = Date.now();
    db.run(
      "INSERT INTO tag_policies VALUES (?, ?, ?, ?, ?, ?)",
      body.tag_key,
      uuid(),
      body.description || null,
      allowedValues(body.values),
      now,
      now,
    );
    return showPolicy(requirePolicy(db, body.tag_key));
  });
}

function readPolicyRoutes(app: App, { db }: Context): void {
  app.get(
    POLICIES,
    {
      schema: {
        querystring: z.object({ page_size: z.coerce.number().int().optional(), page_token: z.string().optional() }),
        response: { 200: z.object({ tag_policies: z.array(tagPolicy), next_page_token: z.string().optional() }) },
      },
    },
    async ({ query }) => {
      const all = db.all<TagPolicy>("SELECT * FROM tag_policies ORDER BY key");
      const limits = { fallback: 1000, max: 1000, name: "page_size" };
      const { items, next_page_token } = paginate(all, { pageToken: query.page_token, size: query.page_size }, limits);
      return { tag_policies: items.map(showPolicy), ...(next_page_token ? { next_page_token } : {}) };
    },
  );
  app.get(POLICY, { schema: { params: key, response: { 200: tagPolicy } } }, async ({ params }) =>
    showPolicy(requirePolicy(db, params.tag_key)),
  );
}

function changePolicyRoutes(app: App, { db }: Context): void {
  app.patch(
    POLICY,
    { schema: { params: key, querystring: maskQuery, body: tagPolicy.partial(), response: { 200: tagPolicy } } },
    async ({ params, query, body, principal }) => {
      requireAdmin(db, principal, "change tag policies");
      const old = requirePolicy(db, params.tag_key);
      const fields = new Set((query.update_mask ?? "*").split(",").map((field) => field.trim()));
      const all = fields.has("*");
      db.run(
        "UPDATE tag_policies SET description = ?, allowed = ?, updated_at = ? WHERE key = ?",
        all || fields.has("description") ? body.description || null : old.description,
        all || fields.has("values") ? allowedValues(body.values) : old.allowed,
        Date.now(),
        old.key,
      );
      return showPolicy(requirePolicy(db, params.tag_key));
    },
  );
  app.delete(POLICY, { schema: { params: key, response: { 200: nothing } } }, async ({ params, principal }) => {
    requireAdmin(db, principal, "delete tag policies");
    db.run("DELETE FROM tag_policies WHERE key = ?", requirePolicy(db, params.tag_key).key);
    return {};
  });
}
