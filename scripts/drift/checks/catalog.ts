/** Unity Catalog: what was put beside the stack's objects, and owners. A refresh looks at the stack's own objects only. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { found, mapped, pages } from "../../api.ts";
import { type Difference, shown } from "../model.ts";
import { SECURABLES, type StackResource, type State, securableName, text } from "../state.ts";

const UC = "/api/2.1/unity-catalog";
const kindOf = ({ type }: StackResource): string => type.toLowerCase();

export interface Table {
  readonly full_name: string;
  readonly table_type?: string;
  readonly pipeline_id?: string;
  readonly row_filter?: { readonly function_name?: string };
  readonly columns?: readonly { readonly name: string; readonly mask?: { readonly function_name?: string } }[];
}

/** Tables of the stack's schemas, with columns. Those that Databricks keeps for pipelines begin with two underscores. */
export async function tablesOf(api: WorkspaceApi, state: State): Promise<Table[]> {
  const schemas = state.of("Schema").map((schema) => securableName(schema).split("."));
  const lists = await mapped(schemas, ([catalog_name, schema_name]) =>
    pages<Table>(api, `${UC}/tables`, { catalog_name, schema_name }, "tables"),
  );
  return lists.flat().filter(({ full_name }) => !full_name.split(".")[2]!.startsWith("__"));
}

const KEPT = "it may hold data: drop it, or add it to the program";
const beside = (object: string): Difference => ({
  kind: "table",
  object,
  property: "exists",
  deployed: "no",
  workspace: "yes",
  fix: { byHand: KEPT },
});

/** Tables that neither the stack nor one of its pipelines has made, and schemas and volumes beside the stack's. */
export async function extras(api: WorkspaceApi, state: State, tables: readonly Table[]): Promise<Difference[]> {
  const pipelines = new Set(state.of("Pipeline").map(({ id }) => id));
  const logs = new Set(state.of("Pipeline").flatMap((pipeline) => eventLog(pipeline)));
  const own = new Set(state.of("SqlTable", "MaterializedDatabase", "OnlineTable").map(({ id }) => id));
  const extra = tables.filter(
    ({ full_name, pipeline_id }) =>
      !own.has(full_name) && !logs.has(full_name) && !(pipeline_id && pipelines.has(pipeline_id)),
  );
  const schemas = new Set(state.of("Schema").map(securableName));
  const volumes = new Set(state.of("Volume").map(securableName));
  const found = await Promise.all([
    ...state.of("Catalog").map(async (catalog) => {
      const all = await pages<{ full_name: string; name: string }>(
        api,
        `${UC}/schemas`,
        { catalog_name: securableName(catalog) },
        "schemas",
      );
      const others = all.filter(
        ({ full_name, name }) => !schemas.has(full_name) && name !== "information_schema" && name !== "default",
      );
      return others.map(({ full_name }) => beside(`schema ${full_name}`));
    }),
    ...[...schemas].map(async (full) => {
      const [catalog_name, schema_name] = full.split(".");
      const all = await pages<{ full_name: string }>(api, `${UC}/volumes`, { catalog_name, schema_name }, "volumes");
      return all
        .filter(({ full_name }) => !volumes.has(full_name))
        .map(({ full_name }) => beside(`volume ${full_name}`));
    }),
  ]);
  return [
    ...extra.map(({ full_name, table_type }) =>
      beside(`${(table_type ?? "table").toLowerCase().replaceAll("_", " ")} ${full_name}`),
    ),
    ...found.flat(),
  ];
}

function eventLog({ inputs }: StackResource): string[] {
  const log = inputs.eventLog as { catalog?: string; schema?: string; name?: string } | undefined;
  if (log?.name === undefined) return [];
  return [[log.catalog ?? text(inputs, "catalog"), log.schema ?? text(inputs, "schema"), log.name].join(".")];
}

const BY_HAND = "removing a mask or filter shows data: decide, then remove it with SQL, or add it to the program";

/** Column masks, row filters and policies that the program does not set. */
export async function masks(api: WorkspaceApi, state: State, tables: readonly Table[]): Promise<Difference[]> {
  const set = (object: string, property: string, name: string | undefined): Difference => ({
    kind: "mask",
    object,
    property,
    deployed: "not set",
    workspace: shown(name ?? "set"),
    fix: { byHand: BY_HAND },
  });
  const direct = tables.flatMap(({ full_name, columns = [], row_filter }) => [
    ...columns
      .filter(({ mask }) => mask)
      .map(({ name, mask }) => set(`table ${full_name}`, `mask of ${name}`, mask!.function_name)),
    ...(row_filter ? [set(`table ${full_name}`, "row filter", row_filter.function_name)] : []),
  ]);
  const own = new Set(
    state.of("PolicyInfo").map(({ inputs }) => `${text(inputs, "onSecurableFullname")} ${text(inputs, "name")}`),
  );
  const policies = await mapped(state.of("Catalog", "Schema"), async (securable): Promise<Difference[]> => {
    const full = securableName(securable);
    const path = `${UC}/policies/${kindOf(securable)}/${encodeURIComponent(full)}`;
    const all = await pages<{ name: string; policy_type?: string }>(api, path, {}, "policies");
    return all
      .filter(({ name }) => !own.has(`${full} ${name}`))
      .map(({ name, policy_type = "" }) =>
        set(`${kindOf(securable)} ${full}`, `policy ${name}`, policy_type.toLowerCase()),
      );
  });
  return [...direct, ...policies.flat()];
}

