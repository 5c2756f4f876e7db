/** The comment on a pull request. When it is too long, parts are left out from the least important end, and it says so. */
import { cell } from "../markup.ts";
import { idsOf, ruleOf } from "../policy/events.ts";
import type { PlacedViolation, Preview, PullRequest, ResourceChange, TestFailure, TestResults } from "./model.ts";

/** GitHub takes 65,536 characters; the mark by which the comment is found again needs a few. */
export const MOST_CHARACTERS = 60_000;
const MOST_FAILURES = 10;
const MOST_PROPERTIES = 12;
const MOST_MESSAGE = 2_000;

const code = (value: string): string => `\`${value.replaceAll("`", "'").replaceAll("|", "\\|").replace(/\s+/g, " ")}\``;
const count = (value: number): string => value.toLocaleString("en-US");
const plural = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`;
const clipped = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);

/** A block of text whatever runs of backticks it holds. */
function fenced(text: string): string {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}text\n${text}\n${fence}`;
}

/** A part of the comment: lines that stand or fall one by one from the end, between a head and a foot. */
interface Section {
  readonly head: readonly string[];
  readonly items: readonly string[];
  readonly foot?: readonly string[];
  /** What an item is called when some are left out. */
  readonly what: string;
}

export function markdown(pull: PullRequest, most = MOST_CHARACTERS): string {
  // The most important first: this is the order in which the sections may take room.
  const sections = [
    verdict(pull),
    ...(pull.preview === undefined ? [] : previewSections(pull.preview)),
    ...(pull.tests === undefined ? [] : [testSection(pull.tests)]),
    ...(pull.dataDiff === undefined ? [] : [dataSection(pull.dataDiff)]),
    ...(pull.preview === undefined ? [] : [createdSection(pull.preview)]),
  ];
  return trimmed(sections, most);
}

function trimmed(sections: readonly Section[], most: number): string {
  const rest = sections.map(({ items }) => items.length);
  const text = (): string =>
    sections
      .map((section, at) => shown(section, rest[at]!))
      .filter((part) => part !== "")
      .join("\n\n");
  for (let at = sections.length - 1; at >= 0 && text().length > most; at -= 1) {
    const over = text().length - most;
    let saved = 0;
    while (rest[at]! > 0 && saved <= over + 80) {
      rest[at]! -= 1;
      saved += sections[at]!.items[rest[at]!]!.length + 1;
    }
  }
  return `${text().slice(0, most - 1)}\n`;
}

function shown({ head, items, foot = [], what }: Section, number: number): string {
  if (head.length === 0 && items.length === 0) return "";
  const left = items.length - number;
  const note = left > 0 ? ["", `… and ${plural(left, what)} more, which have no room here.`] : [];
  return [...head, ...items.slice(0, number), ...foot, ...note].join("\n").trimEnd();
}

function verdict({ preview, tests, dataDiff, environment, artifacts, commit, missing = [] }: PullRequest): Section {
  const failed = (tests ?? []).reduce((sum, one) => sum + one.failed, 0);
  const ok =
    preview?.ok !== false && failed === 0 && missing.length === 0 && (environment?.result ?? "SUCCESS") === "SUCCESS";
  // A comment of its own: an environment is made by a job of its own, when its label is set.
  const alone = environment !== undefined && preview === undefined && tests === undefined && dataDiff === undefined;
  const title = alone
    ? ok
      ? "✅ The environment is up"
      : "❌ The environment is up, its job failed"
    : ok
      ? "✅ All checks passed"
      : "❌ Not ready to merge";
  const stack = preview === undefined ? "" : ` · stack ${code(preview.stack)}`;
  const parts = [
    ...missing.map((check) => `**No result** of ${cell(check)}: its job failed before it had one.`),
    ...(preview === undefined ? [] : [`**Resources**: ${tally(preview)}.`]),
    ...(preview === undefined ? [] : [`**Policies**: ${policyTally(preview)}.`]),
    ...(tests === undefined ? [] : [`**Tests**: ${testTally(tests)}.`]),
    ...(dataDiff === undefined ? [] : [`**Data**: ${cell(dataDiff.split("\n")[0]!)}`]),
    ...(environment === undefined
      ? []
      : [
          `**Environment**: [${cell(environment.catalog)}](${environment.url}), job ${cell(environment.result)}, until ${environment.expires}.`,
        ]),
    ...(artifacts === undefined ? [] : [`[Page of the run and all reports](${artifacts})`]),
  ];
  const of = commit === undefined ? "" : ` · ${code(commit.slice(0, 10))}`;
  return {
    head: [`### ${title}${of}${stack}`, ""],
    items: parts.map((part) => `- ${part}`),
    what: "line",
  };
}

function tally({ changes, unchanged, seconds }: Preview): string {
  const by = Map.groupBy(changes, ({ operation }) => operation);
  const words: readonly [string, string][] = [
    ["replace", "replaced"],
    ["delete", "deleted"],
    ["update", "updated"],
    ["import", "imported"],
    ["create", "created"],
    ["other", "touched otherwise"],
  ];
  const parts = words.flatMap(([operation, word]) => {
    const found = by.get(operation as ResourceChange["operation"])?.length ?? 0;
    return found > 0 ? [`${count(found)} ${word}`] : [];
  });
  return `${parts.length > 0 ? `${parts.join(", ")}, ` : "no change, "}${count(unchanged)} unchanged; preview in ${count(seconds)} s`;
}

function policyTally({ violations, exemptions }: Preview): string {
  const mandatory = violations.filter(({ level }) => level === "mandatory").length;
  if (violations.length + exemptions.length === 0) return "no rule is violated";
  return `${mandatory} mandatory and ${plural(violations.length - mandatory, "advisory violation")}, ${plural(exemptions.length, "exemption")}`;
}

