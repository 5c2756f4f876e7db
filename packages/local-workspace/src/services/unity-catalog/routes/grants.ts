/** Grants and effective permissions. https://docs.databricks.com/api/workspace/grants */
import type { App, Context } from "../../../core/service.ts";
import { actor } from "../access.ts";
import {
  assignments,
  changeGrants,
  effectiveAssignments,
  grantTarget,
  readableGrants,
  securableType,
} from "../grants.ts";
import {
  effectiveAssignments as effectiveShape,
  grantsQuery,
  privilegeAssignments,
  securableParams,
  updateGrants,
} from "../schemas.ts";
import { PREFIX, pageOf } from "./common.ts";

const limits = { zero: 150, max: 150 };

export function grantRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(
    `${PREFIX}/permissions/:securable_type/:full_name`,
    { schema: { params: securableParams, querystring: grantsQuery, response: { 200: privilegeAssignments } } },
    async ({ params, query, principal }) => {
      const item = grantTarget(db, securableType(params.securable_type), params.full_name);
      readableGrants(context, actor(db, principal), item, query.principal);
      const all = assignments(db, item).filter(
        (assignment) => query.principal === undefined || assignment.principal === query.principal,
      );
      const { items, ...more } = pageOf(all, query, limits);
      return { privilege_assignments: items, ...more };
    },
  );
  app.patch(
    `${PREFIX}/permissions/:securable_type/:full_name`,
    { schema: { params: securableParams, body: updateGrants, response: { 200: privilegeAssignments } } },
    async ({ params, body, principal }) => {
      const item = grantTarget(db, securableType(params.securable_type), params.full_name);
      changeGrants(context, actor(db, principal), item, body.changes ?? []);
      return { privilege_assignments: assignments(db, item) };
    },
  );
  app.get(
    `${PREFIX}/effective-permissions/:securable_type/:full_name`,
    { schema: { params: securableParams, querystring: grantsQuery, response: { 200: effectiveShape } } },
    async ({ params, query, principal }) => {
      const item = grantTarget(db, securableType(params.securable_type), params.full_name);
      readableGrants(context, actor(db, principal), item, query.principal);
      const all = effectiveAssignments(db, item).filter(
        (assignment) => query.principal === undefined || assignment.principal === query.principal,
      );
      const { items, ...more } = pageOf(all, query, limits);
      return { privilege_assignments: items, ...more };
    },
  );
}
