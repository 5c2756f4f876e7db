/** Parts of Databricks' API that are not here, and why: what a request for one of them is told. */

const REFUSED: readonly (readonly [path: RegExp, why: string])[] = [
  [/^\/api\/2\.\d\/accounts?\//, "it is of the account, and there is no account here"],
  [/^\/api\/2\.\d\/postgres\//, "Lakebase is not here"],
  [/^\/api\/2\.\d\/database\//, "Lakebase is not here"],
  [/^\/api\/2\.\d\/clean-rooms/, "sharing with others needs a cloud"],
  [/^\/api\/2\.\d\/marketplace/, "sharing with others needs a cloud"],
  [/^\/api\/2\.\d\/data-sharing\//, "sharing with others needs a cloud"],
  [/^\/api\/2\.\d\/unity-catalog\/(shares|recipients|providers|public)/, "sharing with others needs a cloud"],
  [
    /^\/api\/2\.\d\/unity-catalog\/(connections|credentials|temporary-(volume|path|service))/,
    "no cloud is reached from here",
  ],
  [
    /^\/api\/2\.\d\/unity-catalog\/(metastores|metastore_summary|workspaces)/,
    "there is one metastore, which stays as it is",
  ],
  [/^\/api\/2\.\d\/instance-profiles/, "no cloud is reached from here"],
  [/^\/api\/2\.\d\/dbfs\//, "there is no DBFS root: use volumes and the Files API"],
  [/^\/api\/2\.\d\/repos/, "Git folders are not here: import files, or deploy a bundle"],
  [
    /^\/api\/2\.\d\/mlflow\//,
    "of MLflow the local workspace has experiments with their runs, and models without versions",
  ],
  [/^\/api\/2\.\d\/serving-endpoints/, "serving endpoints are records, which are not run"],
  [/^\/api\/2\.\d\/(feature-store|feature-engineering|online-stores)\//, "the feature store is not here"],
  [/^\/api\/2\.\d\/genie\//, "genie spaces are records, in which nobody answers"],
  [
    /^\/api\/2\.\d\/(agent-bricks|knowledge-assistants|supervisor-agents|custom-llms|multi-agent)/,
    "AI agents are not here",
  ],
  [/^\/api\/2\.\d\/(agents|ai-functions|ai-search|sandbox)/, "AI agents are not here"],
  [/^\/api\/2\.\d\/identity\//, "identities are those of the workspace's SCIM API"],
  [
    /^\/api\/2\.\d\/preview\/sql\//,
    "the older API of queries, alerts and dashboards is not here: use /api/2.0/sql and lakeview",
  ],
  [/^\/api\/(disaster-recovery|networking)\//, "no cloud is reached from here"],
  [/^\/api\/2\.\d\/apps/, "apps are records, which are not run"],
  [/^\/api\/2\.\d\/vector-search\//, "vector search is kept as records, which are not run"],
];

/** Why the local workspace has nothing at that path; undefined where there is no more to say. */
export const whyRefused = (path: string): string | undefined => REFUSED.find(([pattern]) => pattern.test(path))?.[1];
