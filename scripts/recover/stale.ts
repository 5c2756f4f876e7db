/**
 * Updates whose answer was lost. Most are sent again without harm. A dashboard's names the version that it changes, so a state with an
 * older version would be refused for ever; and the provider deletes a dashboard when it does not hear that it was published.
 */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { found, mapped } from "../api.ts";
import type { State } from "../drift/state.ts";

interface Dashboard {
  readonly etag?: string;
  readonly lifecycle_state?: string;
}

/** URNs of resources whose state a refresh has to read again before an update can go on. */
export async function staleIn(api: WorkspaceApi, state: State): Promise<string[]> {
  const urns = await mapped(state.of("Dashboard"), async ({ urn, id, outputs }) => {
    const there = await found(api.get<Dashboard>(`/api/2.0/lakeview/dashboards/${id}`));
    return there?.lifecycle_state === "TRASHED" || there?.etag !== outputs.etag ? [urn] : [];
  });
  return urns.flat();
}
