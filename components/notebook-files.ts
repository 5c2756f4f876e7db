/** What a folder of notebooks uploads: a pure plan of files, read from disk. */
import { readdirSync, readFileSync } from "node:fs";
import { join, matchesGlob, relative, sep } from "node:path";

export type NotebookLanguage = "PYTHON" | "SQL" | "SCALA" | "R";

export type UploadPlan = {
  /** Path under the folder, with slashes; a notebook's without its extension, as Databricks names it. */
  path: string;
  content: Buffer;
} & ({ kind: "file" } | { kind: "notebook"; format: "SOURCE" | "JUPYTER"; language: NotebookLanguage });

/** First line of a notebook in source format, by extension: Databricks' "export and import notebooks" documentation. */
const NOTEBOOK_HEADER = {
  ".py": { header: "# Databricks notebook source", language: "PYTHON" },
  ".sql": { header: "-- Databricks notebook source", language: "SQL" },
  ".scala": { header: "// Databricks notebook source", language: "SCALA" },
  ".r": { header: "# Databricks notebook source", language: "R" },
} as const;

const SKIPPED = /(^|\/)(__pycache__|\.[^/]*)(\/|$)|\.pyc$|(^|\/)README\.md$/;

/**
 * Lists what to upload, in a stable order. Files with a notebook header and Jupyter notebooks become notebooks, all
 * others workspace files.
 * @param exclude globs of paths under the folder, for example `tests/**`
 * @throws Error when two files would have the same workspace path, a Jupyter notebook is not valid, a glob excludes
 *   nothing, or the folder has nothing to upload
 */
export function planUploads(folder: string, exclude: readonly string[] = []): UploadPlan[] {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
    .filter((path) => !SKIPPED.test(path));
  const useless = exclude.find((glob) => !paths.some((path) => matchesGlob(path, glob)));
  if (useless !== undefined) throw new Error(`${folder}: the glob '${useless}' excludes nothing; remove or mend it.`);
  const uploads = paths
    .filter((path) => !exclude.some((glob) => matchesGlob(path, glob)))
    .map((path) => planUpload(folder, path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (uploads.length === 0) throw new Error(`${folder} has no notebook and no file to upload.`);
  const twice = uploads.find((upload, at) => uploads[at + 1]?.path === upload.path);
  if (twice) throw new Error(`${folder}: two files would both be uploaded as '${twice.path}'; rename one of them.`);
  return uploads;
}

function planUpload(folder: string, path: string): UploadPlan {
  const content = readFileSync(join(folder, path));
  const extension = path.slice(path.lastIndexOf(".")).toLowerCase();
  const withoutExtension = path.slice(0, -extension.length);
  if (extension === ".ipynb") {
    return {
      path: withoutExtension,
      kind: "notebook",
      format: "JUPYTER",
      language: jupyter(folder, path, content),
      content,
    };
  }
  const format = NOTEBOOK_HEADER[extension as keyof typeof NOTEBOOK_HEADER];
  const firstLine = content.toString("utf8").split("\n", 1)[0]?.trim();
  if (!format || firstLine !== format.header) return { path, kind: "file", content };
  return { path: withoutExtension, kind: "notebook", format: "SOURCE", language: format.language, content };
}

const LANGUAGES: Readonly<Record<string, NotebookLanguage>> = { python: "PYTHON", sql: "SQL", scala: "SCALA", r: "R" };

/** Language of a Jupyter notebook, format 4: https://nbformat.readthedocs.io/en/latest/format_description.html */
function jupyter(folder: string, path: string, content: Buffer): NotebookLanguage {
  const wrong = (reason: string): Error => new Error(`${join(folder, path)} is not a Jupyter notebook: ${reason}.`);
  let notebook: unknown;
  try {
    notebook = JSON.parse(content.toString("utf8"));
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const { nbformat, cells, metadata } = (notebook ?? {}) as {
    nbformat?: unknown;
    cells?: unknown;
    metadata?: { language_info?: { name?: unknown }; kernelspec?: { language?: unknown } };
  };
  if (nbformat !== 4) throw wrong(`nbformat is ${JSON.stringify(nbformat)}, and must be 4`);
  if (!Array.isArray(cells)) throw wrong("it has no list of cells");
  const name = String(metadata?.language_info?.name ?? metadata?.kernelspec?.language ?? "python").toLowerCase();
  const language = LANGUAGES[name];
  if (!language) throw wrong(`its language is '${name}', and Databricks runs ${Object.keys(LANGUAGES).join(", ")}`);
  return language;
}
