/** Requests of the Pipelines API. Settings are loose: what Databricks documents and one machine has no use for is kept. */
import { z } from "zod";

const strings = z.record(z.string(), z.string());
const names = z.array(z.string());

const library = z.looseObject({
  notebook: z.looseObject({ path: z.string().min(1) }).optional(),
  file: z.looseObject({ path: z.string().min(1) }).optional(),
  glob: z.looseObject({ include: z.string().min(1) }).optional(),
});
export type Library = z.infer<typeof library>;

const settingsFields = {
  name: z.string().optional(),
  catalog: z.string().optional(),
  schema: z.string().optional(),
  target: z.string().optional(),
  storage: z.string().optional(),
  configuration: strings.optional(),
  parameters: strings.optional(),
  libraries: z.array(library).optional(),
  clusters: z.array(z.looseObject({})).optional(),
  continuous: z.boolean().optional(),
  development: z.boolean().optional(),
  photon: z.boolean().optional(),
  serverless: z.boolean().optional(),
  allow_duplicate_names: z.boolean().optional(),
  channel: z.enum(["CURRENT", "PREVIEW", "current", "preview"]).optional(),
  edition: z.enum(["CORE", "PRO", "ADVANCED", "core", "pro", "advanced"]).optional(),
  root_path: z.string().optional(),
  tags: strings.optional(),
  budget_policy_id: z.string().optional(),
  event_log: z
    .looseObject({ name: z.string().optional(), catalog: z.string().optional(), schema: z.string().optional() })
    .optional(),
  notifications: z.array(z.looseObject({})).optional(),
  environment: z.looseObject({ dependencies: z.array(z.string()).optional() }).optional(),
  run_as: z.looseObject({ user_name: z.string().optional(), service_principal_name: z.string().optional() }).optional(),
};

export const settings = z.looseObject(settingsFields);
export type PipelineSettings = z.infer<typeof settings>;
export const createRequest = z.looseObject({ ...settingsFields, dry_run: z.boolean().optional() });
export const editRequest = z.looseObject({ ...settingsFields, expected_last_modified: z.coerce.number().optional() });

export const startRequest = z
  .looseObject({
    full_refresh: z.boolean().optional(),
    full_refresh_selection: names.optional(),
    refresh_selection: names.optional(),
    validate_only: z.boolean().optional(),
    parameters: strings.optional(),
    cause: z.string().optional(),
  })
  .nullish()
  .transform((body) => body ?? {});
export type StartUpdate = NonNullable<z.infer<typeof startRequest>>;

const page = { max_results: z.coerce.number().int().optional(), page_token: z.string().optional() };
const orderBy = z.union([z.string(), names]).optional();
export const listQuery = z.looseObject({ ...page, filter: z.string().optional(), order_by: orderBy });
export const updatesQuery = z.looseObject({ ...page, until_update_id: z.string().optional() });
export const eventsQuery = listQuery;
export const pipelineParams = z.object({ pipeline_id: z.string() });
export const updateParams = z.object({ pipeline_id: z.string(), update_id: z.string() });
