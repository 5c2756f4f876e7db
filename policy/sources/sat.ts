/**
 * Checks of Databricks' Security Analysis Tool (configs/security_best_practices.csv, August 2026) with their controls of the AI Security
 * Framework (configs/sat_dasf_mapping.csv). Which rule makes a check stands with the rule; `none` says why no rule can.
 */
export interface SatCheck {
  readonly id: string;
  readonly title: string;
  readonly dasf?: readonly string[];
  readonly none?: string;
}

const check = (id: string, title: string, dasf: readonly string[] = [], none?: string): SatCheck => ({
  id,
  title,
  dasf,
  none,
});

const RUNNING = "It looks at what runs or was made by hand, which no resource of a program shows.";
const PRESENCE = "It asks that something be there; a program without it may be one of several of its workspace.";

export const SAT_CHECKS: readonly SatCheck[] = [
  check("DP-1", "Secrets are kept in secret scopes", ["DASF-33"]),
  check("DP-2", "Clusters encrypt their disks", ["DASF-8", "DASF-30"]),
  check("DP-3", "Customer-managed keys for services and storage", ["DASF-8", "DASF-30"]),
  check("DP-5", "Results cannot be downloaded"),
  check("DP-6", "Notebooks cannot be exported"),
  check("DP-7", "Tables cannot be copied to the clipboard"),
  check("DP-8", "Notebook results stay in the customer's account"),
  check("DP-9", "FileStore is not served over HTTPS"),
  check("DP-10", "DBFS root and mounts are disabled"),
  check("DP-11", "SQL results cannot be downloaded"),
  check("DP-13", "The DBFS file browser is disabled"),
  check("DP-14", "Embeddings are in Vector Search", ["DASF-46"], PRESENCE),
  check("GOV-2", "Tokens that expire soon", [], RUNNING),
  check("GOV-3", "Audit logs are delivered", ["DASF-14", "DASF-55"]),
  check("GOV-4", "Clusters that have run for long", ["DASF-38"], RUNNING),
  check("GOV-5", "Runtimes that are no longer supported", ["DASF-38"]),
  check("GOV-10", "Managed tables in the DBFS root"),
  check("GOV-11", "DBFS mounts"),
  check("GOV-12", "Clusters use Unity Catalog"),
  check("GOV-14", "Instance metadata service, version 2"),
  check("GOV-15", "Verbose audit logs"),
  check("GOV-16", "Workspaces have a metastore", ["DASF-5", "DASF-16", "DASF-24", "DASF-43"], PRESENCE),
  check("GOV-17", "Sharing tokens have a bounded lifetime", ["DASF-51"]),
  check("GOV-18", "Sharing recipients have IP access lists", ["DASF-51"]),
  check("GOV-19", "Sharing tokens expire", ["DASF-51"]),
  check("GOV-20", "There is a metastore", [], PRESENCE),
  check("GOV-21", "The metastore's admin is a group"),
  check("GOV-22", "Storage credentials are not used directly"),
  check("GOV-25", "Init scripts in DBFS"),
  check("GOV-28", "Models are in Unity Catalog"),
  check("GOV-34", "Audit logs are read in system tables", ["DASF-55"]),
  check("GOV-35", "Workspace admins are restricted"),
  check("GOV-36", "Clusters are updated automatically", ["DASF-38"]),
  check("GOV-37", "Legacy features are disabled"),
  check("GOV-42", "Jobs run as a service principal"),
  check("GOV-45", "Jobs give CAN_MANAGE to admins only"),
  check("IA-4", "Tokens have a bounded lifetime"),
  check("IA-5", "New tokens have a longest lifetime"),
  check("IA-6", "Old tokens that live longer than new ones may", [], RUNNING),
  check("IA-8", "Who may make tokens"),
  check("IA-9", "Secrets of service principals are rotated"),
  check("INFO-3", "Libraries on all clusters", [], "The provider installs libraries on single clusters only."),
  check("INFO-5", "Global init scripts"),
  check("INFO-6", "Number of admins"),
  check("INFO-8", "Jobs are seen by who may", ["DASF-43"]),
  check("INFO-9", "Clusters are seen by who may", ["DASF-43"]),
  check("INFO-10", "Workspace objects are seen by who may", ["DASF-43"]),
  check("INFO-11", "Code in Git", ["DASF-52"]),
  check("INFO-18", "Who may create shares and recipients"),
  check("INFO-29", "External models are served by the workspace", ["DASF-32"], PRESENCE),
  check("INFO-37", "Compliance profile for new workspaces", ["DASF-50"]),
  check("INFO-38", "Allowlist of libraries and init scripts", ["DASF-53"]),
  check("INFO-39", "Compliance profile of the workspace", ["DASF-50"]),
  check("INFO-40", "Enhanced security monitoring", ["DASF-50"]),
  check("INFO-42", "Allowlist of Git repositories", ["DASF-52"]),
  check("NS-3", "Private connectivity of the front end", ["DASF-4"]),
  check("NS-4", "Customer-managed network"),
  check("NS-5", "IP access lists of the workspace", ["DASF-3"]),
  check("NS-6", "Secure cluster connectivity"),
  check("NS-7", "Model serving is not open to the internet", ["DASF-31"]),
  check("NS-8", "IP access lists of the account console"),
  check("NS-9", "Network policies restrict egress"),
  check("NS-11", "IP access lists are enforced"),
  check("NS-12", "Network policies restrict ingress"),
  check("NS-13", "The account console has an allow list"),
  check("NS-14", "Egress from compute, tried live", [], "It sends requests from running compute."),
];
