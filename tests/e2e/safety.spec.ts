/** What a production stack refuses and keeps, with the real CLI and provider: no engine runs, since no data flows. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { GROUPS, RUN_AS } from "../people.ts";
import { ProjectCopy } from "./harness.ts";

const UP = ["up", "--yes", "--skip-preview", "--non-interactive"];
const DESTROY = ["destroy", "--yes", "--skip-preview", "--non-interactive"];
/** What `ownIds` puts in place of the template's placeholder. */

describe("a production stack on the local workspace", () => {
  let workspace: LocalWorkspace;
  let project: ProjectCopy;

  const mustRun = async (args: string[], copy = project): Promise<string> => {
    const { code, text } = await copy.run(args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}:\n${text}`);
    return text;
  };
  const refused = async (args: string[], copy = project): Promise<string> => {
    const { code, text } = await copy.run(args);
    assert.notEqual(code, 0, `pulumi ${args.join(" ")} succeeded:\n${text}`);
    return text;
  };
  /** A copy of the project with the settings of production under a stack's name, in a backend of its own. */
  const production = async (stack: string): Promise<ProjectCopy> => {
    const copy = new ProjectCopy(workspace);
    copy.ownIds("prod");
    if (stack !== "prod") cpSync(join(copy.dir, "Pulumi.prod.yaml"), join(copy.dir, `Pulumi.${stack}.yaml`));
    await copy.initStack(stack);
    // Masks are functions, which an engine makes.
    await mustRun(["config", "rm", "personalData"], copy);
    return copy;
  };
  /** What the workspace holds: catalogs, pipelines, jobs and the objects in the stack's folder. */
  const holdings = async (): Promise<Record<string, string[]>> => {
    const { api } = workspace;
    const { catalogs } = await api.get<{ catalogs: { name: string; properties?: object }[] }>(
      "/api/2.1/unity-catalog/catalogs",
    );
    const { schemas } = await api.get<{ schemas: { full_name: string }[] }>("/api/2.1/unity-catalog/schemas", {
      catalog_name: "olist_prod",
    });
    const { statuses = [] } = await api.get<{ statuses?: { name: string; pipeline_id: string }[] }>(
      "/api/2.0/pipelines",
    );
    const { jobs = [] } = await api.get<{ jobs?: { job_id: number }[] }>("/api/2.2/jobs/list");
    const { objects = [] } = await api.get<{ objects?: { path: string }[] }>("/api/2.0/workspace/list", {
      path: "/olist/prod",
    });
    return {
      catalogs: catalogs.map(({ name, properties }) => `${name} ${JSON.stringify(properties ?? {})}`).sort(),
      schemas: schemas.map(({ full_name }) => full_name).sort(),
      pipelines: statuses.map(({ name, pipeline_id }) => `${name} ${pipeline_id}`).sort(),
      jobs: jobs.map(({ job_id }) => String(job_id)),
      code: objects.map(({ path }) => path).sort(),
    };
  };

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    await ensureGroups(workspace.api, Object.values(GROUPS));
    await workspace.api.post("/api/2.0/preview/scim/v2/ServicePrincipals", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"],
      applicationId: RUN_AS,
      displayName: "pipelines",
    });
    project = await production("prod");
    await mustRun(UP);
  });

  after(async () => {
    project?.remove();
    await workspace?.remove();
  });

  it("lets nobody but admins, engineers and the pipelines' principal into its code", async () => {
    const { object_id } = await workspace.api.get<{ object_id: number }>("/api/2.0/workspace/get-status", {
      path: "/olist/prod",
    });
    const { access_control_list } = await workspace.api.get<{
      access_control_list: {
        group_name?: string;
        service_principal_name?: string;
        user_name?: string;
        all_permissions: { permission_level: string; inherited: boolean }[];
      }[];
    }>(`/api/2.0/permissions/directories/${object_id}`);
    const levels = access_control_list.map((entry) => [
      entry.group_name ?? entry.service_principal_name ?? entry.user_name,
      entry.all_permissions.map(({ permission_level }) => permission_level).join(),
    ]);
    assert.deepEqual(levels.sort(), [
      [RUN_AS, "CAN_MANAGE"],
      ["admins", "CAN_MANAGE"],
      ["data-engineers", "CAN_READ"],
      ["platform-admins", "CAN_MANAGE"],
    ]);
  });

  it("keeps everything of its own when a second stack claims its names, fails, and is destroyed", async () => {
    const before = await holdings();
    const second = await production("second");
    try {
      for (const args of [["preview", "--non-interactive"], UP]) {
        assert.match(
          await refused(args, second),
          /'olist_prod' belongs to the Pulumi stack \S+\/olist-lakehouse\/prod/,
        );
      }
      await mustRun(DESTROY, second);
    } finally {
      second.remove();
    }
    assert.deepEqual(await holdings(), before);
  });

  it("refuses to rename its catalog, in the preview and in the update, and says what to do", async () => {
    const before = await holdings();
    const index = join(project.dir, "index.ts");
    const program = readFileSync(index, "utf8");
    writeFileSync(index, program.replace("name: naming.catalog()", 'name: "olist_new"'));
    try {
      for (const args of [["preview", "--non-interactive"], UP]) {
        assert.match(await refused(args), /'olist_prod' cannot be renamed to 'olist_new'.*Set the old name again/);
      }
    } finally {
      writeFileSync(index, program);
    }
    assert.deepEqual(await holdings(), before);
  });

  it("shows one new notebook as one new resource, and no update of pipelines or jobs", async () => {
    const notebook = join(project.dir, "notebooks", "medallion", "gold", "one_more.ipynb");
    const cell = { cell_type: "code", metadata: {}, execution_count: null, outputs: [], source: ["print(1)"] };
    writeFileSync(notebook, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }));
    try {
      const text = await mustRun(["preview", "--json", "--non-interactive"]);
      const { changeSummary } = JSON.parse(text.slice(text.indexOf("{"))) as { changeSummary: Record<string, number> };
      assert.deepEqual(Object.keys(changeSummary).sort(), ["create", "same"]);
      assert.equal(changeSummary.create, 1);
      await mustRun([...UP, "--target", "**one_more"]);
      const { object_type } = await workspace.api.get<{ object_type: string }>("/api/2.0/workspace/get-status", {
        path: "/olist/prod/medallion/gold/one_more",
      });
      assert.equal(object_type, "NOTEBOOK");
    } finally {
      rmSync(notebook);
    }
    await mustRun(UP);
  });

  it("refuses to delete a pipeline whose name in the program changed: its tables would go with it", async () => {
    const before = await holdings();
    const index = join(project.dir, "index.ts");
    const program = readFileSync(index, "utf8");
    const renamed = program.replace(/LakehousePipeline\(\s*"cdc"/, 'LakehousePipeline("changes"');
    assert.notEqual(renamed, program);
    writeFileSync(index, renamed);
    try {
      assert.match(await refused(["preview", "--non-interactive"]), /cdc.*protect/s);
    } finally {
      writeFileSync(index, program);
    }
    assert.deepEqual(await holdings(), before);
  });

  it("leaves data and pipelines when it is destroyed", async () => {
    const { jobs, ...data } = await holdings();
    assert.equal(jobs!.length, 3);
    const text = await refused(DESTROY);
    assert.match(text, /protected/);
    assert.deepEqual((await holdings()).catalogs, data.catalogs);
    await mustRun([...DESTROY, "--exclude-protected"]);
    const left = await holdings();
    assert.deepEqual([left.catalogs, left.schemas, left.pipelines], [data.catalogs, data.schemas, data.pipelines]);
    assert.deepEqual(left.jobs, []);
  });
});
