/** What a team writes next about its code and pipelines. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { BudgetPolicy, LakehousePipeline, NotebookFolder, names } from "../../../components/index.ts";
import { runner, sales } from "./data.ts";

/** A folder as it is beside a program. */
function folder(): string {
  const root = mkdtempSync(join(tmpdir(), "wishes-"));
  for (const part of ["etl", "tests", "jobs"]) mkdirSync(join(root, part));
  writeFileSync(join(root, "etl", "clean.py"), "# Databricks notebook source\nprint(1)\n");
  writeFileSync(join(root, "etl", "marts.sql"), "-- Databricks notebook source\nSELECT 1\n");
  writeFileSync(join(root, "etl", "rules.py"), "RULES = []\n");
  const notebook = { nbformat: 4, metadata: {}, cells: [] };
  writeFileSync(join(root, "jobs", "report.ipynb"), JSON.stringify(notebook));
  writeFileSync(join(root, "tests", "test_rules.py"), "assert True\n");
  return root;
}

const source = folder();
export const code = new NotebookFolder("code", {
  source,
  exclude: ["tests/**"],
  target: pulumi.interpolate`/Users/${runner.applicationId}/sales`,
  verifyContent: true,
  protectData: false,
  access: [
    { group: "data-engineers", level: "CAN_READ" },
    { user: pulumi.output("ada@acme.io"), level: "CAN_EDIT" },
    { servicePrincipal: runner.applicationId, level: "CAN_MANAGE" },
  ],
  transform: {
    notebook: (_args, opts, name) => {
      if (name.endsWith("/clean")) opts.aliases = [{ name: "code/etl/wash" }];
    },
    permissions: (_args, opts) => {
      opts.ignoreChanges = ["accessControls"];
    },
  },
});
rmSync(source, { recursive: true });

const usage = new BudgetPolicy("usage", { tags: { team: "sales" }, workspaceIds: [1111] });

const naming = { ...names({ project: "acme", environment: "prod" }), display: (key: string) => `Sales: ${key}` };

export const serverless = new LakehousePipeline("serverless", {
  naming,
  catalog: sales.catalogName,
  schema: sales.schemas.gold.name,
  root: code,
  sources: [
    { notebook: "etl/clean" },
    { file: "etl/rules.py" },
    { glob: "etl/**" },
    { folder: pulumi.output("jobs") },
    { notebook: "/Shared/lib/common" },
  ],
  dependencies: ["holidays==0.80", pulumi.interpolate`${sales.volumePath("raw.landing")}/lib.whl`],
  configuration: { landing: sales.volumePath("raw.landing") },
  compute: { kind: "serverless", budgetPolicyId: usage.policyId },
  eventLog: { schema: sales.schemas.raw.name, name: "events" },
  channel: "PREVIEW",
  development: pulumi.output(true),
  runAs: runner.applicationId,
  alerts: ["data@acme.io"],
  notifications: [{ on: ["on-update-success"], emails: [pulumi.output("ops@acme.io")] }],
  tags: { team: "sales" },
  access: [{ group: "data-engineers", level: "CAN_RUN" }],
  transform: {
    pipeline: (args, opts) => {
      args.configuration = { ...args.configuration, "pipelines.reset.allowed": "false" };
      opts.customTimeouts = { create: "30m" };
    },
  },
});

export const classic = new LakehousePipeline("classic", {
  name: "sales streaming",
  catalog: "sales",
  schema: "gold",
  root: "/Workspace/sales",
  sources: [{ folder: "etl" }],
  continuous: true,
  edition: "PRO",
  runAs: { user: "ada@acme.io" },
  compute: {
    kind: "classic",
    clusterPolicyId: pulumi.output("policy"),
    nodeTypeId: "i3.xlarge",
    driverNodeTypeId: "i3.2xlarge",
    minWorkers: 2,
    maxWorkers: 5,
    autoscale: "LEGACY",
    photon: false,
    sparkConf: { "spark.sql.shuffle.partitions": "8" },
  },
});
