/** The people of the Olist program on a local workspace: a service principal in each group, each with a client of its own. */
import { WorkspaceApi } from "lakehouse-local-workspace/client";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import type { Role } from "../../access.ts";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { GROUPS, RUN_AS } from "../people.ts";

const SCIM = "/api/2.0/preview/scim/v2";

export interface Person {
  api: WorkspaceApi;
  token: string;
}

/** Makes the groups with a member each, and the principal of the pipelines. */
export async function makePrincipals({ api }: LocalWorkspace): Promise<Record<Role, Person>> {
  await ensureGroups(api, Object.values(GROUPS));
  const { Resources: groups } = await api.get<{ Resources: { id: string; displayName: string }[] }>(`${SCIM}/Groups`);
  const people: [Role, Person][] = [];
  for (const role of [...(Object.keys(GROUPS) as (keyof typeof GROUPS)[]), "pipelines"] as const) {
    const { id, applicationId } = await api.post<{ id: string; applicationId: string }>(`${SCIM}/ServicePrincipals`, {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"],
      displayName: role,
      ...(role === "pipelines" ? { applicationId: RUN_AS } : {}),
    });
    const group = groups.find(({ displayName }) => role !== "pipelines" && displayName === GROUPS[role]);
    if (group) await addMember(api, group.id, id);
    const { token_value: token } = await api.post<{ token_value: string }>(
      "/api/2.0/token-management/on-behalf-of/tokens",
      {
        application_id: applicationId,
      },
    );
    people.push([role, { token, api: new WorkspaceApi(api.host, token) }]);
  }
  return Object.fromEntries(people) as Record<Role, Person>;
}

const addMember = (api: WorkspaceApi, group: string, member: string): Promise<unknown> =>
  api.request("PATCH", `${SCIM}/Groups/${group}`, {
    body: {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: [{ value: member }] }],
    },
  });