function testTally(tests: readonly TestResults[]): string {
  const sum = (of: "passed" | "failed" | "skipped"): number => tests.reduce((total, one) => total + one[of], 0);
  const longest = Math.max(0, ...tests.map(({ seconds }) => seconds));
  const skipped = sum("skipped") > 0 ? `, ${count(sum("skipped"))} skipped` : "";
  const jobs = tests.length > 1 ? `, ${tests.length} jobs side by side` : "";
  return `${count(sum("passed"))} passed, ${count(sum("failed"))} failed${skipped} in ${count(Math.round(longest))} s${jobs}`;
}

function previewSections(preview: Preview): Section[] {
  const errors = preview.errors.map((error) => fenced(clipped(error, MOST_MESSAGE)));
  const lost = preview.changes.filter(({ operation }) => operation === "replace" || operation === "delete");
  const updated = preview.changes.filter(({ operation }) => ["update", "import", "other"].includes(operation));
  return [
    { head: errors.length > 0 ? ["#### Why the preview failed", ""] : [], items: errors, what: "error" },
    table("Replaced and deleted", "| | resource | data it holds | protected | because of |", lost.map(lossRow)),
    violationSection(preview),
    table("Updated", "| resource | properties that change |", updated.map(updateRow)),
  ];
}

function table(title: string, header: string, rows: readonly string[]): Section {
  if (rows.length === 0) return { head: [], items: [], what: "resource" };
  const rule = header.replace(/[^|]+/g, " --- ");
  return { head: [`#### ${title}`, "", header, rule], items: rows, what: "resource" };
}

const named = ({ type, name }: ResourceChange): string => `${cell(type)} ${code(name)}`;

function lossRow(change: ResourceChange): string {
  const { operation, data, isProtected, isRetained, replacedBy } = change;
  const fate = data === undefined ? "none" : isRetained ? `${data}; stays in the workspace` : `**${cell(data)}**`;
  const guard = isProtected ? "yes: the update is refused" : "no";
  const because = operation === "replace" ? replacedBy.map(code).join(", ") : "removed from the program";
  return `| ${operation === "replace" ? "replaced" : "deleted"} | ${named(change)} | ${fate} | ${guard} | ${because} |`;
}

function listed(properties: readonly string[]): string {
  const more = properties.length - MOST_PROPERTIES;
  return `${properties.slice(0, MOST_PROPERTIES).map(code).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const updateRow = (change: ResourceChange): string =>
  `| ${named(change)} | ${listed(change.properties) || "none of its own"} |`;

function createdSection({ changes }: Preview): Section {
  const created = changes.filter(({ operation }) => operation === "create");
  if (created.length === 0) return { head: [], items: [], what: "resource" };
  return {
    head: [`<details><summary>${plural(created.length, "resource")} created</summary>`, ""],
    items: created.map((change) => `- ${named(change)}`),
    foot: ["", "</details>"],
    what: "resource",
  };
}

function violationSection({ violations, exemptions }: Preview): Section {
  const all = [
    ...violations.map((one) => violationRow(one, one.level)),
    ...exemptions.map((one) => violationRow(one, "exempt")),
  ];
  if (all.length === 0) return { head: [], items: [], what: "violation" };
  const header = "| level | rule | resource | what is wrong | how to fix it | ids |";
  return { head: ["#### Policies", "", header, header.replace(/[^|]+/g, " --- ")], items: all, what: "violation" };
}

function violationRow({ rule, urn, message, place }: PlacedViolation, level: string): string {
  const known = ruleOf(rule);
  const name = known === undefined ? code(rule) : `[${cell(rule)}](${known.url})`;
  const resource = urn.split("::").slice(2).join("::");
  const at = place === undefined ? "" : ` at ${code(`${place.file}:${place.line}`)}`;
  const fix = known?.fix ?? "";
  // Most messages end with the rule's own fix, which has a column of its own.
  const wrong = fix !== "" && message.endsWith(fix) ? message.slice(0, -fix.length) : message;
  const ids = idsOf(rule).filter((id) => !id.startsWith("KICS"));
  return `| ${level} | ${name} | ${code(resource)}${at} | ${cell(wrong).trim()} | ${cell(fix)} | ${ids.join(", ")} |`;
}

function testSection(tests: readonly TestResults[]): Section {
  const failures = tests.flatMap((one) => one.failures);
  if (failures.length === 0) return { head: [], items: [], what: "failing test" };
  const first = failures.slice(0, MOST_FAILURES).map(failureText);
  const more = failures.slice(MOST_FAILURES).map(({ suite, title }) => `- ${cell(suite)}: ${cell(title)}`);
  return { head: ["#### Failing tests", ""], items: [...first, ...more], what: "failing test" };
}

function failureText({ suite, title, message, place }: TestFailure): string {
  const at = place === undefined ? "" : ` (${code(`${place.file}:${place.line}`)})`;
  const summary = `<details><summary>${cell(suite)}: ${cell(title)}${at.replaceAll("`", "")}</summary>`;
  return `${summary}\n\n${fenced(clipped(message, MOST_MESSAGE))}\n\n</details>`;
}

/** The tables come whole or not at all: a line of Markdown that is cut off would take what follows with it. */
function dataSection(text: string): Section {
  const [, ...rest] = text.trimEnd().split("\n");
  if (rest.join("").trim() === "") return { head: [], items: [], what: "line" };
  const blocks = rest
    .join("\n")
    .trim()
    .split(/\n{2,}(?=\||<details|#)/);
  return { head: ["#### Data", ""], items: blocks.map((block) => `${block}\n`), what: "part" };
}
