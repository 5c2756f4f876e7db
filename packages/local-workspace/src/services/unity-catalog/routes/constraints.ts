/** Keys of tables over REST: https://docs.databricks.com/api/workspace/tableconstraints */
import { tableConstraint } from "lakehouse-engine/protocol";
import { z } from "zod";
import type { App, Context } from "../../../core/service.ts";
import { actor } from "../access.ts";
import { addConstraint, dropConstraint, named } from "../constraints.ts";
import { byFullName, nothing } from "../schemas.ts";
import { PREFIX } from "./common.ts";

const createRequest = z.object({ full_name_arg: z.string(), constraint: tableConstraint });
const deleteQuery = z.object({ constraint_name: z.string(), cascade: z.enum(["true", "false"]) });

export function constraintRoutes(app: App, context: Context): void {
  app.post(`${PREFIX}/constraints`, { schema: { body: createRequest } }, async ({ body, principal }) => {
    await addConstraint(context, actor(context.db, principal), body.full_name_arg, body.constraint);
    return body.constraint;
  });

  app.delete(
    `${PREFIX}/constraints/:full_name`,
    { schema: { params: byFullName, querystring: deleteQuery, response: { 200: nothing } } },
    async ({ params, query, principal }) => {
      const which = named(query.constraint_name);
      const cascade = query.cascade === "true";
      await dropConstraint(context, actor(context.db, principal), params.full_name, which, { cascade });
      return {};
    },
  );
}
