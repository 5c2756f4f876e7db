/**
 * A SQL function in Unity Catalog, for masks and row filters. The provider has no resource for one: this is a dynamic
 * resource over Statement Execution, which reads it back through the functions API, so that a refresh sees drift.
 */
import * as pulumi from "@pulumi/pulumi";
import { plain, Violations } from "./component.ts";
import { request } from "./rest.ts";

export interface SqlFunctionArgs {
  /** `<catalog>.<schema>` that the function is in. */
  schema: pulumi.Input<string>;
  /** Name in the schema. */
  name: pulumi.Input<string>;
  /** Parameters in order, each with its SQL type. */
  parameters: Readonly<Record<string, pulumi.Input<string>>>;
  /** SQL type of the result. */
  returns: pulumi.Input<string>;
  /** The expression that the function returns. */
  body: pulumi.Input<string>;
  comment?: pulumi.Input<string>;
  /** SQL warehouse that runs the statements. */
  warehouseId: pulumi.Input<string>;
}

/** What is in the state. */
interface FunctionState {
  fullName: string;
  parameters: string;
  returns: string;
  body: string;
  comment: string;
  warehouseId: string;
}

/** Runs a statement to its end. @throws Error with Databricks' message when it fails */
async function execute(warehouseId: string, statement: string): Promise<void> {
  let { status, body } = await request("POST", "/api/2.0/sql/statements", {
    warehouse_id: warehouseId,
    statement,
    wait_timeout: "50s",
  });
  for (;;) {
    if (status >= 400) throw new Error(`${String(body.message ?? `status ${status}`)}\n${statement}`);
    const { state, error } = body.status as { state: string; error?: { message?: string } };
    if (state === "SUCCEEDED") return;
    if (state !== "PENDING" && state !== "RUNNING") throw new Error(`${error?.message ?? state}\n${statement}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    ({ status, body } = await request("GET", `/api/2.0/sql/statements/${String(body.statement_id)}`));
  }
}

const quoted = (fullName: string): string =>
  fullName
    .split(".")
    .map((part) => `\`${part.replaceAll("`", "``")}\``)
    .join(".");

function createStatement(state: FunctionState): string {
  const comment =
    state.comment === "" ? "" : ` COMMENT '${state.comment.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  return `CREATE OR REPLACE FUNCTION ${quoted(state.fullName)}(${state.parameters}) RETURNS ${state.returns}${comment} RETURN ${state.body}`;
}

/** The function as it is now; undefined when there is none. */
async function find(state: FunctionState): Promise<FunctionState | undefined> {
  const { status, body } = await request(
    "GET",
    `/api/2.1/unity-catalog/functions/${encodeURIComponent(state.fullName)}`,
  );
  if (status === 404) return undefined;
  if (status >= 400) throw new Error(String(body.message ?? `status ${status}`));
  const same = (left: string, right: string): boolean =>
    left.replaceAll(/\s+/g, " ").trim().toLowerCase() === right.replaceAll(/\s+/g, " ").trim().toLowerCase();
  const parameters = (
    (body.input_params as { parameters?: { name: string; type_text: string }[] } | undefined)?.parameters ?? []
  )
    .map(({ name, type_text }) => `${name} ${type_text}`)
    .join(", ");
  // Databricks reports types and spacing in its own way; what means the same keeps the program's text.
  const keep = (mine: string, theirs: string): string => (same(mine, theirs) ? mine : theirs);
  return {
    ...state,
    parameters: keep(state.parameters, parameters),
    returns: keep(state.returns, String(body.full_data_type ?? body.data_type ?? "")),
    body: keep(state.body, String(body.routine_definition ?? "")),
    comment: keep(state.comment, String(body.comment ?? "")),
  };
}

const provider: pulumi.dynamic.ResourceProvider<FunctionState, FunctionState> = {
  async create(inputs) {
    if (await find(inputs)) {
      throw new Error(
        `Function '${inputs.fullName}' exists and is not in this stack's state. Choose another name, or drop it first.`,
      );
    }
    await execute(inputs.warehouseId, createStatement(inputs));
    return { id: inputs.fullName, outs: inputs };
  },
  async diff(_id, olds, news) {
    const changed = (["parameters", "returns", "body", "comment"] as const).filter((key) => olds[key] !== news[key]);
    const renamed = olds.fullName !== news.fullName;
    return {
      changes: renamed || changed.length > 0 || olds.warehouseId !== news.warehouseId,
      replaces: renamed ? ["fullName"] : [],
    };
  },
  async update(_id, _olds, news) {
    await execute(news.warehouseId, createStatement(news));
    return { outs: news };
  },
  async read(id, state) {
    const found = await find(state as FunctionState);
    return found === undefined ? { id: "" } : { id, props: found };
  },
  async delete(_id, state) {
    await execute(state.warehouseId, `DROP FUNCTION IF EXISTS ${quoted(state.fullName)}`);
  },
};

export class SqlFunction extends pulumi.dynamic.Resource {
  /** `<catalog>.<schema>.<name>`, known when the function exists. */
  declare readonly fullName: pulumi.Output<string>;

  constructor(name: string, args: SqlFunctionArgs, opts?: pulumi.CustomResourceOptions) {
    checkArgs(name, args);
    const declared = Object.entries(args.parameters).map(([key, type]) => pulumi.interpolate`${key} ${type}`);
    super(
      provider,
      name,
      {
        fullName: pulumi.interpolate`${args.schema}.${args.name}`,
        parameters: pulumi.all(declared).apply((all) => all.join(", ")),
        returns: args.returns,
        body: args.body,
        comment: args.comment ?? "",
        warehouseId: args.warehouseId,
      },
      opts,
      "databricks-lakehouse",
      "SqlFunction",
    );
  }
}

function checkArgs(name: string, args: SqlFunctionArgs): void {
  const violations = new Violations();
  for (const parameter of Object.keys(args.parameters)) {
    if (!/^[A-Za-z_]\w*$/.test(parameter)) violations.add(`parameters.${parameter}`, "must be a plain SQL name");
  }
  if (plain(args.body)?.trim() === "") violations.add("body", "must be a SQL expression");
  const schema = plain(args.schema);
  if (schema !== undefined && schema.split(".").length !== 2) {
    violations.add("schema", `'${schema}' must be <catalog>.<schema>`);
  }
  violations.check("SqlFunction", name);
}
