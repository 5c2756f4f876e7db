/** Writes docs/policies.md from the pack: `npm run docs`; with `--check` it only says whether the file is current. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CHECKOV_CHECKS,
  CIS_RECOMMENDATIONS,
  type ForeignCheck,
  KICS_QUERIES,
} from "databricks-governance/other-checks";
import { EVERY_TYPE, type Limit, type Rule } from "databricks-governance/rule";
import { rules } from "databricks-governance/rules";
import { SAT_CHECKS } from "databricks-governance/sat";

const STACKS = ["local", "dev", "pr", "prod"] as const;
type Configuration = Record<string, string | ({ enforcementLevel?: string } & Record<string, unknown>)>;

export const DOCS_FILE = join(import.meta.dirname, "..", "..", "docs", "policies.md");

const configurations = Object.fromEntries(
  STACKS.map((stack) => [
    stack,
    JSON.parse(
      readFileSync(join(import.meta.dirname, "..", "..", "policy", "config", `${stack}.json`), "utf8"),
    ) as Configuration,
  ]),
);

/** The level that a rule has without a configuration. */
const ownLevel = (rule: Rule): string => (rule.level === "production" ? "advisory" : rule.level);

function levelOn(stack: string, rule: Rule): string {
  const configured = configurations[stack]![rule.name];
  return (typeof configured === "string" ? configured : configured?.enforcementLevel) ?? ownLevel(rule);
}

const typesOf = ({ types }: Rule): string => (types[0] === EVERY_TYPE ? "every type" : types.join(", "));

const SHORT: Readonly<Record<string, string>> = { disabled: "off" };
const anchor = (name: string): string => `[\`${name}\`](#${name})`;
const literal = (value: Limit["default"]): string => `\`${JSON.stringify(value)}\``;

export function render(): string {
  const overview = rules.map((rule) => {
    const levels = STACKS.map((stack) => levelOn(stack, rule)).map((level) => SHORT[level] ?? level);
    return `| ${anchor(rule.name)} | ${rule.title} | ${typesOf(rule)} | ${levels.join(" | ")} |`;
  });
  return [
    "# Policies",
    "",
    "Generated from the pack by `npm run docs`. A mandatory rule stops `pulumi preview` and `pulumi up`; an advisory one is shown; a",
    "remediating one changes the input and says so. The levels are those of `policy/config/<stack>.json`; without a configuration, each rule",
    "has the level that its section names.",
    "",
    ...summary(),
    `| rule | what holds | resources | ${STACKS.join(" | ")} |`,
    `| --- | --- | --- |${" --- |".repeat(STACKS.length)}`,
    ...overview,
    "",
    ...coverage(),
    ...others(),
    ...rules.flatMap(section),
  ].join("\n");
}

const rulesOf = (check: string, framework: "sat" | "kics" | "cis" = "sat"): Rule[] =>
  rules.filter(({ ids }) => ids?.[framework]?.includes(check));

function summary(): string[] {
  const expressible = SAT_CHECKS.filter(({ none }) => none === undefined);
  const covered = expressible.filter(({ id }) => rulesOf(id).length > 0);
  const everywhere = rules.filter((rule) => rule.types[0] === EVERY_TYPE).length;
  const types = new Set(rules.flatMap((rule) => (rule.types[0] === EVERY_TYPE ? [] : rule.types)));
  return [
    `${rules.length} rules look at ${types.size} resource types by name, and ${everywhere} of them at every type. Of the ${SAT_CHECKS.length} checks of`,
    `Databricks' Security Analysis Tool, a program's resources can express ${expressible.length}; rules make ${covered.length} of those ([table](#security-analysis-tool)).`,
    "",
  ];
}

function coverage(): string[] {
  return [
    "## Security Analysis Tool",
    "",
    "Each check with its controls of Databricks' AI Security Framework (DASF), and the rules that make it on what a program deploys.",
    "",
    "| check | what it asks | DASF | rules, or why none can |",
    "| --- | --- | --- | --- |",
    ...SAT_CHECKS.map(
      ({ id, title, dasf = [], none }) =>
        `| ${id} | ${title} | ${dasf.map((control) => control.replace("DASF-", "")).join(", ")} | ${
          none ??
          rulesOf(id)
            .map(({ name }) => anchor(name))
            .join(", ")
        } |`,
    ),
    "",
  ];
}

/** A table of another tool's checks. */
function foreign(title: string, about: string, checks: readonly ForeignCheck[], framework: "kics" | "cis"): string[] {
  return [
    `## ${title}`,
    "",
    about,
    "",
    "| check | what it asks | rules, or why none does |",
    "| --- | --- | --- |",
    ...checks.map(({ id, title, none, note }) => {
      const made = rulesOf(id, framework).map(({ name }) => anchor(name));
      return `| ${id} | ${title} | ${none ?? [made.join(", "), ...(note === undefined ? [] : [note])].join(". ")} |`;
    }),
    "",
  ];
}

const others = (): string[] => [
  ...foreign("KICS and Checkov", "All their checks on Databricks.", [...KICS_QUERIES, ...CHECKOV_CHECKS], "kics"),
  ...foreign(
    "CIS benchmark",
    "Section 2.1 of the CIS Microsoft Azure Foundations Benchmark 5.0; the rules ask the same on every cloud.",
    CIS_RECOMMENDATIONS,
    "cis",
  ),
];

/** Controls of the framework that follow from a rule's checks. */
const dasfOf = ({ ids }: Rule): string[] => [
  ...new Set([
    ...(ids?.dasf ?? []),
    ...SAT_CHECKS.filter(({ id }) => ids?.sat?.includes(id)).flatMap(({ dasf = [] }) => dasf),
  ]),
];

function idsOf(rule: Rule): string[] {
  const { sat = [], kics = [], cis = [] } = rule.ids ?? {};
  const all = [
    ...sat.map((id) => `SAT ${id}`),
    ...dasfOf(rule),
    ...cis.map((id) => `CIS Azure 5.0 ${id}`),
    ...kics.map((id) => `KICS ${id}`),
  ];
  return all.length === 0 ? [] : [`- Ids: ${all.join(", ")}`];
}

function section(rule: Rule): string[] {
  const limits = Object.entries<Limit>(rule.limits ?? {});
  return [
    `## ${rule.name}`,
    "",
    `${rule.title}. ${rule.why}`,
    "",
    `- Fix: ${rule.fix}`,
    `- Level: ${ownLevel(rule)}; severity: ${rule.severity}${rule.kind === "stack" ? "; sees all resources of the stack" : ""}`,
    `- Source: [${rule.source === "own" ? "this project's judgement; background" : rule.source}](${rule.url})`,
    ...idsOf(rule),
    ...(limits.length > 0 ? ["- Configuration:"] : []),
    ...limits.map(
      ([key, { description, default: standard, minimum }]) =>
        `  - \`${key}\`: ${description}. Default ${literal(standard)}${minimum === undefined ? "" : `, from ${minimum}`}.`,
    ),
    "",
  ];
}

if (import.meta.main) {
  if (process.argv.includes("--check")) {
    if (readFileSync(DOCS_FILE, "utf8") !== render()) {
      process.stderr.write("docs/policies.md is not what the pack says; run `npm run docs`.\n");
      process.exitCode = 1;
    }
  } else writeFileSync(DOCS_FILE, render());
}
