/** Rule sets: who may use or manage a service principal. https://docs.databricks.com/api/workspace/accountaccesscontrolproxy */
import { z } from "zod";
import { ApiError, invalid } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context } from "../../core/service.ts";
import { requireAdmin } from "../identity/rules.ts";

const rule = z.object({ role: z.string(), principals: z.array(z.string()).optional() });
const ruleSet = z.object({ name: z.string(), etag: z.string(), grant_rules: z.array(rule).optional() });
const PATH = "/api/2.0/preview/accounts/access-control";

export function ruleSetRoutes(app: App, { db }: Context): void {
  const read = (name: string): z.infer<typeof ruleSet> => {
    const row = db.get<{ etag: string; rules: string }>("SELECT etag, rules FROM rule_sets WHERE name = ?", name);
    return row
      ? { name, etag: row.etag, grant_rules: JSON.parse(row.rules) as z.infer<typeof rule>[] }
      : { name, etag: Buffer.from(`${name} 0`).toString("base64"), grant_rules: [] };
  };
  app.get(
    `${PATH}/rule-sets`,
    { schema: { querystring: z.object({ name: z.string(), etag: z.string() }), response: { 200: ruleSet } } },
    async ({ query }) => read(query.name),
  );
  app.put(
    `${PATH}/rule-sets`,
    { schema: { body: z.object({ name: z.string(), rule_set: ruleSet }), response: { 200: ruleSet } } },
    async ({ body, principal }) => {
      requireAdmin(db, principal, "change access control rule sets");
      if (body.rule_set.name !== body.name) throw invalid("rule_set.name must be the same as name.");
      return db.transaction(() => {
        if (read(body.name).etag !== body.rule_set.etag) {
          throw new ApiError(
            "RESOURCE_CONFLICT",
            `The rule set ${body.name} was changed meanwhile: read it again and use its etag.`,
          );
        }
        db.run(
          "INSERT OR REPLACE INTO rule_sets VALUES (?, ?, ?)",
          body.name,
          Buffer.from(`${body.name} ${uuid()}`).toString("base64"),
          JSON.stringify(body.rule_set.grant_rules ?? []),
        );
        return read(body.name);
      });
    },
  );
  app.get(
    `${PATH}/assignable-roles`,
    { schema: { querystring: z.object({ resource: z.string() }) } },
    async ({ query }) => ({
      roles: (query.resource.includes("/servicePrincipals/")
        ? ["servicePrincipal.manager", "servicePrincipal.user"]
        : ["group.manager"]
      ).map((name) => ({ name: `roles/${name}` })),
    }),
  );
}
