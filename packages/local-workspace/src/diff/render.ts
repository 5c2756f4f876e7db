/** A comparison as text for a terminal, Markdown for a pull request, JSON for programs, or one page of HTML. */
import type { CatalogDiff, DatasetDiff, RowSample } from "./model.ts";

export const FORMATS = ["text", "markdown", "json", "html"] as const;
export type Format = (typeof FORMATS)[number];

export function render(diff: CatalogDiff, format: Format): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(diff, null, 2)}\n`;
    case "markdown":
      return markdown(diff);
    case "html":
      return html(diff);
    case "text":
      return text(diff);
  }
}

const count = (value: number): string => value.toLocaleString("en-US");
const shown = (value: string | null): string => (value === null ? "null" : value);

export function headline(diff: CatalogDiff): string {
  if (diff.same) {
    return `The data is the same: ${count(diff.datasets.length)} datasets, ${count(diff.rowsCompared)} rows compared.`;
  }
  const by = (status: string): number => diff.datasets.filter((dataset) => dataset.status === status).length;
  const parts = (["changed", "renamed", "added", "removed"] as const)
    .map((status) => [by(status), status] as const)
    .filter(([number]) => number > 0)
    .map(([number, status]) => `${number} ${status}`);
  const expectations = diff.expectations.length;
  if (expectations > 0) parts.push(`${expectations} expectation${expectations === 1 ? "" : "s"} counted differently`);
  return `The data differs: of ${diff.datasets.length} datasets ${parts.join(", ")} (${count(diff.rowsCompared)} rows compared).`;
}

/** What has changed in a dataset, a sentence each. */
function findings(dataset: DatasetDiff): string[] {
  const found: string[] = [];
  if (dataset.previousName) found.push(`renamed from ${dataset.previousName}`);
  if (dataset.kindChanged) found.push(`was a ${dataset.kindChanged.before}, is a ${dataset.kindChanged.after}`);
  if (dataset.keyChanged) {
    found.push(`key (${dataset.keyChanged.before}) is now (${dataset.keyChanged.after})`);
  }
  if (dataset.commentChanged) found.push(`comment is now "${dataset.commentChanged.after}"`);
  for (const { name, change, before = "", after = "" } of dataset.columns) {
    if (change === "added") found.push(`column ${name} ${after} added`);
    if (change === "removed") found.push(`column ${name} ${before} removed`);
    if (change === "renamed") found.push(`column ${before} renamed to ${after}, same values`);
    if (change === "type") found.push(`column ${name} was ${before}, is ${after}`);
    if (change === "comment") found.push(`column ${name}: comment is now "${after}"`);
  }
  for (const [column, rows] of Object.entries(dataset.changedColumns)) {
    found.push(`column ${column} differs in ${count(rows)} row${rows === 1 ? "" : "s"}`);
  }
  for (const { column, before, after } of dataset.totals) {
    found.push(`total of ${column}: ${shown(before)} → ${shown(after)}`);
  }
  if (dataset.note) found.push(dataset.note);
  return found;
}

function rowsOf({ rows }: DatasetDiff): string {
  return `${count(rows.before)} → ${count(rows.after)} rows: ${count(rows.added)} added, ${count(rows.removed)} removed, ${count(rows.changed)} changed`;
}

function sampleOf({ change, key, columns = {} }: RowSample): string {
  const named = Object.entries(key).map(([name, value]) => `${name}=${shown(value)}`);
  const values = Object.entries(columns).map(
    ([name, { before, after }]) => `${name}: ${shown(before)} → ${shown(after)}`,
  );
  return `${change} ${named.join(", ")}${values.length > 0 ? `  ${values.join("; ")}` : ""}`;
}

function expectationOf(each: CatalogDiff["expectations"][number]): string {
  const side = (counts: { passed: number; failed: number } | undefined): string =>
    counts ? `${count(counts.passed)} passed, ${count(counts.failed)} failed` : "not there";
  return `${each.dataset} ${each.name}: ${side(each.before)} → ${side(each.after)}`;
}

const changedOnes = (diff: CatalogDiff): DatasetDiff[] => diff.datasets.filter(({ status }) => status !== "same");

function text(diff: CatalogDiff): string {
  const lines = [headline(diff)];
  for (const dataset of changedOnes(diff)) {
    lines.push("", `${dataset.name}  ${dataset.status}  ${rowsOf(dataset)}`);
    for (const finding of findings(dataset)) lines.push(`  ${finding}`);
    for (const sample of dataset.samples) lines.push(`    ${sampleOf(sample)}`);
  }
  if (diff.expectations.length > 0) lines.push("", "Expectations");
  for (const each of diff.expectations) lines.push(`  ${expectationOf(each)}`);
  return `${lines.join("\n")}\n`;
}

const cell = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("|", "\\|").replaceAll("\n", " ");

function markdown(diff: CatalogDiff): string {
  const lines = [headline(diff)];
  const changed = changedOnes(diff);
  if (changed.length > 0) {
    lines.push("", "| dataset | | rows before | after | added | removed | changed | what |");
    lines.push("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |");
    for (const dataset of changed) {
      const { rows } = dataset;
      const figures = [rows.before, rows.after, rows.added, rows.removed, rows.changed].map(count);
      const what = findings(dataset).map(cell).join("<br>");
      lines.push(`| \`${cell(dataset.name)}\` | ${dataset.status} | ${figures.join(" | ")} | ${what} |`);
    }
  }
  for (const dataset of changed.filter(({ samples }) => samples.length > 0)) {
    lines.push("", `<details><summary>Rows of ${cell(dataset.name)}</summary>`, "");
    for (const sample of dataset.samples) lines.push(`- ${cell(sampleOf(sample))}`);
    lines.push("", "</details>");
  }
  if (diff.expectations.length > 0) {
    lines.push("", "| expectation | before | after |", "| --- | --- | --- |");
    for (const each of diff.expectations) {
      const [name, counts] = expectationOf(each).split(": ");
      const [before, after] = counts!.split(" → ");
      lines.push(`| \`${cell(name!)}\` | ${before} | ${after} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const escaped = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:1.6rem 0 .3rem}code,td,th{font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d0d7de;padding:.3rem .6rem;text-align:left}
.n{text-align:right}.s{border-radius:.6rem;padding:0 .5rem;background:#ddf4ff}.removed{background:#ffebe9}.added{background:#dafbe1}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}td,th{border-color:#30363d}.s{background:#1f3a5f}.removed{background:#5d1f1f}.added{background:#1f4d2b}}`;

function html(diff: CatalogDiff): string {
  const rows = diff.datasets.map((dataset) => {
    const { before, after, added, removed, changed } = dataset.rows;
    const figures = [before, after, added, removed, changed]
      .map((each) => `<td class="n">${count(each)}</td>`)
      .join("");
    return `<tr><td><a href="#${escaped(dataset.name)}">${escaped(dataset.name)}</a></td><td><span class="s ${dataset.status}">${dataset.status}</span></td>${figures}</tr>`;
  });
  const details = changedOnes(diff).map((dataset) => {
    const found = findings(dataset).map((finding) => `<li>${escaped(finding)}</li>`);
    const samples = dataset.samples.map((sample) => `<li><code>${escaped(sampleOf(sample))}</code></li>`);
    const shownSamples = samples.length > 0 ? `<p>Some of the rows:</p><ul>${samples.join("")}</ul>` : "";
    return `<h2 id="${escaped(dataset.name)}">${escaped(dataset.name)}</h2><p>${escaped(rowsOf(dataset))}</p><ul>${found.join("")}</ul>${shownSamples}`;
  });
  const expectations = diff.expectations.map((each) => `<li>${escaped(expectationOf(each))}</li>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Data diff: ${escaped(diff.before)} and ${escaped(diff.after)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(headline(diff))}</h1><p>${escaped(diff.before)} → ${escaped(diff.after)}</p>
<table><thead><tr><th>dataset</th><th></th><th class="n">rows before</th><th class="n">after</th><th class="n">added</th><th class="n">removed</th><th class="n">changed</th></tr></thead><tbody>${rows.join("")}</tbody></table>
${details.join("\n")}${expectations.length > 0 ? `<h2>Expectations</h2><ul>${expectations.join("")}</ul>` : ""}
</body></html>
`;
}
