/** Shapes of Unity Catalog's requests; answers are loose objects, as their fields are the request's plus computed ones. */
import { z } from "zod";

/** Booleans in a query string come as text. */
export const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]).optional();
const text = z.string().optional();
const map = z.record(z.string(), z.string()).optional();
const optimization = z.enum(["ENABLE", "DISABLE", "INHERIT"]).optional();

export const info = z.looseObject({ name: z.string() });
export const nothing = z.object({});
export const byName = z.object({ name: z.string() });
export const byFullName = z.object({ full_name: z.string() });

export const pageQuery = z.object({
  max_results: z.coerce.number().int().optional(),
  page_token: text,
  include_browse: flag,
});
export const forceQuery = z.object({ force: flag });
export const readQuery = z.object({ include_browse: flag });

export const createCatalog = z.object({
  name: z.string(),
  comment: text,
  owner: text,
  properties: map,
  options: map,
  storage_root: text,
  isolation_mode: z.enum(["OPEN", "ISOLATED"]).optional(),
  connection_name: text,
  provider_name: text,
  share_name: text,
  managed_encryption_settings: z.looseObject({}).optional(),
  custom_max_retention_hours: z.number().int().optional(),
  enable_predictive_optimization: optimization,
});
export const updateCatalog = z.object({
  new_name: text,
  comment: text,
  owner: text,
  properties: map,
  options: map,
  isolation_mode: z.enum(["OPEN", "ISOLATED"]).optional(),
  enable_predictive_optimization: optimization,
  managed_encryption_settings: z.looseObject({}).optional(),
  custom_max_retention_hours: z.number().int().optional(),
});

export const createSchema = z.object({
  name: z.string(),
  catalog_name: z.string(),
  comment: text,
  properties: map,
  storage_root: text,
  custom_max_retention_hours: z.number().int().optional(),
});
export const updateSchema = z.object({
  new_name: text,
  comment: text,
  owner: text,
  properties: map,
  enable_predictive_optimization: optimization,
  custom_max_retention_hours: z.number().int().optional(),
});
export const listSchemasQuery = pageQuery.extend({ catalog_name: z.string() });

export const createVolume = z.object({
  catalog_name: z.string(),
  schema_name: z.string(),
  name: z.string(),
  volume_type: z.enum(["MANAGED", "EXTERNAL"], {
    error: "CreateVolume Missing required field: volume_type; it is MANAGED or EXTERNAL",
  }),
  comment: text,
  storage_location: text,
});
export const updateVolume = z.object({ new_name: text, comment: text, owner: text });
export const inSchemaQuery = pageQuery.extend({ catalog_name: z.string(), schema_name: z.string() });

export const listTablesQuery = inSchemaQuery.extend({
  omit_columns: flag,
  omit_properties: flag,
  omit_username: flag,
  include_manifest_capabilities: flag,
});
export const readTableQuery = readQuery.extend({ include_delta_metadata: flag, include_manifest_capabilities: flag });
export const summariesQuery = pageQuery.extend({
  catalog_name: z.string(),
  schema_name_pattern: text,
  table_name_pattern: text,
  include_manifest_capabilities: flag,
});
export const updateTable = z.object({ owner: text, comment: text, column_name: text });

const parameters = z
  .object({ parameters: z.array(z.looseObject({ name: z.string(), type_text: z.string() })).optional() })
  .optional();
export const createFunction = z.object({
  function_info: z.looseObject({
    name: z.string(),
    catalog_name: z.string(),
    schema_name: z.string(),
    input_params: parameters,
    data_type: z.string(),
    full_data_type: z.string(),
    return_params: parameters,
    routine_body: z.enum(["SQL", "EXTERNAL"]),
    routine_definition: z.string(),
    comment: text,
  }),
});
export const updateFunction = z.object({ owner: text });

export const createModel = z.object({
  name: text,
  catalog_name: text,
  schema_name: text,
  full_name: text,
  comment: text,
  owner: text,
  storage_location: text,
});
export const updateModel = z.object({ new_name: text, comment: text, owner: text });
export const listModelsQuery = pageQuery.extend({ catalog_name: text, schema_name: text });

const isolation = z.enum(["ISOLATION_MODE_OPEN", "ISOLATION_MODE_ISOLATED"]).optional();
const cloudCredential = z.looseObject({}).optional();
export const storageCredential = z.object({
  name: z.string(),
  comment: text,
  read_only: z.boolean().optional(),
  skip_validation: z.boolean().optional(),
  aws_iam_role: cloudCredential,
  azure_managed_identity: cloudCredential,
  azure_service_principal: cloudCredential,
  cloudflare_api_token: cloudCredential,
  databricks_gcp_service_account: cloudCredential,
});
export const updateStorageCredential = storageCredential.partial().extend({
  new_name: text,
  owner: text,
  isolation_mode: isolation,
  force: z.boolean().optional(),
});
export const externalLocation = z.object({
  name: z.string(),
  url: z.string(),
  credential_name: z.string(),
  comment: text,
  read_only: z.boolean().optional(),
  skip_validation: z.boolean().optional(),
  fallback: z.boolean().optional(),
  enable_file_events: z.boolean().optional(),
  file_event_queue: z.looseObject({}).optional(),
  encryption_details: z.looseObject({}).optional(),
});
export const updateExternalLocation = externalLocation.partial().extend({
  new_name: text,
  owner: text,
  isolation_mode: isolation,
  force: z.boolean().optional(),
});

export const securableParams = z.object({ securable_type: z.string(), full_name: z.string() });
export const grantsQuery = z.object({
  principal: text,
  max_results: z.coerce.number().int().optional(),
  page_token: text,
});
export const updateGrants = z.object({
  changes: z
    .array(
      z.object({
        principal: z.string(),
        add: z.array(z.string()).optional(),
        remove: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});
export const privilegeAssignments = z.object({
  privilege_assignments: z.array(z.object({ principal: z.string(), privileges: z.array(z.string()) })),
  next_page_token: text,
});
export const effectiveAssignments = z.object({
  privilege_assignments: z.array(
    z.object({
      principal: z.string(),
      privileges: z.array(z.object({ privilege: z.string(), inherited_from_type: text, inherited_from_name: text })),
    }),
  ),
  next_page_token: text,
});

const binding = z.object({
  workspace_id: z.number(),
  binding_type: z.enum(["BINDING_TYPE_READ_WRITE", "BINDING_TYPE_READ_ONLY"]).optional(),
});
export const updateBindings = z.object({ add: z.array(binding).optional(), remove: z.array(binding).optional() });
export const bindings = z.object({ bindings: z.array(binding), next_page_token: text });
export const updateCatalogBindings = z.object({
  assign_workspaces: z.array(z.number()).optional(),
  unassign_workspaces: z.array(z.number()).optional(),
});
export const catalogBindings = z.object({ workspaces: z.array(z.number()) });
