/** Tags of entities, governed tags, and the ABAC policies that read them. */
import type { Service } from "../../core/service.ts";
import { protections } from "../unity-catalog/protection.ts";
import { policyKeeper, tagKeeper } from "../unity-catalog/tag-hook.ts";
import { policiesProtect } from "./abac.ts";
import { abacRoutes, policyStatements } from "./abac-routes.ts";
import { assignmentRoutes, tagPolicyRoutes, workspaceAssignmentRoutes } from "./routes.ts";
import { changeTags } from "./rules.ts";
import { allTagsOf, migrations } from "./store.ts";

export const tags: Service = {
  name: "tags",
  migrations,
  routes(app, context) {
    tagKeeper.provide(context, { change: changeTags, tagsOf: ({ db }, id) => allTagsOf(db, id) });
    policyKeeper.provide(context, policyStatements);
    protections.of(context).push(policiesProtect);
    assignmentRoutes(app, context);
    workspaceAssignmentRoutes(app, context);
    tagPolicyRoutes(app, context);
    abacRoutes(app, context);
  },
};
