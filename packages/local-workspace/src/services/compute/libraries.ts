/**
 * Libraries of clusters: kept and reported, not installed, as clusters do not run anything here.
 * https://docs.databricks.com/api/workspace/libraries
 */
import { z } from "zod";
import type { App, Context } from "../../core/service.ts";
import { hasLevel } from "../permissions/access.ts";
import { requireCluster } from "./clusters.ts";
import { type Entry, listEntries, saveEntry } from "./store.ts";

const KINDS = ["jar", "egg", "whl", "pypi", "maven", "cran", "requirements"] as const;
const library = z.looseObject({}).refine((value) => KINDS.filter((kind) => value[kind] !== undefined).length === 1, {
  error: `a library must have exactly one of ${KINDS.join(", ")}`,
});
const change = z.looseObject({ cluster_id: z.string(), libraries: z.array(library).min(1) });
const reference = z.looseObject({ cluster_id: z.string() });

type Library = Record<string, unknown>;
const NOTE = "Kept on record. The local workspace does not install libraries.";

/** A library is known by what it says, whatever the order of its keys. */
const keyOf = (value: Library): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

const installed = ({ libraries }: Entry): Library[] => (libraries as Library[] | undefined) ?? [];

const statuses = (entry: Entry): Record<string, unknown> => ({
  cluster_id: entry.id,
  library_statuses: installed(entry).map((each) => ({
    library: each,
    status: entry.state === "RUNNING" ? "INSTALLED" : "PENDING",
    messages: [NOTE],
    is_library_for_all_clusters: false,
  })),
});

export function libraryRoutes(app: App, context: Context): void {
  const { db } = context;
  const base = "/api/2.0/libraries";
  app.post(`${base}/install`, { schema: { body: change } }, async ({ body, principal }) => {
    const entry = requireCluster(context, body.cluster_id, principal, "CAN_MANAGE");
    const all = new Map([...installed(entry), ...body.libraries].map((each) => [keyOf(each), each]));
    saveEntry(db, "cluster", { ...entry, libraries: [...all.values()] });
    return {};
  });
  app.post(`${base}/uninstall`, { schema: { body: change } }, async ({ body, principal }) => {
    const entry = requireCluster(context, body.cluster_id, principal, "CAN_MANAGE");
    const gone = new Set(body.libraries.map(keyOf));
    saveEntry(db, "cluster", { ...entry, libraries: installed(entry).filter((each) => !gone.has(keyOf(each))) });
    return {};
  });
  app.get(`${base}/cluster-status`, { schema: { querystring: reference } }, async ({ query, principal }) =>
    statuses(requireCluster(context, query.cluster_id, principal, "CAN_ATTACH_TO")),
  );
  app.get(`${base}/all-cluster-statuses`, async ({ principal }) => ({
    statuses: listEntries(db, "cluster")
      .filter(({ id }) => hasLevel(context, principal, "clusters", id, "CAN_ATTACH_TO"))
      .map(statuses),
  }));
}
