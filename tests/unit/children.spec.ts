/** Every child of every component can be changed by the program, and every argument that can wait is a Pulumi input. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as components from "../../components/index.ts";
import { type PackageSchema, type Property, packageSchema } from "../../components/plugin/schema.ts";
import { described } from "../../scripts/docs/components.ts";
import { forget, type Made, made, settle } from "./mocks.ts";

/** Every kind of child that the component's `transform` names: the compiler knows a missing and a superfluous one. */
type Kinds<Args> = Args extends { transform?: infer T } ? Readonly<Record<keyof NonNullable<T>, true>> : never;

/** Names of the children that a transform was called for. */
let changed: string[] = [];

/** Makes a component with transforms of all kinds; answers the keys of its arguments. */
function build<Args extends { transform?: unknown }>(
  Type: new (name: string, args: Args) => object,
  args: Args,
  kinds: Kinds<Args>,
): string[] {
  const record = (_args: object, _opts: object, name: string): void => void changed.push(name);
  new Type("x", { ...args, transform: Object.fromEntries(Object.keys(kinds).map((kind) => [kind, record])) });
  return Object.keys(args);
}

const folder = mkdtempSync(join(tmpdir(), "children-"));
const access = [{ group: "engineers", level: "CAN_MANAGE" }] as const;
const naming = components.names({ project: "sales", environment: "test" });
const common = { name: "x", naming };
const later = pulumi.output("later");

const schemas = {
  raw: { comment: "Files", tags: { zone: "raw" }, volumes: { landing: { comment: "Files", tags: { pii: "" } } } },
} as const;

const CATALOG_KINDS = { catalog: true, schema: true, volume: true, workspaceBinding: true, tag: true } as const;
const JOB_KINDS = { job: true, permissions: true } as const;
const job: components.LakehouseJobArgs<string> = {
  ...{ ...common, access, tasks: { a: { notebook: { notebookPath: later } } }, inOrder: true, root: later },
  description: later,
  ...{ parameters: { a: later }, tags: { a: later }, gitSource: { url: later, branch: "main" } },
  ...{ environments: { e: { environmentVersion: "2" } }, clusters: { c: { sparkVersion: "17.3.x-scala2.13" } } },
  ...{ alerts: [later], emails: { onStart: [later] }, webhooks: { onFailure: [later] }, runAs: { user: later } },
  health: [{ metric: "RUN_DURATION_SECONDS", greaterThan: 1 }],
  budgetPolicyId: later,
  performanceTarget: "STANDARD",
  timeoutMinutes: pulumi.output(5),
  queue: false,
};

