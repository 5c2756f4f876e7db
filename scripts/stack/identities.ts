/** What an account admin does once on a real account: the groups that the stack's grants name. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";

const GROUPS = "/api/2.0/preview/scim/v2/Groups";

/** Makes those of `names` that the workspace does not have yet. */
export async function ensureGroups(api: WorkspaceApi, names: readonly string[]): Promise<void> {
  const { Resources = [] } = await api.get<{ Resources?: { displayName?: string }[] }>(GROUPS);
  const existing = new Set(Resources.map(({ displayName }) => displayName));
  for (const displayName of names) {
    if (existing.has(displayName)) continue;
    await api.post(GROUPS, { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName });
  }
}
