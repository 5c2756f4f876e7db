/** What only looks like a violation: nothing is reported. */
import assert from "node:assert/strict";
import { FIXTURES, resource } from "./fixtures.ts";
import { Pack, type Sent, UNKNOWN, urnOf } from "./pack.ts";

const NOTEBOOK = { notebookTask: { notebookPath: "/apps/sales/generate" } };
const job = (task: object, set: Record<string, unknown> = {}): Sent =>
  resource("Job", { tasks: [{ taskKey: "a", maxRetries: 1, ...task }], ...set });
const configured = (configuration: Record<string, string>): Sent => resource("Pipeline", { configuration });
const initScript = (destination: string): object => ({
  ...{ policyId: "p", numWorkers: 1, dataSecurityMode: "SINGLE_USER", enableLocalDiskEncryption: true },
  initScripts: [{ workspace: { destination } }],
});

type Fine = [what: string, ...Sent[]];
const FINE: Fine[] = [
  ["two securables of one kind", resource("Grants", {}, "one"), resource("Grants", { catalog: "other" }, "two")],
  ["two Grant for two groups", resource("Grant", {}, "one"), resource("Grant", { principal: "auditors" }, "two")],
  [
    "two unknown names that one schema's name is part of",
    ...["one", "two"].map((name) => ({
      ...resource("Grants", { catalog: undefined, table: UNKNOWN }, name),
      dependencies: { table: [urnOf(resource("Schema"))] },
    })),
  ],
  ["a volume by DBFS' scheme", resource("Pipeline", { configuration: { in: "dbfs:/Volumes/sales/bronze/in" } })],
  ["a folder that is called mnt", resource("Pipeline", { configuration: { in: "/Volumes/sales/bronze/in/mnt/x" } })],
  ["a secret's reference", resource("Pipeline", { configuration: { password: "{{secrets/ingest/db}}" } })],
  [
    "a name that speaks of a secret",
    resource("Pipeline", { configuration: { "token.endpoint": "https://x.example" } }),
  ],
  [
    "a job's parameter handed to a task",
    resource("Job", {
      tasks: [
        {
          ...(FIXTURES.Job!.tasks as object),
          taskKey: "a",
          maxRetries: 1,
          notebookTask: { notebookPath: "/apps/x", baseParameters: { token: "{{job.parameters.token}}" } },
        },
      ],
    }),
  ],
  [
    "a notebook from git",
    resource("Job", {
      gitSource: { url: "https://git.example" },
      tasks: [{ taskKey: "a", maxRetries: 1, notebookTask: { notebookPath: "etl/a" } }],
    }),
  ],
  [
    "a maintenance cluster without workers",
    resource("Pipeline", { clusters: [{ label: "maintenance", policyId: "p", enableLocalDiskEncryption: true }] }),
  ],
  ["a block list of everything", resource("IpAccessList", { listType: "BLOCK", ipAddresses: ["0.0.0.0/0"] })],
  [
    "a timeout on each task",
    resource("Job", {
      timeoutSeconds: undefined,
      tasks: [{ taskKey: "a", maxRetries: 1, timeoutSeconds: 60, notebookTask: { notebookPath: "/apps/x" } }],
    }),
  ],
  [
    "a notebook from a git repository that is not known yet",
    job({ notebookTask: { notebookPath: "etl/a" } }, { gitSource: UNKNOWN }),
  ],
  ["a notebook from where is not known yet", job({ notebookTask: { notebookPath: "etl/a", source: UNKNOWN } })],
  ["a script in a cloud", job({ sparkPythonTask: { pythonFile: "s3://code/x.py" } })],
  ["an init script under the root", job({ ...NOTEBOOK, newCluster: initScript("/Workspace/apps/i.sh") })],
  [
    "dbt's profiles beside the project",
    job({ dbtTask: { projectDirectory: "/apps/dbt", profilesDirectory: "profiles" } }),
  ],
  [
    "an index of packages",
    resource("Pipeline", { environment: { dependencies: ["--index-url https://x.example/simple", "requests==2"] } }),
  ],
  [
    "a parameter that is called dbfs",
    job({ notebookTask: { notebookPath: "/apps/x", baseParameters: { dbfs: "off" } } }),
  ],
  ["a description of what was in a mount", job({ ...NOTEBOOK, description: "Replaces the copy in /mnt/lake" })],
  ["a folder whose name begins like a mount's", configured({ in: "/mnt-data/x" })],
  ["a URL with a folder that is called mnt", configured({ in: "https://x.example/mnt/x" })],
  [
    "a login with references",
    configured({ jaas: 'x required username="{{secrets/a/u}}" password="{{secrets/a/p}}";' }),
  ],
  [
    "a database's address with port and user",
    configured({ url: "jdbc:sqlserver://db.example:1433;user=me@tenant;database=x" }),
  ],
  ["a switch", configured({ "x.use_token": "true" })],
  ["a tokenizer", configured({ tokenizer: "words", num_tokens: "512", tokens_per_minute: "9" })],
  ["where a key lies", configured({ private_key_path: "/Volumes/sales/ops/keys/x.pem" })],
  [
    "an argument after its name, by reference",
    job({ sparkPythonTask: { pythonFile: "/apps/x.py", parameters: ["--password", "{{secrets/a/b}}"] } }),
  ],
  [
    "two switches of a script",
    job({ sparkPythonTask: { pythonFile: "/apps/x.py", parameters: ["--use-token", "--verbose"] } }),
  ],
  [
    "the password of an image, by reference",
    resource("Cluster", {
      dockerImage: {
        url: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/etl:1",
        basicAuth: { username: "u", password: "{{secrets/a/b}}" },
      },
    }),
  ],
  ["a notification that is not known yet", resource("Pipeline", { notifications: [UNKNOWN] })],
  ["a cluster that is not known yet", resource("Pipeline", { serverless: false, photon: true, clusters: [UNKNOWN] })],
  [
    "a notebook on a SQL warehouse without a budget",
    job({ notebookTask: { notebookPath: "/apps/x", warehouseId: "w" } }, { budgetPolicyId: undefined }),
  ],
  ...[{ matchColumns: UNKNOWN }, { matchColumns: [UNKNOWN] }, { policyType: UNKNOWN }].map(
    (set): Fine => [
      `a mask of which ${Object.keys(set)} is not known yet`,
      resource("EntityTagAssignment"),
      resource("PolicyInfo", set),
    ],
  ),
  [
    "a mask that asks for another value, too",
    resource("EntityTagAssignment"),
    resource("PolicyInfo", {
      matchColumns: [{ alias: "c", condition: "has_tag_value('pii', 'phone') OR hasTagValue(\"pii\", \"email\")" }],
    }),
  ],
  [
    "a location of withdrawals that is written to",
    resource("ExternalLocation", { name: "withdrawals", url: "s3://withdrawals/x", readOnly: false }),
  ],
  [
    "two ids that are not known yet, of two schemas",
    ...["one", "two"].flatMap((name) => {
      const schema = resource("Schema", { name }, name);
      return [
        schema,
        {
          ...resource("Grants", { catalog: undefined, schema: UNKNOWN }, `on-${name}`),
          dependencies: { schema: [urnOf(schema)] },
        },
      ];
    }),
  ],
];

describe("what is no violation", () => {
  let pack: Pack;
  before(async () => {
    pack = await Pack.start();
  });
  after(() => pack?.stop());

  for (const [what, ...sent] of FINE) {
    it(`${what}`, async () => {
      const found = (await pack.preview(sent)).filter(({ policy }) => policy !== "job-require-acl");
      assert.deepEqual(found, []);
    });
  }

  for (const [what, from] of [
    ["by its number", []],
    ["by an id that another resource handed on", [urnOf(resource("Catalog"))]],
    ["by its id and by itself", [urnOf(resource("Job"))]],
  ] as const) {
    it(`one list of permissions that names its job ${what}`, async () => {
      const permissions = { ...resource("Permissions", { jobId: 77 }), dependencies: { jobId: [...from] } };
      const all = [resource("Job", { id: "77" }), resource("Catalog"), permissions];
      assert.deepEqual(await pack.analyzeStack(all), []);
    });
  }
});
