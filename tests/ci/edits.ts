/** Edits of a deployed stack dev as somebody makes them by hand, through the REST API. */
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";

type Edit = [what: string, seenAs: RegExp];
const UC = "/api/2.1/unity-catalog";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** @returns each edit with the line of the report that shows it */
export async function editByHand({ api }: LocalWorkspace): Promise<Edit[]> {
  const patch = (path: string, body: object): Promise<unknown> => api.request("PATCH", path, { body });
  const { jobs } = await api.get<{ jobs: { job_id: number; settings: { name: string } }[] }>("/api/2.2/jobs/list");
  const { job_id } = jobs.find(({ settings }) => settings.name.endsWith(" orchestration"))!;
  const { statuses } = await api.get<{ statuses: { pipeline_id: string; name: string }[] }>("/api/2.0/pipelines");
  const pipeline = statuses.find(({ name }) => name.includes("medallion"))!.pipeline_id;
  const { spec } = await api.get<{ spec: Record<string, unknown> & { root_path: string } }>(
    `/api/2.0/pipelines/${pipeline}`,
  );
  const root = spec.root_path;
  const write = (path: string, content: string, more: object): Promise<unknown> =>
    api.post("/api/2.0/workspace/import", {
      path: `${root}/${path}`,
      content: base64(content),
      overwrite: true,
      ...more,
    });
  const notebook = { format: "SOURCE", language: "PYTHON" };

  await write("medallion/bronze/ingest", "# Databricks notebook source\nprint('mended by hand')\n", notebook);
  await write("olist/silver.py", "REGIONS = {}\n", { format: "AUTO" });
  await write("scratch", "# Databricks notebook source\n1 + 1\n", notebook);
  await api.post("/api/2.0/workspace/delete", { path: `${root}/cdc/changes` });
  const configuration = { ...(spec.configuration as object), "olist.landing_path": "/Volumes/elsewhere" };
  await api.request("PUT", `/api/2.0/pipelines/${pipeline}`, { body: { ...spec, configuration, development: false } });
  const schedule = { quartz_cron_expression: "0 0 5 * * ?", timezone_id: "UTC", pause_status: "UNPAUSED" };
  await api.post("/api/2.2/jobs/update", { job_id, new_settings: { schedule, max_concurrent_runs: 7 } });
  await patch(`/api/2.0/permissions/jobs/${job_id}`, {
    access_control_list: [{ group_name: "auditors", permission_level: "CAN_MANAGE_RUN" }],
  });
  await patch(`${UC}/permissions/schema/olist_dev.gold`, { changes: [{ principal: "auditors", add: ["MODIFY"] }] });
  await patch(`${UC}/permissions/volume/olist_dev.raw.landing`, {
    changes: [{ principal: "auditors", add: ["READ_VOLUME"] }],
  });
  await patch(`${UC}/schemas/olist_dev.silver`, { owner: "data-engineers" });
  await patch(`${UC}/catalogs/olist_dev`, { comment: "Somebody's own words" });
  await api.post(`${UC}/schemas`, { name: "sandbox", catalog_name: "olist_dev" });
  await api.post(`${UC}/volumes`, {
    name: "dump",
    catalog_name: "olist_dev",
    schema_name: "raw",
    volume_type: "MANAGED",
  });
  await api.post(`${UC}/entity-tag-assignments`, {
    entity_type: "schemas",
    entity_name: "olist_dev.gold",
    tag_key: "certified",
    tag_value: "yes",
  });
  await mask(api);
  return [
    ["a notebook edited", /^content notebook .*\/medallion\/bronze\/ingest content$/],
    ["a file edited", /^content file .*\/olist\/silver\.py content$/],
    ["a notebook put beside", /^object notebook .*\/scratch exists$/],
    ["a notebook deleted", /^resource Notebook .*cdc\/changes exists$/],
    [
      "a pipeline's configuration edited",
      /^(pipeline|resource) (pipeline .*medallion.*|Pipeline medallion) configuration/,
    ],
    [
      "a pipeline taken out of development",
      /^(pipeline|resource) (pipeline .*medallion.*|Pipeline medallion) development$/,
    ],
    ["a schedule added", /^(schedule job|resource Job) .* schedule/],
    ["a job edited", /^resource Job .* maxConcurrentRuns$/],
    ["a permission on a job added", /^resource Permissions .* accessControls/],
    ["a grant added to what the program grants", /^resource Grants .* grants/],
    ["a grant beside", /^grant volume olist_dev\.raw\.landing auditors$/],
    ["an owner changed", /^(owner schema olist_dev\.silver|resource Schema .*silver) owner$/],
    ["a comment changed", /^resource Catalog lakehouse comment$/],
    ["a schema beside", /^table schema olist_dev\.sandbox exists$/],
    ["a volume beside", /^table volume olist_dev\.raw\.dump exists$/],
    ["a tag set", /^tag schema olist_dev\.gold certified$/],
    ["a mask set", /^mask catalog olist_dev policy hide$/],
  ];
}

async function mask(api: LocalWorkspace["api"]): Promise<void> {
  const parameters = [{ name: "value", type_name: "STRING", type_text: "string", type_json: "{}", position: 0 }];
  await api.post(`${UC}/functions`, {
    function_info: {
      name: "hide",
      catalog_name: "olist_dev",
      schema_name: "ops",
      input_params: { parameters },
      data_type: "STRING",
      full_data_type: "STRING",
      routine_body: "SQL",
      routine_definition: "'hidden'",
      parameter_style: "S",
      is_deterministic: true,
      sql_data_access: "NO_SQL",
      is_null_call: false,
      security_type: "DEFINER",
      specific_name: "hide",
    },
  });
  await api.post(`${UC}/policies`, {
    name: "hide",
    on_securable_type: "CATALOG",
    on_securable_fullname: "olist_dev",
    policy_type: "POLICY_TYPE_COLUMN_MASK",
    for_securable_type: "TABLE",
    to_principals: ["auditors"],
    match_columns: [{ alias: "c", condition: "has_tag('pii')" }],
    column_mask: { function_name: "olist_dev.ops.hide", on_column: "c" },
  });
}
