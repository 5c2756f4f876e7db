/**
 * The settings of one stack: what `Pulumi.<stack>.yaml` may say under `olist-lakehouse:`, parsed once.
 * Everything else in the program sees the frozen `Settings` object and no raw configuration.
 */
import { z } from "zod";

export const ENVIRONMENTS = ["local", "dev", "pr", "prod"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

const principal = z
  .string()
  .min(1)
  .refine((name) => name.trim() === name, "must not start or end with a space");
const email = z.email("must be an e-mail address");
const applicationId = z.uuid("must be the application id (a UUID) of a service principal");

const roles = z.strictObject({
  platformAdmins: principal.optional().describe("group that may manage every securable of the stack"),
  dataEngineers: principal.optional().describe("group that builds and debugs the pipelines"),
  analysts: principal.optional().describe("group that reads gold"),
  auditors: principal.optional().describe("group that reads event logs and quarantine, and browses the catalog"),
});

const compute = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("serverless"),
    budgetPolicyId: z.string().min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal("classic"),
    clusterPolicyId: z.string().min(1),
    maxWorkers: z.int().min(1).max(20),
  }),
]);

const schema = z
  .strictObject({
    environment: z.enum(ENVIRONMENTS),
    suffix: z
      .string()
      .regex(/^[a-z0-9_]{1,30}$/, "must be 1 to 30 of a-z, 0-9 and _ (it becomes part of the catalog's name)")
      .optional()
      .describe("goes into the physical names of an ephemeral stack, for example pr_123"),
    codeRoot: z
      .string()
      .regex(
        /^\/(?!(Workspace\/)?Shared(\/|$))[^/]+(\/[^/]+)*$/,
        "must be an absolute workspace folder, not in /Shared, where every user may edit",
      )
      .optional()
      .describe("workspace folder above the stacks' folders; /Workspace/olist when absent"),
    tags: z.strictObject({ owner: z.string().min(1), costCenter: z.string().min(1) }),
    roles: roles.default({}),
    runAs: applicationId.optional().describe("service principal that runs the pipelines and the job"),
    alerts: z.array(email).default([]).describe("who hears of failures"),
    schedule: z
      .strictObject({
        cron: z.string().min(1).default("0 0 0/3 * * ?").describe("quartz expression"),
        timezone: z.string().default("UTC"),
        paused: z.boolean(),
      })
      .default({ cron: "0 0 0/3 * * ?", timezone: "UTC", paused: true }),
    compute: compute.default({ kind: "serverless" }),
    generator: z
      .strictObject({
        scale: z.number().positive().max(1000).default(1).describe("1 is 5,000 orders a batch"),
        seed: z.int().min(0).default(42),
        badShare: z.number().min(0).max(0.5).default(0.01).describe("share of rows made defective on purpose"),
      })
      .default({ scale: 1, seed: 42, badShare: 0.01 }),
    storageRoot: z.url("must be a URL of an external location, for example s3://bucket/path").optional(),
    workspaceIds: z
      .array(z.string().regex(/^\d+$/, "must be a workspace id in digits"))
      .default([])
      .describe("workspaces that see the isolated catalog"),
  })
  .superRefine((settings, issue) => {
    const need = (key: string, missing: boolean, why: string): void => {
      if (missing)
        issue.addIssue({ code: "custom", path: [key], message: `is required in ${settings.environment}: ${why}` });
    };
    if (settings.environment === "prod") {
      need("runAs", !settings.runAs, "a person's account must not run production");
      need("alerts", settings.alerts.length === 0, "somebody must hear of a failure");
      need(
        "workspaceIds",
        settings.workspaceIds.length === 0,
        "the catalog is isolated and must be bound to its workspaces",
      );
      if (settings.suffix) {
        issue.addIssue({
          code: "custom",
          path: ["suffix"],
          input: settings.suffix,
          message: "is not allowed in prod: its names are fixed",
        });
      }
    }
    need("suffix", settings.environment === "pr" && !settings.suffix, "each pull request has names of its own");
  });

export type Settings = Readonly<z.infer<typeof schema>>;
export type Compute = z.infer<typeof compute>;
export type Roles = z.infer<typeof roles>;

/** A stack file that cannot be used. The message names the file and lists every wrong key. */
export class SettingsError extends Error {
  constructor(file: string, problems: readonly string[]) {
    super(
      `${file} has ${problems.length === 1 ? "a wrong setting" : `${problems.length} wrong settings`}:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
    this.name = "SettingsError";
  }
}

export interface RawConfig {
  /** Project name: the namespace of the keys. */
  project: string;
  stack: string;
  /** All configuration, `namespace:key` to text; objects as JSON text (the form of `pulumi.runtime.allConfig()`). */
  values: Readonly<Record<string, string>>;
  /** Keys whose values must not be shown. */
  isSecret?: (key: string) => boolean;
}

/**
 * Reads the settings of a stack.
 * @throws SettingsError naming the stack file and, for every problem, the key, the value and what is allowed
 */
export function parseSettings(config: RawConfig): Settings {
  const prefix = `${config.project}:`;
  const input: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(config.values)) {
    if (key.startsWith(prefix)) input[key.slice(prefix.length)] = readValue(text);
  }
  const result = schema.safeParse(input);
  if (result.success) return Object.freeze(result.data);
  throw new SettingsError(
    `Pulumi.${config.stack}.yaml`,
    result.error.issues.map((found) => describeIssue(found, input, prefix, config)),
  );
}

/** Numbers, booleans, lists and objects reach the program as JSON text; everything else is text. */
function readValue(text: string): unknown {
  if (!/^(\{|\[|true$|false$|-?\d+(\.\d+)?$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describeIssue(
  found: z.core.$ZodIssue,
  input: Record<string, unknown>,
  prefix: string,
  config: RawConfig,
): string {
  const path = found.path.map(String);
  const keys = found.code === "unrecognized_keys" ? found.keys.map((key) => [...path, key]) : [path];
  const shown = keys.map((key) => `${prefix}${key.join(".")}`).join(", ");
  if (found.code === "unrecognized_keys") {
    const known = path.length === 0 ? Object.keys(schema.shape).join(", ") : undefined;
    return `${shown} is not a setting${known ? `; known are ${known}` : ""}`;
  }
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], input);
  if (value === undefined)
    return `${shown} ${found.code === "custom" ? found.message : `is missing: ${found.message}`}`;
  const secret = config.isSecret?.(`${prefix}${path[0] ?? ""}`) ?? false;
  return `${shown} is ${secret ? "a secret value" : JSON.stringify(value)}: ${found.message}`;
}
