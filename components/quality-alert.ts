/** An alert on a number that a query computes: who hears of it when the number is above a limit, or there is none. */
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { type AccessRule, permissions } from "./access.ts";
import { Component, given, make, pauseStatus, quartzProblem, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { type Naming, stackNaming } from "./names.ts";

export interface QualityAlertArgs {
  /** Display name. Default: made by `naming`. */
  name?: pulumi.Input<string>;
  /** Makes the display name. Default: Pulumi's project and stack. */
  naming?: Naming;
  /** A query with one row. */
  query: pulumi.Input<string>;
  /** Column of the query with the number. */
  column: pulumi.Input<string>;
  /** The alert is raised above this. */
  above: pulumi.Input<number>;
  warehouseId: pulumi.Input<string>;
  /** Quartz expression. */
  cron: pulumi.Input<string>;
  /** Default UTC. */
  timezone?: pulumi.Input<string>;
  /** Keeps the alert from being evaluated. Default false. */
  paused?: pulumi.Input<boolean>;
  /** E-mail addresses that hear of it; at least one. */
  alerts: readonly pulumi.Input<string>[];
  /** Workspace folder that holds the alert. */
  folder?: pulumi.Input<string>;
  /** Application id of the service principal whose rights the query has. */
  runAs?: pulumi.Input<string> | undefined;
  /** Who may do what with the alert, besides those with access to its folder; the deployer manages it. */
  access?: readonly AccessRule<"CAN_READ" | "CAN_RUN" | "CAN_EDIT" | "CAN_MANAGE">[];
  transform?: { alert?: Transform<databricks.AlertV2Args>; permissions?: Transform<databricks.PermissionsArgs> };
}

export class QualityAlert extends Component {
  readonly alert: databricks.AlertV2;

  constructor(name: string, args: QualityAlertArgs, opts?: pulumi.ComponentResourceOptions) {
    super("QualityAlert", name, opts);
    const { access = [], transform = {} } = args;
    const wrong = new Violations();
    if (args.alerts.length === 0) wrong.add("alerts", "is empty, so nobody would hear of it");
    const cron = quartzProblem(args.cron);
    if (cron !== undefined) wrong.add("cron", cron);
    wrong.check("QualityAlert", name);
    const alertArgs: databricks.AlertV2Args = given({
      displayName: args.name ?? (args.naming ?? stackNaming()).display(name),
      parentPath: args.folder,
      queryText: args.query,
      warehouseId: args.warehouseId,
      runAs: args.runAs === undefined ? undefined : { servicePrincipalName: args.runAs },
      evaluation: {
        source: { name: args.column, aggregation: "MAX" },
        comparisonOperator: "GREATER_THAN",
        threshold: { value: { doubleValue: args.above } },
        // A query without a row cannot vouch for the data.
        emptyResultState: "TRIGGERED",
        notification: { notifyOnOk: true, subscriptions: args.alerts.map((userEmail) => ({ userEmail })) },
      },
      schedule: {
        quartzCronSchedule: args.cron,
        timezoneId: args.timezone ?? "UTC",
        pauseStatus: pauseStatus(args.paused),
      },
    });
    this.alert = make(sdk.AlertV2, name, alertArgs, { parent: this }, transform.alert);
    permissions(name, { alertV2Id: this.alert.id }, access, { parent: this }, transform.permissions);
    this.registerOutputs({});
  }
}
