/** The page of a run: one file of HTML that opens from disk and fetches nothing. */
import { type GraphNode, HEIGHT, layoutOf, WIDTH } from "lakehouse-local-workspace/graph";
import { html } from "../../markup.ts";
import { CDC_COLUMNS } from "../summary.ts";
import type { PipelinePart, RunReport } from "./model.ts";

const count = (value: number): string => value.toLocaleString("en-US");

const STYLE = `:root{color-scheme:light dark;--back:light-dark(#f6f7f9,#15181d);--card:light-dark(#fff,#1e2229);--text:light-dark(#1c2430,#e6e9ee);--soft:light-dark(#5d6b7e,#9aa6b6);--line:light-dark(#dfe4ea,#333a45);--good:light-dark(#1b7f4b,#5fd39a);--bad:light-dark(#c0362c,#ff8a80);--wait:light-dark(#9a6700,#f2c14e)}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--text);font:14px/1.5 system-ui,sans-serif}main{max-width:1500px;margin:1.5rem auto;padding:0 1.5rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.3rem 0}.soft{color:var(--soft)}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem;overflow:auto}
ul{margin:0;padding-left:1.2rem}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}td,th{border-bottom:1px solid var(--line);padding:.25rem .6rem;text-align:left;white-space:nowrap}.n{text-align:right}.bad{color:var(--bad);font-weight:600}
svg{display:block}svg path{fill:none;stroke:var(--line);stroke-width:1.5}svg rect{fill:var(--back);stroke:var(--line)}svg rect.good{stroke:var(--good)}svg rect.bad{stroke:var(--bad)}svg rect.wait{stroke:var(--wait)}svg text{fill:var(--text);font-size:12px}svg text.sub{fill:var(--soft);font-size:11px}
iframe{width:100%;height:40rem;border:1px solid var(--line);border-radius:8px;background:#fff}details summary{cursor:pointer;margin:.6rem 0}`;

/** Nothing but what is in the file may load, whatever names and values hold. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export function page(report: RunReport): string {
  const seconds = report.tasks.reduce((sum, task) => sum + task.seconds, 0);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><title>Run on ${html(report.catalog)}</title><style>${STYLE}</style></head>
<body><main><h1>Run on ${html(report.catalog)}</h1><p class="soft">ended ${html(report.ended)}, ${seconds.toFixed(1)} s in all</p>
<h2>Figures</h2><div class="card"><ul>${report.figures.map((line) => `<li>${html(line.trim())}</li>`).join("")}</ul></div>
<h2>Tasks</h2><div class="card">${table(
    ["task", "result", "seconds"],
    report.tasks.map(({ name, result, seconds: spent }) => [name, result, spent.toFixed(1)]),
  )}</div>
${report.pipelines.map(pipeline).join("\n")}
${report.changes.length > 0 ? `<h2>Change events, all batches</h2><div class="card">${table(CDC_COLUMNS, report.changes)}</div>` : ""}
${report.dataDiff === undefined ? "" : `<h2>Data diff</h2><iframe sandbox title="Data diff" srcdoc="${html(report.dataDiff)}"></iframe>`}
</main></body></html>
`;
}

function pipeline({ name, nodes, results, expectations }: PipelinePart): string {
  const rows = results.map((one) => [one.dataset, ...[one.rows, one.dropped, one.passed, one.failed].map(count)]);
  const rules = expectations.map((one) => [
    one.dataset,
    one.name,
    count(one.passed_records),
    count(one.failed_records),
  ]);
  return `<h2>Pipeline ${html(name)}</h2><div class="card">${graph(nodes)}</div>
<details open><summary>Rows written by ${html(name)}</summary><div class="card">${table(["dataset", "rows", "dropped", "passed", "failed"], rows)}</div></details>
<details><summary>Data quality of ${html(name)}: ${rules.length} expectations</summary><div class="card">${table(["dataset", "expectation", "passed", "failed"], rules, 2)}</div></details>`;
}

/** @param texts columns on the left that are no numbers; by default the first, and words in any */
function table(header: readonly string[], rows: readonly (readonly string[])[], texts = 1): string {
  const isNumber = (at: number): boolean => at >= texts && rows.every((row) => /^[\d.,]*$/.test(row[at] ?? ""));
  const cell = (tag: string, value: string, at: number): string => {
    const failed = tag === "td" && header[at] === "failed" && value !== "0";
    return `<${tag} class="${isNumber(at) ? "n" : ""}${failed ? " bad" : ""}">${html(value)}</${tag}>`;
  };
  const line = (tag: string, values: readonly string[]): string =>
    `<tr>${values.map((value, at) => cell(tag, value, at)).join("")}</tr>`;
  return `<table><thead>${line("th", header)}</thead><tbody>${rows.map((row) => line("td", row)).join("")}</tbody></table>`;
}

function graph(nodes: readonly GraphNode[]): string {
  const { width, height, place, lines } = layoutOf(nodes);
  const short = (text: string): string => (text.length > 29 ? `${text.slice(0, 28)}…` : text);
  const boxes = nodes.map(({ id, label, detail, mood }) => {
    const { x, y } = place.get(id)!;
    const title = `<title>${html(`${label}: ${detail}`)}</title>`;
    const texts = `<text x="10" y="17">${html(short(label))}</text><text x="10" y="33" class="sub">${html(short(detail))}</text>`;
    return `<g transform="translate(${x} ${y})">${title}<rect width="${WIDTH}" height="${HEIGHT}" rx="6" class="${mood}"/>${texts}</g>`;
  });
  const paths = lines.map((d) => `<path d="${d}"/>`);
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">${paths.join("")}${boxes.join("")}</svg>`;
}
