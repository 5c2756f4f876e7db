/** The stack files, deployed side by side with the real CLI and the policy pack: no engine runs, since no data flows. */
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { GROUPS, RUN_AS } from "../people.ts";
import { ProjectCopy } from "./harness.ts";

/** Stack file, stack, and what a person sets in the file. */
const STACKS: readonly (readonly [file: string, name: string, ...settings: string[]])[] = [
  ["dev", "dev"],
  ["pr", "pr-123", "suffix=pr_123"],
  ["free", "free"],
  ["prod", "prod", "secretScope=true"],
];

describe("stacks dev, pr, free and prod on one workspace", () => {
  let workspace: LocalWorkspace;
  const copies = new Map<string, ProjectCopy>();

  const run = async (stack: string, ...args: string[]): Promise<string> => {
    const { code, text } = await copies.get(stack)!.run([...args, "--non-interactive"]);
    assert.equal(code, 0, `pulumi ${args.join(" ")}, stack ${stack}:\n${text}`);
    return text;
  };
  const names = async (path: string, list: string, name = "name"): Promise<string[]> => {
    const { [list]: all = [] } = await workspace.api.get<Record<string, Record<string, string>[]>>(path);
    return all.map((one) => one[name]!).sort();
  };
  const catalogs = (): Promise<string[]> => names("/api/2.1/unity-catalog/catalogs", "catalogs");

  /** What a stack makes in the workspace, with its ids and properties. */
  const holdings = async (): Promise<unknown[]> => {
    const query = { catalog_name: "workspace", schema_name: "raw" };
    return Promise.all([
      workspace.api.get("/api/2.1/unity-catalog/schemas", query),
      workspace.api.get("/api/2.1/unity-catalog/volumes", query),
      workspace.api.get("/api/2.1/unity-catalog/permissions/schema/workspace.gold"),
      names("/api/2.0/pipelines", "statuses", "pipeline_id"),
      names("/api/2.2/jobs/list", "jobs", "job_id"),
      names("/api/2.0/sql/warehouses", "warehouses", "id"),
      names("/api/2.0/workspace/list?path=/olist", "objects", "path"),
    ]);
  };

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    await ensureGroups(workspace.api, Object.values(GROUPS));
    await workspace.api.post("/api/2.0/preview/scim/v2/ServicePrincipals", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"],
      applicationId: RUN_AS,
      displayName: "pipelines",
    });
    // Every workspace of Free Edition has it.
    await workspace.api.post("/api/2.1/unity-catalog/catalogs", { name: "workspace" });
    for (const [file, name, ...settings] of STACKS) {
      const project = new ProjectCopy(workspace);
      copies.set(name, project);
      project.ownIds(file);
      // Masks are functions, which an engine makes.
      project.withoutMasks(file);
      if (file !== name)
        copyFileSync(join(project.dir, `Pulumi.${file}.yaml`), join(project.dir, `Pulumi.${name}.yaml`));
      await project.initStack(name);
      const values = settings.flatMap((one) => ["--plaintext", one]);
      if (values.length > 0) await run(name, "config", "set-all", "--path", ...values);
    }
  });
  after(async () => {
    for (const copy of copies.values()) copy.remove();
    await workspace?.remove();
  });

  for (const [, name] of STACKS)
    it(`${name} keeps to the policies, deploys, and shows no change afterwards`, async () => {
      const text = await run(name, "up", "--yes", "--skip-preview", ...(await copies.get(name)!.packArgs()));
      assert.match(text, /databricks-governance@/);
      assert.doesNotMatch(text, /advisory|mandatory/);
      await run(name, "preview", "--refresh", "--expect-no-changes");
    });

  it("have what their files ask for: schemas in the catalog of Free Edition, dashboard, alerts and secret scope in prod", async () => {
    const own = ["olist_dev", "olist_pr_123", "olist_prod"];
    assert.deepEqual(await catalogs(), ["main", ...own, "samples", "system", "workspace"]);
    assert.deepEqual(await names("/api/2.0/alerts", "alerts", "display_name"), [
      "olist_prod quarantine",
      "olist_prod staleness",
    ]);
    assert.deepEqual(await names("/api/2.0/lakeview/dashboards", "dashboards", "display_name"), [
      "olist_prod dashboard",
    ]);
    assert.deepEqual(await names("/api/2.0/secrets/scopes/list", "scopes"), ["olist_prod_secrets"]);
    const schemas = await names("/api/2.1/unity-catalog/schemas?catalog_name=workspace", "schemas");
    for (const schema of ["bronze", "cdc", "gold", "ops", "raw", "silver"]) assert.ok(schemas.includes(schema), schema);
  });

  it("refuse a second stack that claims their schemas in a catalog of somebody else's, and lose nothing when it is destroyed", async () => {
    const before = await holdings();
    const second = new ProjectCopy(workspace);
    copies.set("again", second);
    copyFileSync(join(second.dir, "Pulumi.free.yaml"), join(second.dir, "Pulumi.again.yaml"));
    await second.initStack("again");
    // A folder, jobs and pipelines of its own: only the schemas are the same.
    await run("again", "config", "set-all", "--path", "--plaintext", "suffix=again");
    const refuses = async (command: string[], catalog: string, owner: string): Promise<void> => {
      const { code, text } = await second.run([...command, "--non-interactive"]);
      assert.notEqual(code, 0, text);
      assert.match(
        text,
        new RegExp(`Schema '${catalog}\\.\\w+' belongs to the Pulumi stack \\S+/olist-lakehouse/${owner}, and`),
      );
    };
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) await refuses(command, "workspace", "free");
    // A catalog that a stack has made for itself.
    await run("again", "config", "set", "existingCatalog", "olist_dev");
    await refuses(["preview"], "olist_dev", "dev");
    await run("again", "destroy", "--yes", "--skip-preview");
    assert.deepEqual(await holdings(), before);
  });

  it("of a pull request and of Free Edition go without a trace, and leave the other stacks and the catalog", async () => {
    for (const stack of ["pr-123", "free"]) await run(stack, "destroy", "--yes", "--skip-preview");
    assert.deepEqual(await catalogs(), ["main", "olist_dev", "olist_prod", "samples", "system", "workspace"]);
    const schemas = await names("/api/2.1/unity-catalog/schemas?catalog_name=workspace", "schemas");
    assert.deepEqual(schemas, ["default", "information_schema"]);
    const jobs = await workspace.api.get<{ jobs: { settings: { name: string } }[] }>("/api/2.2/jobs/list");
    const left = new Set(jobs.jobs.map(({ settings }) => settings.name.split(" ")[0]));
    assert.deepEqual([...left].sort(), ["olist_dev", "olist_prod"]);
  });
});
