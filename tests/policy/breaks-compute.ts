/** Ways to break the rules on clusters wherever they occur, pools, and what is installed on them. */
import { type Break, breaks, stackBreak } from "./break.ts";
import { FIXTURES, resource } from "./fixtures.ts";

const GOOD = {
  policyId: "p",
  numWorkers: 1,
  sparkVersion: "16.4.x-scala2.12",
  dataSecurityMode: "SINGLE_USER",
  enableLocalDiskEncryption: true,
};
/** A job with a cluster of its own. */
const jobCluster = (set: Record<string, unknown>): Record<string, unknown> => ({
  jobClusters: [{ jobClusterKey: "k", newCluster: { ...GOOD, ...set } }],
});
const taskCluster = (set: Record<string, unknown>): Record<string, unknown> => ({
  tasks: [{ taskKey: "a", maxRetries: 1, notebookTask: { notebookPath: "/apps/a" }, newCluster: { ...GOOD, ...set } }],
});
const CLASSIC = { serverless: false, budgetPolicyId: undefined, photon: true };
const pipelineCluster = (set: Record<string, unknown>): Record<string, unknown> => ({
  ...CLASSIC,
  clusters: [{ policyId: "p", numWorkers: 1, enableLocalDiskEncryption: true, ...set }],
});
const TAGS = FIXTURES.InstancePool!.customTags as Record<string, string>;

const policy = (entries: object): { definition: string } => ({ definition: JSON.stringify(entries) });

