/** The measurements as one self-contained page: a bar for each command, by copies and latency. */
import { html } from "../../scripts/markup.ts";
import { type Measured, ratio } from "./table.ts";

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2933}
h2{font-size:1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}td{padding:.15rem .5rem;white-space:nowrap}
td.bar{width:50%}td.bar div{background:#3266a8;height:1rem;border-radius:2px}td.number{text-align:right;font-variant-numeric:tabular-nums}`;

export function page(rows: readonly Measured[]): string {
  const groups = Map.groupBy(rows, ({ copies, latency }) => `${copies} × the resources, ${latency} ms a request`);
  const sections = [...groups].map(([title, group]) => {
    const longest = Math.max(...group.map(({ seconds }) => seconds));
    const lines = group.map(
      (row) =>
        `<tr><td>${html(row.command)}</td><td class="bar"><div style="width:${((100 * row.seconds) / longest).toFixed(1)}%"></div></td>` +
        `<td class="number">${row.seconds.toFixed(2)} s</td><td class="number">${row.requests} requests</td><td>${html(ratio(row, rows))}</td></tr>`,
    );
    return `<h2>${html(title)}</h2><table>${lines.join("")}</table>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Deploys</title><style>${STYLE}</style><h1>Deploys</h1>${sections.join("")}</html>\n`;
}
