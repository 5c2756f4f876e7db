/** Who may do what with the stack's data, and sees what of it. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOG, type Role, SCHEMAS } from "../../access.ts";
import { DECLARED } from "../../personal-data.ts";
import { type Deployed, deploy, putTable } from "./deployed.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Something that a principal does; throws when it may not. */
type Attempt = (role: Role) => Promise<unknown>;

interface GrantCheck {
  role: Role;
  privilege: string;
  securable: { type: "catalog" | "schema"; name: string };
  /**
   * Also taken away meanwhile: CREATE_TABLE suffices here for what Databricks asks CREATE_MATERIALIZED_VIEW for.
   * https://docs.databricks.com/ldp/dbsql/compute
   */
  with?: string;
  attempt: Attempt;
}

/** A table of each schema that the pipelines made. */
const TABLES: Readonly<Record<string, string>> = {
  bronze: "customers",
  silver: "customers",
  gold: "sales_performance",
  cdc: "customers_current",
  ops: "quarantine_customers",
};

class Checks {
  readonly #stack: Deployed;
  #probes = 0;

  constructor(stack: Deployed) {
    this.#stack = stack;
  }

  #call(method: "GET" | "PUT" | "PATCH", path: string, body?: object): Attempt {
    return async (role) => {
      const { status, body: answer } = await this.#stack.people[role].client.call(method, path, body);
      if (status >= 400) throw new Error(`${answer.error_code}: ${answer.message}`);
    };
  }

  #reads(schema: string): Attempt {
    const fullName = `${this.#stack.catalog}.${schema}.${TABLES[schema]}`;
    return (role) => this.authorize(role, fullName);
  }

  authorize(role: Role, fullName: string) {
    return this.#stack.workspace.engine.ask("catalog.authorize", {
      principal: this.#stack.people[role].name,
      checks: [{ privilege: "SELECT", securableType: "TABLE", fullName }],
    });
  }

  /** As an update does that finds a dataset without a table. */
  #makes(schema: string, type: "STREAMING_TABLE" | "MATERIALIZED_VIEW"): Attempt {
    return (role) => {
      const name = `${this.#stack.catalog}.${schema}.probe_${++this.#probes}`;
      return putTable(this.#stack, this.#stack.people[role].name, name, type);
    };
  }

  #onSchema(role: Role, schema: string, privilege: string): Attempt {
    const files = `/api/2.0/fs/directories/Volumes/${this.#stack.catalog}/raw`;
    if (privilege === "WRITE_VOLUME") return this.#call("PUT", `${files}/changes/customers`);
    if (privilege === "CREATE_TABLE") return this.#makes(schema, "STREAMING_TABLE");
    if (privilege === "CREATE_MATERIALIZED_VIEW") return this.#makes(schema, "MATERIALIZED_VIEW");
    if (schema === "raw") return this.#call("GET", `${files}/landing`);
    if (privilege === "USE_SCHEMA" || role !== "pipelines") return this.#reads(schema);
    throw new Error(`Nothing shows what ${privilege} on ${schema} is for.`);
  }

  #onCatalog(role: Role, privilege: string): Attempt {
    const { catalog, workspace, people } = this.#stack;
    const table = `${catalog}.gold.${TABLES.gold}`;
    // Who holds nothing else on the schema finds out that it is there.
    if (privilege === "BROWSE") return this.#call("GET", `/api/2.1/unity-catalog/schemas/${catalog}.raw`);
    if (privilege === "APPLY_TAG")
      return () =>
        workspace.engine.ask("catalog.statement", {
          statement: { kind: "setTags", securableType: "TABLE", name: table, tags: { reviewed: "yes" } },
          principal: people[role].name,
        });
    if (role === "platformAdmins") {
      const changes = [{ principal: people.auditors.grantee, add: ["SELECT"] }];
      return this.#call("PATCH", `/api/2.1/unity-catalog/permissions/table/${table}`, { changes });
    }
    return this.#reads(Object.entries(SCHEMAS).find(([schema, matrix]) => schema !== "raw" && matrix[role])![0]);
  }

  /** One for each grant, in the order of access.ts. */
  all(): GrantCheck[] {
    const { catalog } = this.#stack;
    const above = (Object.entries(CATALOG) as [Role, readonly string[]][]).flatMap(([role, privileges]) =>
      privileges.map((privilege): GrantCheck => {
        const attempt = this.#onCatalog(role, privilege);
        return { role, privilege, securable: { type: "catalog", name: catalog }, attempt };
      }),
    );
    const below = Object.entries(SCHEMAS).flatMap(([schema, matrix]) =>
      (Object.entries(matrix) as [Role, readonly string[]][]).flatMap(([role, privileges]) =>
        privileges.map((privilege): GrantCheck => {
          const gives = privilege === "CREATE_MATERIALIZED_VIEW" && privileges.includes("CREATE_TABLE");
          return {
            role,
            privilege,
            securable: { type: "schema", name: `${catalog}.${schema}` },
            ...(gives ? { with: "CREATE_TABLE" } : {}),
            attempt: this.#onSchema(role, schema, privilege),
          };
        }),
      ),
    );
    return [...above, ...below];
  }
}

