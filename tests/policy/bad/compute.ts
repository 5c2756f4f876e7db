/** Compute, jobs and pipelines. */
import * as d from "@pulumi/databricks";
import { type BadProgram, base64, cluster, job, jobCluster, PRINCIPAL, pipeline, protect, TAGS } from "./resources.ts";

export const COMPUTE: readonly BadProgram[] = [
  ["compute-allowed-images", "an image of anybody", () => cluster({ dockerImage: { url: "acme/etl:latest" } })],
  [
    "compute-allowed-images",
    "an image of anybody for a job",
    () =>
      job({
        jobClusters: [
          { jobClusterKey: "k", newCluster: { ...jobCluster, dockerImage: { url: "ghcr.io/stranger/etl" } } },
        ],
        tasks: [{ taskKey: "a", maxRetries: 1, jobClusterKey: "k", notebookTask: { notebookPath: "/apps/a" } }],
      }),
  ],
  [
    "compute-allowed-images",
    "an image of anybody in a pool",
    () =>
      void new d.InstancePool("p", {
        instancePoolName: "p",
        idleInstanceAutoterminationMinutes: 10,
        maxCapacity: 10,
        customTags: TAGS,
        preloadedDockerImages: [{ url: "docker.io/acme/etl" }],
      }),
  ],
  [
    "compute-forbid-cloud-identity",
    "an instance profile that the program makes",
    () => {
      const profile = new d.InstanceProfile("p", {
        instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/etl",
      });
      cluster({ awsAttributes: { instanceProfileArn: profile.id } });
    },
  ],
  [
    "compute-forbid-cloud-identity",
    "an instance profile of a pipeline",
    () =>
      pipeline({
        serverless: false,
        photon: true,
        clusters: [
          {
            label: "default",
            policyId: "p",
            numWorkers: 2,
            enableLocalDiskEncryption: true,
            awsAttributes: { instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/etl" },
          },
        ],
      }),
  ],
  [
    "instance-profile-safe",
    "a profile for passthrough",
    () =>
      void new d.InstanceProfile("p", {
        instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/etl",
        isMetaInstanceProfile: true,
        skipValidation: true,
      }),
  ],
  [
    "compute-forbid-cloud-identity",
    "storage by an account's key",
    () => cluster({ sparkConf: { "fs.azure.account.key.lake.dfs.core.windows.net": "{{secrets/lake/key}}" } }),
  ],
  [
    "compute-require-access-mode",
    "old table ACLs",
    () => cluster({ sparkConf: { "spark.databricks.acl.dfAclsEnabled": "true" } }),
  ],
  ["compute-require-access-mode", "no isolation", () => cluster({ dataSecurityMode: "NONE" })],
  ["compute-forbid-old-runtime", "a runtime without patches", () => cluster({ sparkVersion: "10.4.x-scala2.12" })],
  ["cluster-require-policy", "a cluster for ever", () => cluster({ autoterminationMinutes: 0 })],
  ["cluster-policy-safe", "a policy that fixes nothing", () => void new d.ClusterPolicy("p", { definition: "{}" })],
  [
    "cluster-policy-safe",
    "a policy of nothing but defaults",
    () =>
      void new d.ClusterPolicy("p", {
        definition: JSON.stringify({ autotermination_minutes: { type: "unlimited", defaultValue: 30 } }),
      }),
  ],
  [
    "forbid-dbfs",
    "an init script on DBFS",
    () => cluster({ initScripts: [{ dbfs: { destination: "dbfs:/init/i.sh" } }] }),
  ],
  [
    "forbid-global-init-script",
    "a script on every cluster",
    () => void new d.GlobalInitScript("g", { enabled: true, contentBase64: base64("echo hello") }),
  ],
  [
    "transport-require-encryption",
    "certificates that Python does not check",
    () => cluster({ sparkEnvVars: { PYTHONHTTPSVERIFY: "0" } }),
  ],
  [
    "warehouse-bound-cost",
    "a warehouse day and night",
    () =>
      void new d.SqlEndpoint("w", {
        name: "w",
        clusterSize: "Small",
        autoStopMins: 0,
        maxNumClusters: 1,
        tags: { customTags: Object.entries(TAGS).map(([key, value]) => ({ key, value })) },
      }),
  ],
  [
    "serverless-bound-cost",
    "the largest database",
    () => void new d.DatabaseInstance("d", { name: "d", capacity: "CU_8" }, protect),
  ],
  [
    "serverless-bound-cost",
    "a database that grows to 64 units",
    () =>
      void new d.PostgresEndpoint("e", {
        endpointId: "e",
        parent: "p",
        spec: { endpointType: "ENDPOINT_TYPE_READ_WRITE", autoscalingLimitMaxCu: 64, noSuspension: true },
      }),
  ],
  [
    "serverless-bound-cost",
    "search of thousands of queries a second",
    () =>
      void new d.VectorSearchEndpoint("v", {
        name: "v",
        endpointType: "STANDARD",
        scalingInfo: { requestedTargetQps: 5000 },
      }),
  ],
  [
    "database-restrict-access",
    "a role past row-level security",
    () =>
      void new d.PostgresRole("r", {
        parent: "p",
        spec: { identityType: "GROUP", postgresRole: "engineers", attributes: { bypassrls: true } },
      }),
  ],
  [
    "database-require-oauth",
    "passwords of a database",
    () => void new d.DatabaseInstance("d", { name: "d", capacity: "CU_1", enablePgNativeLogin: true }, protect),
  ],
  [
    "names-unique",
    "two pipelines of one name",
    () => {
      pipeline({ allowDuplicateNames: true });
      new d.Pipeline(
        "copy",
        {
          name: "medallion",
          serverless: true,
          budgetPolicyId: "b",
          catalog: "sales",
          schema: "gold",
          allowDuplicateNames: true,
          notifications: [{ alerts: ["on-update-failure"], emailRecipients: ["on-call@acme.io"] }],
          runAs: { servicePrincipalName: PRINCIPAL },
          tags: TAGS,
        },
        protect,
      );
    },
  ],
  ["job-require-run-as", "a person's job", () => job({ runAs: { userName: "a@acme.io" } })],
  [
    "job-require-run-as",
    "a person's alert",
    () =>
      void new d.AlertV2("a", {
        displayName: "late",
        parentPath: "/Workspace/apps",
        warehouseId: "w",
        queryText: "SELECT 1",
        evaluation: { comparisonOperator: "GREATER_THAN", source: { name: "late" } },
        schedule: { quartzCronSchedule: "0 0 6 * * ?", timezoneId: "UTC" },
        runAs: { userName: "a@acme.io" },
      }),
  ],
  ["job-limit-concurrency", "runs over each other", () => job({ maxConcurrentRuns: 10 })],
  [
    "forbid-secret-literals",
    "a password among a task's parameters",
    () =>
      job({
        tasks: [
          {
            taskKey: "a",
            maxRetries: 1,
            notebookTask: { notebookPath: "/apps/a", baseParameters: { db_password: "Summer2026!" } },
          },
        ],
      }),
  ],
  [
    "forbid-secret-literals",
    "a secret in a notebook",
    () =>
      void new d.Notebook("n", {
        path: "/apps/a",
        language: "PYTHON",
        contentBase64: base64(`token = "dapi${"0123456789abcdef".repeat(2)}"`),
      }),
  ],
  ["pipeline-require-unity-catalog", "a pipeline of the Hive metastore", () => pipeline({ catalog: "hive_metastore" })],
  [
    "source-require-root",
    "a person's notebook in production",
    () => pipeline({ libraries: [{ notebook: { path: "/Users/a@acme.io/etl" } }] }),
  ],
];