export const computeBreaks: readonly Break[] = [
  ...breaks("compute-require-access-mode", "dataSecurityMode", [
    ["no isolation", "Cluster", { dataSecurityMode: "NONE" }],
    ["a legacy mode", "Cluster", { dataSecurityMode: "LEGACY_TABLE_ACL" }],
    ["a legacy mode in lower case", "Cluster", { dataSecurityMode: "legacy_passthrough" }],
    ["nothing said", "Cluster", { dataSecurityMode: undefined }],
    ["a job's cluster", "Job", jobCluster({ dataSecurityMode: "NONE" })],
    ["a task's cluster", "Job", taskCluster({ dataSecurityMode: "LEGACY_SINGLE_USER" })],
  ]),
  ...breaks("compute-forbid-old-runtime", "sparkVersion", [
    ["a runtime of 2023", "Cluster", { sparkVersion: "13.3.x-scala2.12" }],
    ["a job's cluster", "Job", jobCluster({ sparkVersion: "9.1.x-scala2.12" })],
    ["one minor release too old", "Job", taskCluster({ sparkVersion: "13.3.x-photon-scala2.12" })],
  ]),
  ...breaks("compute-prefer-lts-runtime", "sparkVersion", [
    ["a release without long support", "Cluster", { sparkVersion: "17.1.x-scala2.13" }],
    ["in a job", "Job", jobCluster({ sparkVersion: "16.2.x-scala2.12" })],
  ]),
  ...breaks("compute-prefer-lts-runtime", "preloadedSparkVersions[0]", [
    ["in a pool", "InstancePool", { preloadedSparkVersions: ["17.2.x-scala2.13"] }],
  ]),
  ...breaks("compute-encrypt-disks", "enableLocalDiskEncryption", [
    ["disks in clear", "Cluster", { enableLocalDiskEncryption: false }],
    ["the default", "Cluster", { enableLocalDiskEncryption: undefined }],
    ["a pipeline's cluster", "Pipeline", pipelineCluster({ enableLocalDiskEncryption: undefined })],
    ["a task's cluster", "Job", taskCluster({ enableLocalDiskEncryption: "false" })],
  ]),
  ...breaks("compute-forbid-ssh", "sshPublicKeys", [
    ["a key", "Cluster", { sshPublicKeys: ["ssh-ed25519 AAAA"] }],
    ["a key of a job's cluster", "Job", jobCluster({ sshPublicKeys: ["ssh-ed25519 AAAA"] })],
    ["a key of a pipeline's cluster", "Pipeline", pipelineCluster({ sshPublicKeys: ["ssh-ed25519 AAAA"] })],
  ]),
  ...breaks("compute-bound-size", "numWorkers", [
    ["a hundred workers", "Cluster", { numWorkers: 100 }],
    ["as text", "Cluster", { numWorkers: "100" }],
    ["in a job", "Job", taskCluster({ numWorkers: 21 })],
  ]),
  ...breaks("compute-bound-size", "autoscale", [
    ["a wide autoscale", "Job", jobCluster({ autoscale: { minWorkers: 1, maxWorkers: 50 } })],
    ["half an autoscale", "Cluster", { autoscale: { minWorkers: 1 } }],
  ]),
  ...breaks("job-cluster-require-policy", "policyId", [
    ["a job's cluster without a policy", "Job", jobCluster({ policyId: undefined })],
    ["a task's cluster without a policy", "Job", taskCluster({ policyId: "" })],
    [
      "inside a for-each task",
      "Job",
      {
        tasks: [
          {
            taskKey: "a",
            forEachTask: {
              inputs: "[1]",
              task: {
                taskKey: "b",
                maxRetries: 1,
                notebookTask: { notebookPath: "/apps/a" },
                newCluster: { ...GOOD, policyId: undefined },
              },
            },
          },
        ],
      },
    ],
  ]),
  ...breaks("compute-keep-driver", "firstOnDemand", [
    ["spot machines only", "Cluster", { awsAttributes: { availability: "SPOT" } }],
    ["none on demand", "Cluster", { awsAttributes: { availability: "SPOT_WITH_FALLBACK", firstOnDemand: 0 } }],
    ["on Azure", "Job", jobCluster({ azureAttributes: { availability: "SPOT_AZURE", firstOnDemand: 0 } })],
    ["on Google Cloud", "Cluster", { gcpAttributes: { availability: "PREEMPTIBLE_GCP" } }],
  ]),
  ...breaks("pool-bound-cost", "idleInstanceAutoterminationMinutes", [
    ["machines that stay", "InstancePool", { idleInstanceAutoterminationMinutes: 600 }],
    ["nothing said", "InstancePool", { idleInstanceAutoterminationMinutes: undefined }],
  ]),
  ...breaks("pool-bound-cost", "minIdleInstances", [["ten idle machines", "InstancePool", { minIdleInstances: 10 }]]),
  ...breaks("pool-bound-cost", "maxCapacity", [
    ["no limit", "InstancePool", { maxCapacity: undefined }],
    ["a thousand machines", "InstancePool", { maxCapacity: 1000 }],
  ]),
  ...breaks("require-tags", "customTags", [
    ["a pool without tags", "InstancePool", { customTags: {} }],
    ["a tag that says nothing", "InstancePool", { customTags: { ...TAGS, owner: "n/a" } }],
    ["another", "Cluster", { customTags: { ...TAGS, cost_center: "TBD" } }],
  ]),
  ...breaks("require-tags", "tags", [
    ["an endpoint without tags", "ModelServing", { tags: [] }],
    ["a tag of a job that says nothing", "Job", { tags: { ...TAGS, owner: " - " } }],
  ]),
  ...breaks("forbid-global-init-script", "enabled", [["a script for all", "GlobalInitScript", { enabled: true }]]),
  ...breaks("forbid-global-init-script", "enableDeprecatedGlobalInitScripts", [
    ["legacy scripts for all", "WorkspaceConf", { customConfig: { enableDeprecatedGlobalInitScripts: "true" } }],
  ]),
  ...breaks("compute-require-access-mode", "securityPolicy", [
    ["warehouses without access control", "SqlGlobalConfig", { securityPolicy: "NONE" }],
    ["warehouses with a person's cloud rights", "SqlGlobalConfig", { securityPolicy: "PASSTHROUGH" }],
  ]),
  ...breaks("compute-require-access-mode", "sparkConf", [
    ["passthrough by a setting", "Cluster", { sparkConf: { "spark.databricks.passthrough.enabled": "true" } }],
    ["legacy lists by a setting", "Job", jobCluster({ sparkConf: { "spark.databricks.acl.dfAclsEnabled": "true" } })],
  ]),
  ...breaks("cluster-policy-safe", "definition", [
    ["no isolation, fixed", "ClusterPolicy", policy({ data_security_mode: { type: "fixed", value: "NONE" } })],
    [
      "a legacy mode among others",
      "ClusterPolicy",
      policy({ data_security_mode: { type: "allowlist", values: ["SINGLE_USER", "LEGACY_PASSTHROUGH"] } }),
    ],
    [
      "an old runtime by default",
      "ClusterPolicy",
      policy({ spark_version: { type: "unlimited", defaultValue: "9.1.x-scala2.12" } }),
    ],
    ["no end", "ClusterPolicy", policy({ autotermination_minutes: { type: "fixed", value: 0 } })],
    ["a key", "ClusterPolicy", policy({ "ssh_public_keys.0": { type: "fixed", value: "ssh-ed25519 AAAA" } })],
    ["disks in clear", "ClusterPolicy", policy({ enable_local_disk_encryption: { type: "fixed", value: "false" } })],
  ]),
  ...breaks("cluster-policy-safe", "policyFamilyDefinitionOverrides", [
    [
      "a family's overrides",
      "ClusterPolicy",
      {
        policyFamilyDefinitionOverrides: policy({ autotermination_minutes: { type: "fixed", value: "0" } }).definition,
      },
    ],
  ]),
  ...breaks("transport-require-encryption", "repo", [
    ["an index in clear", "Library", { pypi: { package: "acme", repo: "http://pypi.example.com/simple" } }],
    [
      "a repository in clear",
      "Cluster",
      { libraries: [{ maven: { coordinates: "a:b:1", repo: "HTTP://maven.example.com" } }] },
    ],
  ]),
  ...breaks("transport-require-encryption", "environment.dependencies", [
    [
      "an index in clear, among others",
      "Pipeline",
      { environment: { dependencies: ["acme==1", "--index-url http://pypi.example.com/simple"] } },
    ],
    [
      "a repository in clear",
      "Pipeline",
      { environment: { dependencies: ["acme @ git+http://git.example.com/acme"] } },
    ],
    [
      "a file in clear",
      "Pipeline",
      { environment: { dependencies: ["http://files.example.com/acme-1-py3-none-any.whl"] } },
    ],
    ["a host without certificate", "Pipeline", { environment: { dependencies: ["--trusted-host pypi.example.com"] } }],
  ]),
  ...breaks("transport-require-encryption", "url", [
    [
      "a database in clear",
      "Pipeline",
      { configuration: { url: "jdbc:postgresql://db.example.com/erp?sslmode=disable" } },
    ],
    [
      "one whose certificate nobody checks",
      "Pipeline",
      { configuration: { url: "jdbc:sqlserver://db.example.com;trustServerCertificate=true" } },
    ],
  ]),
  ...breaks("transport-require-encryption", "options.trustServerCertificate", [
    [
      "a connection to any server",
      "Connection",
      { connectionType: "SQLSERVER", options: { host: "db.example.com", trustServerCertificate: "true" } },
    ],
  ]),
  ...breaks("transport-require-encryption", "config.genericWebhook.url", [
    [
      "a webhook in clear",
      "NotificationDestination",
      { config: { genericWebhook: { url: "http://hooks.example.com" } } },
    ],
  ]),
  ...breaks("transport-require-encryption", "oidcPolicy.issuer", [
    ["an issuer in clear", "AccountFederationPolicy", { oidcPolicy: { issuer: "http://idp.example.com" } }],
  ]),
  ...breaks("transport-require-encryption", "redirectUrls", [
    ["a callback in clear", "CustomAppIntegration", { redirectUrls: ["http://reports.example.com/callback"] }],
  ]),
  ...breaks("allowlist-narrow", "artifactMatchers[0].artifact", [
    [
      "libraries of a whole domain",
      "ArtifactAllowlist",
      { artifactType: "LIBRARY_MAVEN", artifactMatchers: [{ artifact: "org", matchType: "PREFIX_MATCH" }] },
    ],
  ]),
  ...breaks("allowlist-narrow", "artifactMatchers[0].artifact", [
    ["everything", "ArtifactAllowlist", { artifactMatchers: [{ artifact: "/", matchType: "PREFIX_MATCH" }] }],
    ["a wildcard", "ArtifactAllowlist", { artifactMatchers: [{ artifact: "*:*", matchType: "PREFIX_MATCH" }] }],
    ["a bucket", "ArtifactAllowlist", { artifactMatchers: [{ artifact: "s3://jars/", matchType: "PREFIX_MATCH" }] }],
    [
      "all volumes",
      "ArtifactAllowlist",
      { artifactMatchers: [{ artifact: "/Volumes/sales/", matchType: "PREFIX_MATCH" }] },
    ],
  ]),
  ...breaks("warehouse-bound-cost", "clusterSize", [
    ["a giant warehouse", "SqlEndpoint", { clusterSize: "4X-Large", maxNumClusters: 1 }],
    ["in lower case", "SqlEndpoint", { clusterSize: "x-large" }],
  ]),
  stackBreak(
    "compute-bound-total",
    "many warehouses together",
    "its compute",
    Array.from({ length: 9 }, (_, at) =>
      resource("SqlEndpoint", { name: `w${at}`, clusterSize: "Large", maxNumClusters: 4 }, `w${at}`),
    ),
  ),
];
