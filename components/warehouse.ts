/** A serverless SQL warehouse that stops by itself and has a most number of clusters. */
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { type AccessRule, permissions } from "./access.ts";
import { Component, make, plain, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { type Naming, stackNaming } from "./names.ts";

export interface SqlWarehouseArgs {
  /** Display name. Default: made by `naming`. */
  name?: pulumi.Input<string>;
  /** Makes the display name. Default: Pulumi's project and stack. */
  naming?: Naming;
  /** T-shirt size of a cluster. Default 2X-Small. */
  size?: pulumi.Input<"2X-Small" | "X-Small" | "Small" | "Medium" | "Large" | "X-Large">;
  /** Minutes without a query until it stops, 1 to 60. Default 10. */
  autoStopMinutes?: pulumi.Input<number>;
  /** Most clusters, 1 to 4. Default 1. */
  maxClusters?: pulumi.Input<number>;
  tags?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Who may do what with the warehouse; the deployer owns it. */
  access?: readonly AccessRule<"CAN_VIEW" | "CAN_MONITOR" | "CAN_USE" | "CAN_MANAGE">[];
  transform?: {
    warehouse?: Transform<databricks.SqlEndpointArgs>;
    permissions?: Transform<databricks.PermissionsArgs>;
  };
}

export class SqlWarehouse extends Component {
  readonly warehouse: databricks.SqlEndpoint;
  readonly warehouseId: pulumi.Output<string>;

  constructor(name: string, args: SqlWarehouseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("SqlWarehouse", name, opts);
    const { autoStopMinutes = 10, maxClusters = 1, access = [], transform = {} } = args;
    checkRange(name, { autoStopMinutes: [autoStopMinutes, 60], maxClusters: [maxClusters, 4] });
    const warehouseArgs: databricks.SqlEndpointArgs = {
      name: args.name ?? (args.naming ?? stackNaming()).display(name),
      clusterSize: args.size ?? "2X-Small",
      warehouseType: "PRO",
      enableServerlessCompute: true,
      enablePhoton: true,
      autoStopMins: autoStopMinutes,
      minNumClusters: 1,
      maxNumClusters: maxClusters,
      tags: { customTags: Object.entries(args.tags ?? {}).map(([key, value]) => ({ key, value })) },
    };
    this.warehouse = make(sdk.SqlEndpoint, name, warehouseArgs, { parent: this }, transform.warehouse);
    this.warehouseId = this.warehouse.id;
    permissions(name, { sqlEndpointId: this.warehouseId }, access, { parent: this }, transform.permissions);
    this.registerOutputs({ warehouseId: this.warehouseId });
  }
}

function checkRange(name: string, values: Record<string, [value: pulumi.Input<number>, most: number]>): void {
  const wrong = new Violations();
  for (const [key, [value, most]] of Object.entries(values)) {
    const known = plain(value);
    if (known !== undefined && !(Number.isInteger(known) && known >= 1 && known <= most))
      wrong.add(key, `${known} is not a whole number from 1 to ${most}`);
  }
  wrong.check("SqlWarehouse", name);
}
