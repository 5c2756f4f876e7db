/**
 * Git credentials of a principal: kept without the secret, as nothing here talks to a Git provider. Repos (Git folders) need one
 * and are not there. https://docs.databricks.com/api/workspace/gitcredentials
 */
import { z } from "zod";
import { ApiError, invalid, notFound, notImplemented } from "../../core/errors.ts";
import { numericId } from "../../core/ids.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { type Body, findRecord, listRecords, putRecord, removeRecord, type SettingRecord } from "./store.ts";

const KIND = "git_credential";
const BASE = "/api/2.0/git-credentials";
const PROVIDERS = [
  ...["gitHub", "gitHubOAuth", "bitbucketCloud", "bitbucketCloudOAuth", "gitLab", "azureDevOpsServices"],
  ...["azureDevOpsServicesAad", "gitHubEnterprise", "bitbucketServer", "gitLabEnterpriseEdition", "awsCodeCommit"],
];
const provider = z.string().refine((given) => PROVIDERS.some((each) => each.toLowerCase() === given.toLowerCase()), {
  error: `must be one of ${PROVIDERS.join(", ")}`,
});
const fields = {
  git_username: z.string().optional(),
  git_email: z.string().optional(),
  personal_access_token: z.string().optional(),
  name: z.string().optional(),
  is_default_for_provider: z.boolean().optional(),
};
const params = z.object({ id: z.string() });

export function gitRoutes(app: App, { db }: Context): void {
  const view = ({ id, body: { owner: _, ...rest } }: SettingRecord): Body => ({ credential_id: Number(id), ...rest });
  const mine = (principal: Principal): SettingRecord[] =>
    listRecords(db, KIND).filter(({ body }) => body.owner === principal.id);
  const read = (id: string, principal: Principal): SettingRecord => {
    const found = findRecord(db, KIND, id);
    if (found?.body.owner !== principal.id) throw notFound(`Git credential ${id} does not exist.`);
    return found as SettingRecord;
  };
  app.post(BASE, { schema: { body: z.looseObject({ ...fields, git_provider: provider }) } }, async (request) => {
    const { principal } = request;
    const { personal_access_token: secret, ...sent } = request.body;
    if (secret === "") throw invalid("personal_access_token must not be empty.");
    const same = mine(principal).filter(({ body }) => body.git_provider === sent.git_provider);
    if (same.length > 0 && sent.name === undefined) {
      const message = `Only one Git credential is supported for each provider; update ${same[0]!.id}, or give another a name.`;
      throw new ApiError("RESOURCE_ALREADY_EXISTS", message);
    }
    const id = String(numericId());
    putRecord(db, KIND, id, { ...sent, is_default_for_provider: same.length === 0, owner: principal.id });
    return view(read(id, principal));
  });
  app.get(BASE, async ({ principal }) => ({ credentials: mine(principal).map(view) }));
  app.get(`${BASE}/:id`, { schema: { params } }, async (request) => view(read(request.params.id, request.principal)));
  const update = z.looseObject({ ...fields, git_provider: provider.optional() });
  app.patch(`${BASE}/:id`, { schema: { params, body: update } }, async (request) => {
    const found = read(request.params.id, request.principal);
    const { personal_access_token: _, ...sent } = request.body;
    putRecord(db, KIND, found.id, { ...found.body, ...sent });
    return {};
  });
  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    removeRecord(db, KIND, read(request.params.id, request.principal).id);
    return {};
  });

  app.get("/api/2.0/repos", async () => ({ repos: [] }));
  app.post("/api/2.0/repos", async () => {
    throw notImplemented("Git folders (repos) are cloned from a Git provider, which the local workspace does not do.");
  });
}
