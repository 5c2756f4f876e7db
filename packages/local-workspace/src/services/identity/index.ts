/** Who is who: SCIM users, groups and service principals, their tokens, and the check of every request's token. */
import type { Service } from "../../core/service.ts";
import { bootstrap } from "./bootstrap.ts";
import { oauthRoutes } from "./oauth-routes.ts";
import { scimRoutes } from "./routes.ts";
import { migrations } from "./store.ts";
import { tokenRoutes } from "./token-routes.ts";
import { holderOf, migrations as tokenMigrations } from "./tokens.ts";

export const identity: Service = {
  name: "identity",
  migrations: [...migrations, ...tokenMigrations],
  routes(app, context) {
    scimRoutes(app, context);
    tokenRoutes(app, context);
    oauthRoutes(app, context);
  },
  start(context) {
    context.db.run("DELETE FROM tokens WHERE kind = 'oauth' AND expires_at <= ?", Date.now());
    bootstrap(context);
  },
  authenticate: (token, { db }) => holderOf(db, token),
};
