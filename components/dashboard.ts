/** An AI/BI dashboard whose definition (`.lvdash.json`) is kept in the repository. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { type AccessRule, permissions } from "./access.ts";
import { Component, make, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { type Naming, stackNaming } from "./names.ts";

export interface LakehouseDashboardArgs {
  /** Display name. Default: made by `naming`. */
  name?: pulumi.Input<string>;
  /** Makes the display name. Default: Pulumi's project and stack. */
  naming?: Naming;
  /** The definition, as exported from the workspace; relative to the program's folder. */
  source: string;
  /** Workspace folder that holds the dashboard. */
  folder: pulumi.Input<string>;
  warehouseId: pulumi.Input<string>;
  /** Catalog of the tables that its queries name without one. */
  catalog: pulumi.Input<string>;
  /** Readers see what the publisher sees. Default false: each sees with rights of their own. */
  embedCredentials?: pulumi.Input<boolean>;
  /** Who may do what with the dashboard, besides those with access to its folder; the deployer manages it. */
  access?: readonly AccessRule<"CAN_READ" | "CAN_RUN" | "CAN_EDIT" | "CAN_MANAGE">[];
  transform?: {
    dashboard?: Transform<databricks.DashboardArgs>;
    permissions?: Transform<databricks.PermissionsArgs>;
  };
}

export class LakehouseDashboard extends Component {
  readonly dashboard: databricks.Dashboard;

  constructor(name: string, args: LakehouseDashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("LakehouseDashboard", name, opts);
    const { access = [], transform = {} } = args;
    const dashboardArgs: databricks.DashboardArgs = {
      displayName: args.name ?? (args.naming ?? stackNaming()).display(name),
      parentPath: args.folder,
      warehouseId: args.warehouseId,
      datasetCatalog: args.catalog,
      serializedDashboard: definition(name, args.source),
      embedCredentials: args.embedCredentials ?? false,
    };
    this.dashboard = make(sdk.Dashboard, name, dashboardArgs, { parent: this }, transform.dashboard);
    permissions(name, { dashboardId: this.dashboard.id }, access, { parent: this }, transform.permissions);
    this.registerOutputs({});
  }
}

function definition(name: string, source: string): string {
  const wrong = new Violations();
  let text = "{}";
  try {
    text = JSON.stringify(JSON.parse(readFileSync(resolve(source), "utf8")));
    if (!Array.isArray(JSON.parse(text).pages)) wrong.add("source", `'${source}' has no pages, so it is no dashboard`);
  } catch (error) {
    wrong.add("source", `'${source}' cannot be read as JSON: ${(error as Error).message}`);
  }
  wrong.check("LakehouseDashboard", name);
  return text;
}
