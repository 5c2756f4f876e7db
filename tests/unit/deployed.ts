/** What the program grants and masks, on a workspace in this process whose engine has no Spark: who may do what, and sees what. */
import { type Client, TestWorkspace } from "lakehouse-local-workspace/testing/fake-engine";
import type { Role } from "../../access.ts";
import { DECLARED } from "../../personal-data.ts";
import { GROUPS, RUN_AS } from "../people.ts";
import type { Made } from "./mocks.ts";
import { program } from "./program.ts";

const UC = "/api/2.1/unity-catalog";
export const ADMIN = "admin@local.workspace";
/** Tables of the pipelines beside those with personal data. */
const OTHERS = ["gold.sales_performance", "bronze.orders"];

export interface Person {
  /** Name in grants: the group, or the principal of the pipelines. */
  grantee: string;
  /** The application id that acts. */
  name: string;
  client: Client;
}

export interface Deployed {
  workspace: TestWorkspace;
  catalog: string;
  people: Record<Role, Person>;
  tables: string[];
}

/** Keys as the REST API spells them. */
// biome-ignore lint/suspicious/noExplicitAny: any resource's inputs
function snake(value: any): any {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== "object" || value === null) return value;
  const key = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [key(name), snake(inner)]));
}

async function makePeople(workspace: TestWorkspace): Promise<Record<Role, Person>> {
  const { admin } = workspace;
  const people: [Role, Person][] = [];
  for (const [role, grantee] of Object.entries(GROUPS) as [Role, string][]) {
    const { client, id, name } = await workspace.servicePrincipal(role);
    await admin.ok("POST", "/api/2.0/preview/scim/v2/Groups", { displayName: grantee, members: [{ value: id }] });
    people.push([role, { client, name, grantee }]);
  }
  await admin.ok("POST", "/api/2.0/preview/scim/v2/ServicePrincipals", { applicationId: RUN_AS, displayName: "runs" });
  const { token_value } = await admin.ok("POST", "/api/2.0/token-management/on-behalf-of/tokens", {
    application_id: RUN_AS,
  });
  people.push(["pipelines", { client: workspace.anonymous(token_value), name: RUN_AS, grantee: RUN_AS }]);
  return Object.fromEntries(people) as Record<Role, Person>;
}

export const putTable = (
  { workspace }: Pick<Deployed, "workspace">,
  principal: string,
  fullName: string,
  tableType: "STREAMING_TABLE" | "MATERIALIZED_VIEW",
): Promise<unknown> => {
  const names = [...DECLARED.columns, ...DECLARED.unparsed].map(({ column }) => column);
  const columns = ["customer_id", ...names].map((name) => ({ name, type_text: "string", type_name: "STRING" }));
  return workspace.engine.ask("catalog.putTable", { table: { fullName, tableType, columns }, principal });
};

async function makeSecurables({ admin }: TestWorkspace, made: Map<string, Made[]>): Promise<void> {
  for (const { inputs } of made.get("Catalog")!) await admin.ok("POST", `${UC}/catalogs`, { name: inputs.name });
  for (const { inputs } of made.get("Schema")!)
    await admin.ok("POST", `${UC}/schemas`, { name: inputs.name, catalog_name: inputs.catalogName });
  for (const { inputs } of made.get("Volume")!) await admin.ok("POST", `${UC}/volumes`, snake(inputs));
}

async function grantAll({ admin }: TestWorkspace, made: Map<string, Made[]>): Promise<void> {
  for (const { inputs } of made.get("Grants")!) {
    const [type] = Object.keys(inputs).filter((key) => key !== "grants");
    const grants = inputs.grants as { principal: string; privileges: string[] }[];
    const changes = grants.map(({ principal, privileges }) => ({ principal, add: privileges }));
    await admin.ok("PATCH", `${UC}/permissions/${type}/${inputs[type!]}`, { changes });
  }
}

async function maskAll({ admin, engine }: TestWorkspace, made: Map<string, Made[]>): Promise<void> {
  for (const { inputs } of made.get("SqlFunction")!) {
    const [name, type] = (inputs.parameters as string).split(" ");
    const fn = {
      input_params: { parameters: [{ name, type_text: type?.toLowerCase() }] },
      data_type: inputs.returns,
      full_data_type: inputs.returns,
      routine_definition: inputs.body,
    };
    const statement = { kind: "createFunction" as const, name: inputs.fullName, function: fn };
    await engine.ask("catalog.statement", { statement, principal: ADMIN });
  }
  for (const { inputs } of made.get("PolicyInfo")!) await admin.ok("POST", `${UC}/policies`, snake(inputs));
}

/** The stack `local` with a principal of its own for the pipelines, and the tables that these make. */
export async function deploy(): Promise<Deployed> {
  const made = await program("local", { runAs: RUN_AS });
  const workspace = await new TestWorkspace().start();
  const people = await makePeople(workspace);
  const catalog = made.get("Catalog")![0]!.inputs.name as string;
  await makeSecurables(workspace, made);
  await grantAll(workspace, made);
  await maskAll(workspace, made);
  const tables = [...DECLARED.tables, ...OTHERS];
  for (const table of tables) {
    const type = table.startsWith("gold.") ? "MATERIALIZED_VIEW" : "STREAMING_TABLE";
    await putTable({ workspace }, RUN_AS, `${catalog}.${table}`, type);
  }
  return { workspace, catalog, people, tables };
}
