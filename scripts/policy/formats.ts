/** A report of policy violations as text, Markdown, JSON, and SARIF for code scanning. */
import { createHash } from "node:crypto";
import { idsOf, type Report, ruleOf, type Violation } from "./events.ts";

export const FORMATS = ["text", "markdown", "json", "sarif"] as const;
export type Format = (typeof FORMATS)[number];

const nameOf = (urn: string): string => urn.split("::").slice(2).join("::");
const count = (violations: readonly Violation[], level: string): number =>
  violations.filter((one) => one.level === level).length;
const summary = ({ violations, exemptions }: Report): string =>
  `${count(violations, "mandatory")} mandatory, ${count(violations, "advisory")} advisory, ${exemptions.length} exempt`;

function text(report: Report): string {
  const line = ({ level, rule, urn, message }: Violation): string =>
    `${level.padEnd(9)} ${rule}\n          ${nameOf(urn)}\n          ${message}`;
  return [
    ...report.violations.map(line),
    ...report.exemptions.map(({ urn, message }) => `exempt    ${nameOf(urn)}\n          ${message}`),
    ...report.errors.map((error) => `error     ${error}`),
    `${report.project}, stack ${report.stack}: ${summary(report)}`,
  ].join("\n");
}

/** In a cell of a table. */
const cell = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;").replace(/\s+/g, " ");

function markdown(report: Report): string {
  const row = ({ level, rule, urn, message }: Violation): string =>
    `| ${level} | ${ruleOf(rule) ? `[${rule}](${ruleOf(rule)!.url})` : rule} | ${cell(nameOf(urn))} | ${cell(message)} | ${idsOf(
      rule,
    )
      .filter((id) => !id.startsWith("KICS"))
      .join(", ")} |`;
  const table = [...report.violations, ...report.exemptions.map((one) => ({ ...one, level: "exempt" as never }))];
  return [
    `### Policies of stack \`${report.stack}\`: ${summary(report)}`,
    "",
    ...(table.length === 0
      ? report.errors.length > 0
        ? ["The preview failed before the rules were checked."]
        : ["No rule is violated."]
      : ["| level | rule | resource | what to do | ids |", "| --- | --- | --- | --- | --- |", ...table.map(row)]),
    ...report.errors.flatMap((error) => ["", `> ${error.replaceAll("\n", "\n> ")}`]),
  ].join("\n");
}

const json = (report: Report): string =>
  JSON.stringify(
    {
      ...report,
      violations: report.violations.map((one) => ({
        ...one,
        severity: ruleOf(one.rule)?.severity,
        title: ruleOf(one.rule)?.title,
        fix: ruleOf(one.rule)?.fix,
        url: ruleOf(one.rule)?.url,
        ids: idsOf(one.rule),
      })),
    },
    null,
    2,
  );

/** GitHub sorts by this score. */
const SEVERITY: Readonly<Record<string, string>> = { low: "3.0", medium: "5.5", high: "8.0", critical: "9.5" };

/** SARIF 2.1.0 as GitHub code scanning reads it: resources have no line, so results lie at the project's file. */
function sarif(report: Report): string {
  const all = [...report.violations, ...report.exemptions];
  const names = [...new Set(all.map(({ rule }) => rule))];
  return JSON.stringify(
    {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "databricks-governance", rules: names.map(sarifRule) } },
          automationDetails: { id: `pulumi/${report.project}/${report.stack}/` },
          invocations: [
            {
              executionSuccessful: report.errors.length === 0,
              toolExecutionNotifications: report.errors.map((message) => ({
                level: "error",
                message: { text: message },
              })),
            },
          ],
          results: all.map((one) => sarifResult(one, names, report.exemptions.includes(one))),
        },
      ],
    },
    null,
    2,
  );
}

function sarifRule(name: string): object {
  const rule = ruleOf(name);
  return {
    id: name,
    shortDescription: { text: rule?.title ?? name },
    fullDescription: { text: rule?.why ?? "" },
    help: { text: rule?.fix ?? "" },
    ...(rule === undefined ? {} : { helpUri: rule.url }),
    properties: {
      tags: ["security", ...idsOf(name)],
      ...(rule?.severity === undefined ? {} : { "security-severity": SEVERITY[rule.severity] }),
    },
  };
}

function sarifResult({ rule, level, urn, message }: Violation, names: readonly string[], exempt: boolean): object {
  return {
    ruleId: rule,
    ruleIndex: names.indexOf(rule),
    level: level === "mandatory" ? "error" : exempt ? "note" : "warning",
    message: { text: message },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: "Pulumi.yaml" }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: urn, kind: "resource" }],
      },
    ],
    partialFingerprints: {
      resource: createHash("sha256").update(`${rule} ${urn} ${message}`).digest("hex").slice(0, 32),
    },
    ...(exempt ? { suppressions: [{ kind: "external", justification: message }] } : {}),
  };
}

const WRITERS: Readonly<Record<Format, (report: Report) => string>> = { text, markdown, json, sarif };
export const render = (format: Format, report: Report): string => `${WRITERS[format](report)}\n`;