/** Each component with all of its arguments, in several constructions where some exclude each other. */
const EVERYTHING: Readonly<Record<string, (() => string[])[]>> = {
  LakehouseCatalog: [
    () =>
      build<components.LakehouseCatalogArgs>(
        components.LakehouseCatalog,
        {
          ...{ ...common, schemas, comment: "Sales", storageRoot: later, owner: later, properties: { a: later } },
          tags: { domain: later },
          workspaces: { "1": {}, second: { id: later, mode: "READ_ONLY" } },
          protectData: false,
          adopt: true,
        },
        CATALOG_KINDS,
      ),
    () =>
      build<components.LakehouseCatalogArgs>(
        components.LakehouseCatalog,
        { name: later, existing: true, schemas },
        CATALOG_KINDS,
      ),
  ],
  AccessGrants: [
    () =>
      build<components.AccessGrantsArgs<"readers" | "nobody", typeof schemas>>(
        components.AccessGrants,
        {
          lakehouse: new components.LakehouseCatalog("needed", { comment: "Sales", schemas }),
          roles: { readers: ["analysts", later], nobody: undefined },
          catalog: { readers: ["USE_CATALOG"] },
          schemas: { raw: { readers: ["USE_SCHEMA"] } },
          volumes: { "raw.landing": { readers: ["READ_VOLUME"] } },
          securables: { lake: { kind: "externalLocation", name: later, grants: { readers: ["READ_FILES"] } } },
        },
        { grants: true },
      ),
  ],
  NotebookFolder: [
    () =>
      build<components.NotebookFolderArgs>(
        components.NotebookFolder,
        {
          ...{ source: folder, exclude: ["*.md"], target: "/Workspace/sales/x", naming, access },
          ...{ protectData: false, verifyContent: true, adopt: true },
        },
        { folder: true, notebook: true, file: true, permissions: true, content: true },
      ),
  ],
  LakehousePipeline: [
    () =>
      build<components.LakehousePipelineArgs>(
        components.LakehousePipeline,
        {
          ...{ ...common, access, catalog: later, schema: later, root: later, sources: [{ folder: later }] },
          ...{ configuration: { a: later }, dependencies: [later], tags: { a: later } },
          compute: { kind: "serverless" },
          ...{ eventLog: { schema: later, name: later }, alerts: [later], runAs: later, development: true },
          notifications: [{ on: ["on-update-success"], emails: [later] }],
          ...{ continuous: true, protectData: false },
          channel: "PREVIEW",
          edition: "CORE",
        },
        { pipeline: true, permissions: true },
      ),
  ],
  LakehouseJob: [
    () => {
      const schedule = { cron: later, timezone: later };
      return build(components.LakehouseJob, { ...job, schedule, maxConcurrentRuns: 2 }, JOB_KINDS);
    },
    () =>
      build<components.LakehouseJobArgs<string>>(
        components.LakehouseJob,
        { ...job, trigger: { periodic: { interval: 1, unit: "DAYS" } } },
        JOB_KINDS,
      ),
    () =>
      build<components.LakehouseJobArgs<string>>(
        components.LakehouseJob,
        { ...job, continuous: { paused: pulumi.output(true) } },
        JOB_KINDS,
      ),
  ],
  SensitiveData: [
    () =>
      build<components.SensitiveDataArgs<"name">>(
        components.SensitiveData,
        {
          ...{ on: { catalog: later }, functions: later, warehouseId: later, tagKey: later, tagPolicy: true },
          kinds: { name: { mask: later, type: later } },
          rowFilters: { own: { kind: "name", condition: later } },
          columns: [{ table: later, column: "name", kind: "name" }],
          ...{ exempt: [later], principals: [later], protectData: false },
        },
        { function: true, policy: true, tag: true, tagPolicy: true },
      ),
  ],
  SqlWarehouse: [
    () =>
      build<components.SqlWarehouseArgs>(
        components.SqlWarehouse,
        { ...common, access, size: "Small", autoStopMinutes: 5, maxClusters: 2, tags: { a: later } },
        { warehouse: true, permissions: true },
      ),
  ],
  LakehouseDashboard: [
    () =>
      build<components.LakehouseDashboardArgs>(
        components.LakehouseDashboard,
        {
          ...{ ...common, access, source: join(folder, "kpi.lvdash.json"), folder: later, warehouseId: later },
          catalog: later,
          embedCredentials: pulumi.output(true),
        },
        { dashboard: true, permissions: true },
      ),
  ],
  QualityAlert: [
    () =>
      build<components.QualityAlertArgs>(
        components.QualityAlert,
        {
          ...{ ...common, access, query: later, column: later, above: pulumi.output(1), warehouseId: later },
          ...{ cron: later, timezone: later, paused: pulumi.output(true) },
          ...{ alerts: [later], folder: later, runAs: later },
        },
        { alert: true, permissions: true },
      ),
  ],
  LakehouseSecretScope: [
    () =>
      build<components.LakehouseSecretScopeArgs>(
        components.LakehouseSecretScope,
        { ...common, access: { admins: "MANAGE", runner: { principal: later, level: "READ" } } },
        { scope: true, acl: true },
      ),
  ],
  Groups: [
    () =>
      build<components.GroupsArgs>(
        components.Groups,
        { groups: { analysts: [later, "2"], finance: [] } },
        { group: true, member: true },
      ),
  ],
  DeployIdentity: [
    () =>
      build<components.DeployIdentityArgs>(
        components.DeployIdentity,
        { name: later, accountId: later, issuer: later, subjects: ["repo:acme/x:environment:prod", later] },
        { servicePrincipal: true, policy: true },
      ),
  ],
  BudgetPolicy: [
    () =>
      build<components.BudgetPolicyArgs>(
        components.BudgetPolicy,
        { ...common, tags: { a: later }, workspaceIds: [pulumi.output(1)] },
        { policy: true },
      ),
  ],
};

