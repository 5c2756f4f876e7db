/** What a team writes next for those who look at its data, and for who runs and deploys it. */
import { join } from "node:path";
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import {
  DeployIdentity,
  Groups,
  LakehouseDashboard,
  LakehouseSecretScope,
  QualityAlert,
  SqlWarehouse,
} from "../../../components/index.ts";
import { runner, sales } from "./data.ts";

const readers = [{ group: "analysts", level: "CAN_READ" }] as const;

export const warehouse = new SqlWarehouse("warehouse", {
  size: "Medium",
  maxClusters: 4,
  autoStopMinutes: pulumi.output(5),
  tags: { team: "sales" },
  access: [
    { group: "analysts", level: "CAN_USE" },
    { group: "platform-admins", level: "CAN_MONITOR" },
  ],
  transform: {
    warehouse: (args) => {
      args.channel = { name: "CHANNEL_NAME_PREVIEW" };
    },
  },
});

const { catalogName } = sales;
const common = { warehouseId: warehouse.warehouseId, folder: "/Workspace/sales" };

export const dashboard = new LakehouseDashboard("kpis", {
  ...common,
  name: "Sales figures",
  source: join(import.meta.dirname, "..", "..", "..", "dashboards", "gold.lvdash.json"),
  catalog: catalogName,
  embedCredentials: true,
  access: readers,
});

export const alert = new QualityAlert("fresh", {
  ...common,
  query: pulumi.interpolate`SELECT datediff(HOUR, max(at), now()) AS hours FROM ${catalogName}.gold_v2.orders`,
  column: "hours",
  above: 24,
  cron: "0 0 * * * ?",
  timezone: "Europe/Berlin",
  paused: pulumi.output(true),
  alerts: ["data@acme.io"],
  runAs: runner.applicationId,
  access: [...readers, { user: "ada@acme.io", level: "CAN_EDIT" }],
});

export const scope = new LakehouseSecretScope("secrets", {
  access: {
    "platform-admins": "MANAGE",
    runner: { principal: runner.applicationId, level: "READ" },
  },
});
export const password = scope.reference("erp-password");

const account = new databricks.Provider("account", {
  host: "https://accounts.cloud.databricks.com",
  accountId: "9f3c1d7e-5b2a-4c8d-8e6f-0a1b2c3d4e5f",
});
const opts = { providers: [account] };
export const groups = new Groups("groups", { groups: { "sales-runs": [runner.id], analysts: [] } }, opts);
export const ci = new DeployIdentity(
  "ci",
  {
    name: "sales deploys",
    accountId: account.accountId.apply((id) => id ?? ""),
    issuer: "https://gitlab.com",
    subjects: ["project_path:acme/sales:ref_type:branch:ref:main"],
  },
  opts,
);
