/** What people look at, each where the settings ask for it: the dashboard of gold, alerts on the data's quality. */
import * as pulumi from "@pulumi/pulumi";
import { type AccessRule, LakehouseDashboard, type Naming, QualityAlert } from "./components/index.ts";
import type { Settings } from "./settings.ts";

/** Entities that have a quarantine: those of notebooks/olist/entities.py. */
export const ENTITIES = [
  "customers",
  "geolocation",
  "orders",
  "order_items",
  "order_payments",
  "order_reviews",
  "products",
  "sellers",
] as const;

export interface AnalysisArgs {
  settings: Settings;
  naming: Naming;
  catalog: pulumi.Output<string>;
  /** Workspace folder of the stack. */
  folder: pulumi.Output<string>;
  warehouseId: pulumi.Output<string>;
  /** Who watches over the data: sees the dashboard and the alerts. */
  access: readonly AccessRule<"CAN_READ" | "CAN_MANAGE">[];
  /** Who reads gold: sees the dashboard, whose queries run with the reader's own rights. */
  readers: readonly pulumi.Input<string>[];
}

export function analysis(args: AnalysisArgs): void {
  const { settings, naming, catalog, folder, warehouseId, access, readers } = args;
  if (settings.dashboard) {
    const source = "./dashboards/gold.lvdash.json";
    const seen = [...access, ...readers.map((group) => ({ group, level: "CAN_READ" as const }))];
    new LakehouseDashboard("dashboard", { naming, source, folder, warehouseId, catalog, access: seen });
  }
  const { quality, alerts, runAs } = settings;
  if (quality) {
    const common = { naming, folder, warehouseId, alerts, runAs, access, cron: "0 55 * * * ?" };
    const query = quarantineShare(catalog);
    new QualityAlert("quarantine", { ...common, query, column: "share", above: quality.quarantineShare });
    new QualityAlert("staleness", { ...common, query: staleness(catalog), column: "hours", above: quality.staleHours });
  }
}

function quarantineShare(catalog: pulumi.Output<string>): pulumi.Output<string> {
  return catalog.apply((name) => {
    const counts = ENTITIES.map(
      (entity) =>
        `SELECT (SELECT count(*) FROM ${name}.ops.quarantine_${entity}) AS quarantined, (SELECT count(*) FROM ${name}.bronze.${entity}) AS delivered`,
    );
    return `SELECT coalesce(sum(quarantined) / nullif(sum(delivered), 0), 0) AS share FROM (${counts.join(" UNION ALL ")})`;
  });
}

const staleness = (catalog: pulumi.Output<string>): pulumi.Output<string> =>
  pulumi.interpolate`SELECT timestampdiff(HOUR, max(_ingested_at), current_timestamp()) AS hours FROM ${catalog}.bronze.orders`;
