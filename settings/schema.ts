/** What the settings of a stack may be. docs/settings.md is generated from this schema. */
import { z } from "zod";
import { placeholdersIn } from "./placeholders.ts";
import {
  cron,
  email,
  flag,
  groupName,
  isUuid,
  list,
  matching,
  number,
  storageUrl,
  tag,
  text,
  timeZone,
} from "./values.ts";

export const ENVIRONMENTS = ["local", "dev", "pr", "prod"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

const uuid = (description: string, what: string, example: string) =>
  text({ description, allowed: what, example }, (value) => (isUuid(value) ? undefined : `must be ${what}`));
/** In groups of the object that holds them, so that one line of the file sets one of them. */
const group = <T extends z.core.$ZodShape>(shape: T, description: string) =>
  z
    .strictObject(shape, { error: ({ code }) => (code === "invalid_type" ? "must be a group of settings" : undefined) })
    .meta({ description });

const roles = group(
  {
    platformAdmins: groupName({
      description: "Can manage every securable of the stack",
      example: "platform-admins",
    }).optional(),
    dataEngineers: groupName({ description: "Builds and debugs the pipelines", example: "data-engineers" }).optional(),
    analysts: groupName({ description: "Reads gold", example: "analysts" }).optional(),
    auditors: groupName({
      description: "Reads event logs and quarantine, and browses the catalog",
      example: "auditors",
    }).optional(),
    dataStewards: groupName({
      description: "Can read unmasked personal data and the delivered files, and erase personal data",
      example: "data-stewards",
    }).optional(),
  },
  "Who holds which role. A role without a principal gets no grants",
);

const budgetPolicyId = (description: string) =>
  uuid(description, "a policy's id (a UUID)", "5f7e2c1a-8b3d-4e6f-9a0b-1c2d3e4f5a6b");

const compute = z
  .discriminatedUnion(
    "kind",
    [
      group(
        {
          kind: z.literal("serverless"),
          budgetPolicyId: budgetPolicyId("Serverless usage policy that usage is attributed to").optional(),
        },
        "Serverless compute",
      ),
      group(
        {
          kind: z.literal("classic"),
          clusterPolicyId: matching(
            {
              description: "Cluster policy of the pipelines' clusters",
              allowed: "the id of a cluster policy, 16 hexadecimal digits",
              example: "E0123456789ABCDE",
            },
            /^[0-9A-Fa-f]{16}$/,
          ),
          // At most what the policy pipeline-require-bounded-compute allows.
          maxWorkers: number(
            {
              description: "Maximum number of workers of a pipeline's cluster",
              allowed: "a whole number from 1 to 8",
              unit: "workers",
              example: 4,
            },
            { min: 1, max: 8, whole: true },
          ).default(2),
          budgetPolicyId: budgetPolicyId("Serverless usage policy of the job, which is always serverless").optional(),
        },
        "Classic clusters",
      ),
    ],
    {
      error: ({ code }) =>
        code === "invalid_union" ? 'must have the kind "serverless" or "classic"' : "must be a group of settings",
    },
  )
  .meta({ description: "Compute of the pipelines and the job" });

const SCHEDULE = { cron: "0 0 0/3 * * ?", timezone: "UTC", paused: true };
const schedule = group(
  {
    cron: cron({
      description: "When the job starts",
      allowed:
        "a Quartz cron expression: seconds, minutes, hours, day of month, month, day of week, and a year where wanted; runs are at least 15 minutes apart",
      example: "0 30 5 * * ?",
    }).default(SCHEDULE.cron),
    timezone: timeZone({
      description: "Time zone of the cron expression",
      allowed: "a name of the IANA time zone database",
      example: "America/Sao_Paulo",
    }).default(SCHEDULE.timezone),
    paused: flag({
      description: "Pauses the schedule of the job",
      allowed: "true or false",
      example: false,
    }).default(SCHEDULE.paused),
  },
  "When the job runs",
);

const GENERATOR = { scale: 1, seed: 42, badShare: 0.01 };
const generator = group(
  {
    scale: number(
      {
        description: "Size of a generated batch",
        allowed: "a number from 0.001 to 1000",
        unit: "5,000 orders",
        example: 10,
      },
      { min: 0.001, max: 1000, whole: false },
    ).default(GENERATOR.scale),
    seed: number(
      { description: "The same seed gives the same data", allowed: "a whole number from 0 to 2^53 - 1", example: 7 },
      { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
    ).default(GENERATOR.seed),
    badShare: number(
      {
        description: "Share of intentionally invalid rows",
        allowed: "a number from 0 to 0.5",
        unit: "share of all rows",
        example: 0.05,
      },
      { min: 0, max: 0.5, whole: false },
    ).default(GENERATOR.badShare),
  },
  "The synthetic data that the job generates",
);

const warehouse = group(
  {
    size: z
      .enum(["2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large"])
      .meta({
        description: "Size of a cluster",
        allowed: "2X-Small, X-Small, Small, Medium, Large, X-Large",
        example: "Small",
      })
      .default("2X-Small"),
    // At most what the policy warehouse-bound-cost allows.
    autoStopMinutes: number(
      {
        description: "Idle time until the warehouse stops",
        allowed: "a whole number from 1 to 60",
        unit: "minutes",
        example: 5,
      },
      { min: 1, max: 60, whole: true },
    ).default(10),
    maxClusters: number(
      { description: "Maximum clusters", allowed: "a whole number from 1 to 4", unit: "clusters", example: 2 },
      { min: 1, max: 4, whole: true },
    ).default(1),
  },
  "A SQL warehouse for analysts, the dashboard and the quality alerts. Absent: none",
);

const quality = group(
  {
    quarantineShare: number(
      {
        description: "Alert if a larger share of the delivered rows is quarantined",
        allowed: "a number from 0 to 1",
        unit: "share of all rows",
        example: 0.02,
      },
      { min: 0, max: 1, whole: false },
    ).default(0.05),
    staleHours: number(
      {
        description: "Alert if the newest order was ingested longer ago",
        allowed: "a whole number from 1 to 720",
        unit: "hours",
        example: 6,
      },
      { min: 1, max: 720, whole: true },
    ).default(24),
  },
  "Alerts on the data, every hour, to `alerts`. Absent: none",
);

const personalData = group(
  {
    tagPolicy: flag({
      description:
        "Creates the governed tag `pii` in the account, which only one stack can do. Otherwise an account admin creates it",
      allowed: "true or false",
      example: true,
    }).default(false),
  },
  "Masks personal data for everyone but `roles.dataStewards` and who runs the pipelines; requires `warehouse`. Absent: not masked",
);

const account = group(
  {
    id: uuid("Databricks account", "an account's id (a UUID)", "9f3c1d7e-5b2a-4c8d-8e6f-0a1b2c3d4e5f"),
    host: matching(
      {
        description: "Account console",
        allowed:
          "https://accounts.cloud.databricks.com, https://accounts.azuredatabricks.net or https://accounts.gcp.databricks.com",
        example: "https://accounts.azuredatabricks.net",
      },
      /^https:\/\/accounts\.(cloud\.databricks\.com|azuredatabricks\.net|gcp\.databricks\.com)$/,
    ).default("https://accounts.cloud.databricks.com"),
    groups: flag({
      description:
        "Creates the groups of `roles`, if no identity provider manages them, and assigns them to `workspaceIds`",
      allowed: "true or false",
      example: true,
    }).default(false),
    budgetPolicy: flag({
      description: "Creates a serverless usage policy with the stack's tags, instead of `compute.budgetPolicyId`",
      allowed: "true or false",
      example: false,
    }).default(false),
    deploySubjects: list(
      text(
        {
          description: "Creates a service principal for CI with a federation policy for tokens with these subjects",
          allowed: "a subject as the CI system writes it, without wildcards",
          example: "repo:acme/lakehouse:environment:prod",
        },
        (value) =>
          /^[^\s*]{1,255}$/.test(value) ? undefined : "must be a subject as the CI system writes it, without wildcards",
      ),
    ).default([]),
  },
  "What belongs to the account; the deployer must be its admin. Absent: nothing is made there",
);

const shape = {
  environment: z.enum(ENVIRONMENTS).meta({
    description: "Environment of the stack; part of physical names",
    allowed: ENVIRONMENTS.join(", "),
    example: "dev",
  }),
  suffix: matching(
    {
      description: "Suffix of the physical names of an ephemeral stack",
      allowed: "1 to 30 of a-z, 0-9 and _ (it becomes part of the catalog's name)",
      example: "pr_123",
    },
    /^[a-z0-9_]{1,30}$/,
  ).optional(),
  existingCatalog: matching(
    {
      description:
        "Existing catalog in which the stack's schemas are created, instead of a catalog of its own. Its owner grants `USE CATALOG`",
      allowed: "the name of a catalog: a-z, 0-9 and _, at most 63 characters, a letter first",
      example: "workspace",
    },
    /^[a-z][a-z0-9_]{0,62}$/,
  ).optional(),
  codeRoot: matching(
    {
      description: "Workspace folder that contains the stacks' folders; default `/Workspace/olist`",
      allowed: "an absolute workspace folder, not in /Shared, where every user may edit",
      example: "/Workspace/data-platform/olist",
    },
    /^\/(?!(Workspace\/)?Shared(\/|$))(?!\.{1,2}(\/|$))[^/\p{Cc}]+(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)*$/u,
  ).optional(),
  tags: group(
    {
      owner: tag({ description: "Team that is responsible for the stack", example: "data-platform" }),
      costCenter: tag({ description: "Cost center to which usage is attributed", example: "1000" }),
    },
    "On everything that costs money, beside `environment`",
  ),
  roles: roles.default({}),
  runAs: uuid(
    "Service principal that runs the pipelines and the job",
    "the application id (a UUID) of a service principal",
    "1b4f8c2e-6a7d-4f3b-8c9e-0d1a2b3c4d5e",
  ).optional(),
  alerts: list(email({ description: "Receives alerts of failures", example: "data-alerts@acme.io" })).default([]),
  schedule: schedule.default(SCHEDULE),
  compute: compute.default({ kind: "serverless" }),
  generator: generator.default(GENERATOR),
  warehouse: warehouse.optional(),
  dashboard: flag({
    description: "Dashboard of gold's measures; requires `warehouse`",
    allowed: "true or false",
    example: true,
  }).default(false),
  quality: quality.optional(),
  personalData: personalData.optional(),
  secretScope: flag({
    description: "Creates a secret scope that the pipelines can read",
    allowed: "true or false",
    example: true,
  }).default(false),
  account: account.optional(),
  storageRoot: storageUrl({
    description: "External location for the catalog's managed data",
    example: "s3://acme-lakehouse/olist",
  }).optional(),
  workspaceIds: list(
    matching(
      {
        description: "Workspaces that the catalog is bound to, which isolates it from others",
        allowed: "a workspace's id in digits",
        example: "8372915064738291",
      },
      /^[1-9]\d{0,18}$/,
    ),
  ).default([]),
};

export const schema = z.strictObject(shape).superRefine((settings, issue) => {
  const add = (key: string, message: string): void =>
    issue.addIssue({ code: "custom", path: [key], input: settings[key as keyof typeof settings], message });
  const need = (key: string, missing: boolean, why: string): void => {
    if (missing) add(key, `is required in ${settings.environment}: ${why}`);
  };
  if (settings.environment === "prod") {
    need("runAs", !settings.runAs, "a person's account must not run production");
    need("alerts", settings.alerts.length === 0, "somebody must hear of a failure");
    need(
      "workspaceIds",
      settings.workspaceIds.length === 0,
      "the catalog is isolated and must be bound to its workspaces",
    );
    if (settings.suffix) add("suffix", "is not allowed in prod: its names are fixed");
    if (settings.existingCatalog)
      add("existingCatalog", "is not allowed in prod: its catalog is isolated and protected");
  }
  if (settings.existingCatalog) {
    const others = "not allowed beside existingCatalog, which is somebody else's";
    if (settings.storageRoot) add("storageRoot", `is ${others}`);
    if (settings.workspaceIds.length > 0) add("workspaceIds", `are ${others}`);
    if (settings.personalData) add("personalData", `is ${others}: its policies hold for all of a catalog`);
  }
  if (!settings.warehouse && settings.dashboard) add("dashboard", "requires a warehouse: set warehouse.size");
  if (!settings.warehouse && settings.quality) add("quality", "requires a warehouse: set warehouse.size");
  if (!settings.warehouse && settings.personalData)
    add("personalData", "requires a warehouse, which creates the masks: set warehouse.size");
  if (settings.quality && settings.alerts.length === 0) add("quality", "requires alerts: somebody must hear of it");
  if (settings.account?.budgetPolicy && settings.compute.budgetPolicyId)
    add("account", "cannot make a usage policy beside compute.budgetPolicyId: keep one of the two");
  need("suffix", settings.environment === "pr" && !settings.suffix, "each pull request has names of its own");
  if (settings.environment === "local") {
    if (settings.storageRoot)
      add("storageRoot", "is not allowed in local: the local workspace keeps data in its own folder");
    if (settings.account) add("account", "is not allowed in local: the local workspace is no account's");
    if (settings.workspaceIds.length > 0)
      add("workspaceIds", "are not allowed in local: the local workspace is the only one");
    return;
  }
  for (const { path, instead } of placeholdersIn(settings)) {
    issue.addIssue({ code: "custom", path: [...path], message: `is a placeholder; put here ${instead}` });
  }
});

export type Settings = Readonly<z.infer<typeof schema>>;
export type Compute = z.infer<typeof compute>;
export type Roles = z.infer<typeof roles>;

/** The part of JSON Schema that describes these settings. */
export interface Described {
  type?: string;
  description?: string;
  allowed?: string;
  unit?: string;
  example?: string | number | boolean;
  default?: unknown;
  const?: string;
  properties?: Record<string, Described>;
  required?: string[];
  items?: Described;
  oneOf?: Described[];
  anyOf?: Described[];
}

export const described = z.toJSONSchema(schema) as Described;
