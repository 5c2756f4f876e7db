/**
 * A notebook as an HTML page: its cells, and what a run of it left. Beside what a person reads, the page holds the notebook
 * as data in `__DATABRICKS_NOTEBOOK_MODEL` (base64 of percent-encoded JSON), which is where tools take the cells from.
 */
import { toJupyter } from "./notebook-format.ts";
import type { Language } from "./store.ts";

/** What is shown below the cells. */
export interface Outcome {
  logs?: string;
  result?: string;
  error?: string;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export function toHtml(path: string, language: Language, source: string, outcome: Outcome = {}): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const notebook = JSON.parse(toJupyter(language, source)) as { cells: { cell_type: string; source: string[] }[] };
  const cells = notebook.cells.map((cell) => {
    const text = cell.source.join("");
    return cell.cell_type === "markdown" ? `%md\n${text}` : text;
  });
  const model = {
    version: "NotebookV1",
    name,
    language: language.toLowerCase(),
    commands: cells.map((command, index) => ({
      version: "CommandV1",
      position: index + 1,
      command,
      state: outcome.error && index === cells.length - 1 ? "error" : "finished",
      ...(outcome.error && index === cells.length - 1 ? { errorSummary: escaped(outcome.error) } : {}),
    })),
  };
  const parts = (["logs", "result", "error"] as const).flatMap((key) =>
    outcome[key] ? [`<h2>${key}</h2>\n<pre class="${key}">${escaped(outcome[key])}</pre>`] : [],
  );
  return [
    "<!DOCTYPE html>",
    `<html><head><meta charset="utf-8"><title>${escaped(name)}</title></head><body>`,
    `<h1>${escaped(path)}</h1>`,
    ...cells.map((cell) => `<pre class="cell">${escaped(cell)}</pre>`),
    ...parts,
    `<script>var __DATABRICKS_NOTEBOOK_MODEL = '${Buffer.from(encodeURIComponent(JSON.stringify(model))).toString("base64")}';</script>`,
    "</body></html>",
    "",
  ].join("\n");
}
