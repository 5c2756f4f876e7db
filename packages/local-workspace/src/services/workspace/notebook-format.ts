/** Notebooks are kept in source format; here other forms are turned into it and back, and content is recognised. */
import { invalid } from "../../core/errors.ts";
import { environmentBlock, splitEnvironment } from "./notebook-environment.ts";
import type { Language } from "./store.ts";

const COMMENT: Record<Language, string> = { PYTHON: "#", SQL: "--", SCALA: "//", R: "#" };
export const EXTENSION: Record<Language, string> = { PYTHON: ".py", SQL: ".sql", SCALA: ".scala", R: ".r" };

const header = (language: Language): string => `${COMMENT[language]} Databricks notebook source`;
const separator = (language: Language): string => `${COMMENT[language]} COMMAND ----------`;

export function languageOfName(path: string): Language | undefined {
  const name = path.toLowerCase();
  return (Object.keys(EXTENSION) as Language[]).find((language) => name.endsWith(EXTENSION[language]));
}

/** A file is a notebook when its first line is the header of its extension's language. */
export function isNotebookSource(path: string, content: Buffer): boolean {
  const language = languageOfName(path);
  if (!language) return false;
  const end = content.indexOf("\n");
  const first = content
    .subarray(0, end < 0 ? content.length : end)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  return first.trimEnd() === header(language);
}

/** Source with the header that an export carries. */
export function withHeader(language: Language, source: string): string {
  const plain = source.replace(/^\uFEFF/, "");
  return plain.trimStart().startsWith(header(language)) ? plain : `${header(language)}\n${plain}`;
}

interface Cell {
  cell_type: string;
  source: string | string[];
}

const LANGUAGES: Record<string, Language> = { python: "PYTHON", sql: "SQL", scala: "SCALA", r: "R" };

interface Metadata {
  language_info?: { name?: string };
  kernelspec?: { language?: string };
  "application/vnd.databricks.v1+notebook"?: { environmentMetadata?: unknown };
}

/** An .ipynb document as a notebook in source format; outputs are left behind. */
export function fromJupyter(content: Buffer): { language: Language; source: string } {
  let document: { cells?: Cell[]; metadata?: Metadata };
  try {
    document = JSON.parse(content.toString("utf8")) as typeof document;
  } catch (error) {
    throw invalid(`The content is not a Jupyter notebook: ${(error as Error).message}`);
  }
  if (!Array.isArray(document.cells)) throw invalid("The content is not a Jupyter notebook: it has no 'cells'.");
  const named = document.metadata?.language_info?.name ?? document.metadata?.kernelspec?.language ?? "python";
  const language = LANGUAGES[named.toLowerCase()] ?? "PYTHON";
  const magic = `${COMMENT[language]} MAGIC `;
  const cells = document.cells.map(({ cell_type, source }) => {
    const text = Array.isArray(source) ? source.join("") : (source ?? "");
    const lines = cell_type === "markdown" ? `%md\n${text}` : text;
    if (!/^%[a-z]/.test(lines)) return lines;
    return lines
      .split("\n")
      .map((line) => `${magic}${line}`.trimEnd())
      .join("\n");
  });
  const own = document.metadata?.["application/vnd.databricks.v1+notebook"];
  const top = `${header(language)}\n${environmentBlock(COMMENT[language], own?.environmentMetadata)}`;
  return { language, source: `${top}${cells.join(`\n\n${separator(language)}\n\n`)}\n` };
}

export function toJupyter(language: Language, source: string): string {
  const mark = COMMENT[language];
  const below = withHeader(language, source).split("\n").slice(1).join("\n");
  const { environmentMetadata, body } = splitEnvironment(mark, below);
  const parts = body
    .split(new RegExp(`^${mark} COMMAND -+[ \\t]*$`, "m"))
    .map((part) => part.replace(/^\n+|\s+$/g, ""));
  const lines = (text: string) => text.split(/(?<=\n)/);
  const cells = parts.map((part) => {
    const plain = part.replaceAll(new RegExp(`^${mark} MAGIC ?`, "gm"), "");
    const markdown = part.startsWith(`${mark} MAGIC %md`);
    return markdown
      ? { cell_type: "markdown", metadata: {}, source: lines(plain.replace(/^%md[ \t]*\n?/, "")) }
      : { cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: lines(plain) };
  });
  const own = environmentMetadata && { "application/vnd.databricks.v1+notebook": { environmentMetadata } };
  const metadata = { language_info: { name: language.toLowerCase() }, ...own };
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 0 }, null, 1);
}