describe("access to the stack's data", () => {
  let stack: Deployed;
  let checks: Checks;
  before(async () => {
    stack = await deploy();
    checks = new Checks(stack);
  });
  after(() => stack?.workspace.stop());

  it("has no grant too few and none too many: whatever is taken away, something stops", async () => {
    const { admin } = stack.workspace;
    const outcome = (attempt: Promise<unknown>): Promise<string> =>
      attempt.then(
        () => "works",
        (error: Error) => error.message,
      );
    const failures: string[] = [];
    const all = checks.all();
    assert.ok(all.length > 50, String(all.length));
    for (const { role, privilege, securable, with: also, attempt } of all) {
      const label = `${role}: ${privilege} on ${securable.name}`;
      const change = (what: "add" | "remove") =>
        admin.ok("PATCH", `/api/2.1/unity-catalog/permissions/${securable.type}/${securable.name}`, {
          changes: [{ principal: stack.people[role].grantee, [what]: [privilege, ...(also ? [also] : [])] }],
        });
      const before = await outcome(attempt(role));
      if (before !== "works") failures.push(`${label} is too little: ${before}`);
      await change("remove");
      const without = await outcome(attempt(role));
      if (without === "works") failures.push(`${label} is superfluous: what it is for works without it`);
      else if (!/does not have|does not exist/.test(without)) failures.push(`${label}: ${without}`);
      await change("add");
    }
    assert.deepEqual(failures, []);
  });

  it("lets the pipelines make in each schema the kinds of tables that their notebooks define there", () => {
    const text = globSync(join("notebooks", "{medallion,cdc}", "**", "*.{py,sql}"), { cwd: ROOT })
      .map((file) => readFileSync(join(ROOT, file), "utf8"))
      .join("\n");
    const schemas = (pattern: RegExp): string[] =>
      [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))].sort();
    const granted = (privilege: string): string[] =>
      Object.entries(SCHEMAS)
        .filter(([, matrix]) => (matrix.pipelines as readonly string[] | undefined)?.includes(privilege))
        .map(([schema]) => schema)
        .sort();
    const python = (kind: string) => new RegExp(`${kind}\\(\\s*name=f?"(\\w+)\\.`, "g");
    const views = [...schemas(python("materialized_view")), ...schemas(/MATERIALIZED VIEW (\w+)\./g)].sort();
    assert.deepEqual(granted("CREATE_MATERIALIZED_VIEW"), views);
    const streams = [...schemas(python("dp\\.table")), ...schemas(python("create_streaming_table"))];
    assert.deepEqual(granted("CREATE_TABLE"), [...new Set(streams)].sort());
  });

  it("shows personal data in clear to stewards and who runs the pipelines, once the columns have their tags", async () => {
    const kinds = new Map([...DECLARED.columns, ...DECLARED.unparsed].map(({ column, kind }) => [column, kind]));
    const masked = async (role: Role, table: string): Promise<string[] | "refused"> => {
      const fullName = `${stack.catalog}.${table}`;
      const answer = await checks.authorize(role, fullName).catch(() => undefined);
      if (!answer) return "refused";
      return (answer.tables[0]?.columnMasks ?? []).map(({ column, function: mask }) => {
        assert.equal(mask, `${stack.catalog}.ops.mask_${kinds.get(column)}`);
        return column;
      });
    };
    for (const table of DECLARED.tables) {
      // The owner of a table tags its columns: the task `protect` runs as the pipelines do, without a grant for it.
      for (const [column, kind] of kinds) {
        const tags = { [DECLARED.tag.key]: kind };
        const name = `${stack.catalog}.${table}`;
        await stack.workspace.engine.ask("catalog.statement", {
          statement: { kind: "setTags", securableType: "TABLE", name, column, tags },
          principal: stack.people.pipelines.name,
        });
      }
      const all = [...kinds.keys()].sort();
      const seen = async (role: Role): Promise<unknown> => {
        const found = await masked(role, table);
        return found === "refused" ? found : found.sort();
      };
      assert.deepEqual(await seen("dataEngineers"), all, table);
      assert.deepEqual(await seen("auditors"), table.startsWith("ops.") ? all : "refused", table);
      for (const role of ["analysts", "platformAdmins"] as const) assert.equal(await seen(role), "refused", table);
      for (const role of ["dataStewards", "pipelines"] as const) assert.deepEqual(await seen(role), [], table);
    }
    assert.deepEqual(await masked("dataEngineers", "bronze.orders"), []);
  });
});
