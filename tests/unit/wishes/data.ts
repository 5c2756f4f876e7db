/** What a team writes next about its data: catalogs of several kinds, grants on all securables, masks. */
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { AccessGrants, LakehouseCatalog, SensitiveData } from "../../../components/index.ts";

export const runner = new databricks.ServicePrincipal("runner", { displayName: "sales runs" });
const bucket = new databricks.ExternalLocation("lake", {
  name: "lake",
  url: "s3://acme-lake/sales",
  credentialName: "lake",
});

export const sales = new LakehouseCatalog("sales", {
  comment: "Sales data",
  storageRoot: pulumi.interpolate`${bucket.url}/managed`,
  owner: "platform-admins",
  properties: { domain: "sales" },
  tags: { cost_center: "42" },
  workspaces: {
    "1111": {},
    analysis: { id: pulumi.output("2222"), mode: "READ_ONLY" },
  },
  schemas: {
    raw: {
      comment: "Files as delivered",
      volumes: {
        landing: { comment: "Copied by the source", owner: "data-engineers", tags: { retention: "30d" } },
        archive: { comment: "In the company's lake", storageLocation: pulumi.interpolate`${bucket.url}/archive` },
      },
    },
    gold: {
      name: "gold_v2",
      comment: "Measures",
      storageRoot: pulumi.interpolate`${bucket.url}/gold`,
      owner: runner.applicationId,
      properties: { quality: "gold" },
      tags: { tier: "1" },
    },
  },
  transform: {
    catalog: (args) => {
      args.enablePredictiveOptimization = "ENABLE";
    },
    schema: (_args, opts, name) => {
      if (name === "sales-gold") opts.aliases = [{ name: "gold" }];
      if (name === "sales-raw") opts.ignoreChanges = ["comment"];
    },
    volume: (args, opts, name) =>
      name === "sales-raw-archive" ? { args: { ...args, comment: "Kept" }, opts: { ...opts, protect: false } } : {},
    workspaceBinding: (_args, opts) => {
      opts.protect = true;
    },
    tag: (_args, opts) => {
      opts.retainOnDelete = true;
    },
  },
});

/** In a catalog of another team. */
export const lab = new LakehouseCatalog("lab", {
  name: "science",
  existing: true,
  schemas: { experiments: { comment: "Trials of the sales team" } },
  protectData: false,
});

/** Made by hand long ago; from now on in the program. */
export const legacy = new LakehouseCatalog("legacy", {
  name: "legacy",
  comment: "Before the lakehouse",
  schemas: { orders: { comment: "Orders", volumes: { files: { comment: "Files" } } } },
  adopt: true,
});

/** One object by an id of its own. */
export const single = new LakehouseCatalog("single", {
  comment: "Partly adopted",
  schemas: { old: { comment: "Exists" }, fresh: { comment: "New" } },
  transform: {
    schema: (_args, opts, name) => {
      if (name === "single-old") opts.import = "sales_lakehouse_test_single.old";
    },
  },
});

const roles = {
  engineers: ["data-engineers", pulumi.output("ada@acme.io")],
  analysts: "analysts",
  runs: runner.applicationId,
  everyone: "account users",
  auditors: undefined,
};

export const grants = new AccessGrants("grants", {
  lakehouse: sales,
  roles,
  catalog: { everyone: ["BROWSE"], engineers: ["USE_CATALOG"], analysts: ["USE_CATALOG"], auditors: ["USE_CATALOG"] },
  schemas: {
    gold: { analysts: ["USE_SCHEMA", "SELECT"], runs: ["USE_SCHEMA", "CREATE_TABLE", "CREATE_MATERIALIZED_VIEW"] },
  },
  volumes: { "raw.landing": { engineers: ["READ_VOLUME"], runs: ["READ_VOLUME", "WRITE_VOLUME"] } },
  securables: {
    lake: { kind: "externalLocation", name: bucket.name, grants: { engineers: ["READ_FILES", "BROWSE"] } },
    churn: { kind: "model", name: "sales.ml.churn", grants: { runs: ["EXECUTE"] } },
    tax: {
      kind: "function",
      name: pulumi.interpolate`${sales.schemas.gold.id}.tax`,
      grants: { analysts: ["EXECUTE"] },
    },
    rates: { kind: "table", name: "sales.gold_v2.rates", grants: { analysts: ["SELECT"], engineers: ["MODIFY"] } },
    warehouse: { kind: "foreignConnection", name: "erp", grants: { engineers: ["USE_CONNECTION"] } },
    uploads: { kind: "storageCredential", name: "lake", grants: { engineers: ["CREATE_EXTERNAL_LOCATION"] } },
  },
  transform: {
    grants: (_args, opts, name) => {
      if (name === "grants-churn") opts.import = "model/sales.ml.churn";
    },
  },
});

export const personal = new SensitiveData("personal", {
  on: { schema: sales.schemas.gold.id },
  functions: sales.schemas.raw.id,
  warehouseId: pulumi.output("1234567890abcdef"),
  tagKey: "pii",
  kinds: { email: { mask: "sha2(value, 256)" }, salary: { mask: "NULL", type: "DECIMAL(10,2)" } },
  rowFilters: { own_region: { kind: "email", condition: "is_account_group_member('emea')" } },
  columns: [{ table: pulumi.interpolate`${sales.schemas.gold.id}.customers`, column: "email", kind: "email" }],
  exempt: ["data-stewards", runner.applicationId],
  transform: {
    function: (args, opts) => {
      args.comment = "Mask";
      opts.protect = false;
    },
    policy: (args) => {
      args.comment = "Agreed with legal";
    },
  },
});