/** Paths of the schema's plain scalars, which must be known while the program runs. */
function plainArguments({ resources, types }: PackageSchema): string[] {
  const found: string[] = [];
  const look = (path: string, property: Property, isPlain: boolean): void => {
    const { $ref = "", items, additionalProperties, type } = property;
    const named = types[$ref.replace("#/types/", "")];
    if (named)
      for (const [key, one] of Object.entries(named.properties)) look(`${path}.${key}`, one, one.plain === true);
    if (items) look(`${path}[]`, items, items.plain === true);
    if (additionalProperties) look(`${path}.*`, additionalProperties, additionalProperties.plain === true);
    if (isPlain && ["string", "number", "boolean"].includes(type ?? "")) found.push(path);
    for (const one of property.oneOf ?? []) look(path, one, isPlain);
  };
  for (const [token, { inputProperties }] of Object.entries(resources))
    for (const [key, one] of Object.entries(inputProperties))
      look(`${token.split(":").at(-1)}.${key}`, one, one.plain === true);
  return [...new Set(found)].sort();
}

/** What chooses children and their options, names a part of the same component, or is a file of the program. */
const PLAIN: readonly string[] = [
  "AccessGrants.securables.*.grants.*[]",
  "AccessGrants.securables.*.kind",
  "LakehouseCatalog.adopt",
  "LakehouseCatalog.existing",
  "LakehouseCatalog.protectData",
  "LakehouseDashboard.source",
  "LakehouseJob.inOrder",
  "LakehouseJob.tasks.*.cluster",
  "LakehouseJob.tasks.*.dependsOn[]",
  "LakehouseJob.tasks.*.dependsOn[].outcome",
  "LakehouseJob.tasks.*.dependsOn[].task",
  "LakehouseJob.tasks.*.environment",
  "LakehousePipeline.compute.kind",
  "LakehousePipeline.protectData",
  "LakehouseSecretScope.access.*",
  "NotebookFolder.adopt",
  "NotebookFolder.exclude[]",
  "NotebookFolder.protectData",
  "NotebookFolder.source",
  "NotebookFolder.verifyContent",
  "SensitiveData.columns[].column",
  "SensitiveData.columns[].key",
  "SensitiveData.columns[].kind",
  "SensitiveData.protectData",
  "SensitiveData.rowFilters.*.kind",
  "SensitiveData.tagPolicy",
];

/** Neither a component, nor what is only read, nor a child of the catalog that the grants are on. */
const isChild = ({ type, name, id, inputs }: Made): boolean =>
  !type.startsWith("databricks-lakehouse:index:") &&
  !(id !== undefined && Object.keys(inputs).length === 0) &&
  !name.startsWith("needed");

describe("the children of the components", () => {
  before(() => {
    mkdirSync(join(folder, "etl"));
    writeFileSync(join(folder, "etl", "clean.py"), "# Databricks notebook source\nprint(1)\n");
    writeFileSync(join(folder, "etl", "rules.py"), "RULES = []\n");
    writeFileSync(join(folder, "NOTES.md"), "");
    writeFileSync(join(folder, "kpi.lvdash.json"), JSON.stringify({ pages: [] }));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const { name, args } of described().filter((component) => component.name !== "SqlFunction")) {
    it(`of ${name} are all changed by its transform, with every argument given`, async () => {
      const given = new Set<string>(["transform"]);
      for (const construct of EVERYTHING[name] ?? assert.fail(`this test makes no ${name}`)) {
        forget();
        changed = [];
        for (const key of construct()) given.add(key);
        await settle();
        const children = made.filter(isChild).map((child) => child.name);
        assert.ok(children.length > 0);
        assert.deepEqual(changed.sort(), children.sort());
      }
      const missing = args.map((argument) => argument.name).filter((key) => !given.has(key));
      assert.deepEqual(missing, [], "arguments that this test does not give");
    });
  }

  it("wait for whatever need not be known: only what decides which children there are, and how, is plain", () => {
    assert.deepEqual(plainArguments(packageSchema()), PLAIN);
  });
});