interface Assignment {
  readonly principal: string;
  readonly privileges: readonly string[];
}

/** Grants on objects for which the program has no `Grants`: on those it has, they are complete, and a refresh sees more. */
export async function grants(api: WorkspaceApi, state: State, tables: readonly Table[]): Promise<Difference[]> {
  const complete = new Set(
    state
      .of("Grants")
      .flatMap(({ inputs }) => ["catalog", "schema", "volume", "table"].flatMap((kind) => text(inputs, kind) ?? [])),
  );
  const single = state.of("Grant");
  const objects = [
    ...state.of(...SECURABLES).map((one) => ({ kind: kindOf(one), full: securableName(one) })),
    ...tables.map(({ full_name }) => ({ kind: "table", full: full_name })),
  ].filter(({ full }) => !complete.has(full));
  const all = await mapped(objects, async ({ kind, full }): Promise<Difference[]> => {
    const path = `${UC}/permissions/${kind}/${encodeURIComponent(full)}`;
    const now = await found(api.get<{ privilege_assignments?: Assignment[] }>(path));
    return (now?.privilege_assignments ?? []).flatMap(({ principal, privileges }) => {
      const wanted = single
        .filter(({ inputs }) => text(inputs, kind) === full && text(inputs, "principal") === principal)
        .flatMap(({ inputs }) => inputs.privileges as string[]);
      const extra = privileges.filter((privilege) => !wanted.includes(privilege));
      if (extra.length === 0) return [];
      const fix = { method: "PATCH", path, body: { changes: [{ principal, remove: extra }] } } as const;
      return [
        {
          kind: "grant",
          object: `${kind} ${full}`,
          property: principal,
          deployed: wanted.join(", ") || "nothing",
          workspace: privileges.join(", "),
          fix,
        },
      ];
    });
  });
  return all.flat();
}

interface Tag {
  readonly tag_key: string;
  readonly tag_value?: string;
}

/** Tags that were put on the stack's objects and tables; changed and removed ones of the program are resources. */
export async function tags(api: WorkspaceApi, state: State, tables: readonly Table[]): Promise<Difference[]> {
  const own = new Set(
    state
      .of("EntityTagAssignment")
      .map(({ inputs }) => ["entityType", "entityName", "tagKey"].map((name) => text(inputs, name)).join(" ")),
  );
  const objects = [
    ...state.of(...SECURABLES).map((one) => ({ type: `${kindOf(one)}s`, full: securableName(one) })),
    ...tables.map(({ full_name }) => ({ type: "tables", full: full_name })),
  ];
  const all = await mapped(objects, async ({ type, full }): Promise<Difference[]> => {
    const path = `${UC}/entity-tag-assignments/${type}/${encodeURIComponent(full)}/tags`;
    const set = await pages<Tag>(api, path, {}, "tag_assignments");
    return set
      .filter(({ tag_key }) => !own.has(`${type} ${full} ${tag_key}`))
      .map(({ tag_key, tag_value = "" }) => ({
        kind: "tag",
        object: `${type.slice(0, -1)} ${full}`,
        property: tag_key,
        deployed: "not set",
        workspace: tag_value === "" ? "set" : tag_value,
        fix: { method: "DELETE", path: `${path}/${encodeURIComponent(tag_key)}` },
      }));
  });
  return all.flat();
}

/** The provider takes an owner that the program does not set as it comes; it was the deployer, or whom the program named. */
export async function owners(api: WorkspaceApi, state: State): Promise<Difference[]> {
  const all = await mapped(state.of(...SECURABLES), async (securable): Promise<Difference[]> => {
    const full = securableName(securable);
    const path = `${UC}/${kindOf(securable)}s/${encodeURIComponent(full)}`;
    const now = await found(api.get<{ owner?: string }>(path));
    const deployed = text(securable.outputs, "owner");
    if (now === undefined || deployed === undefined || now.owner === deployed) return [];
    const fix = { method: "PATCH", path, body: { owner: deployed } } as const;
    const object = `${kindOf(securable)} ${full}`;
    return [
      { kind: "owner", object, property: "owner", deployed, workspace: shown(now.owner), urn: securable.urn, fix },
    ];
  });
  return all.flat();
}
