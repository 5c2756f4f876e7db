/** What a folder of notebooks uploads: a pure plan of files, read from disk. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface UploadPlan {
  /** Path under the folder, with slashes; a notebook's without its extension, as Databricks names it. */
  path: string;
  kind: "notebook" | "file";
  language?: "PYTHON" | "SQL" | "SCALA" | "R";
  content: Buffer;
}

/** First line of a notebook in source format, by extension: Databricks' "export and import notebooks" documentation. */
const NOTEBOOK_HEADER = {
  ".py": { header: "# Databricks notebook source", language: "PYTHON" },
  ".sql": { header: "-- Databricks notebook source", language: "SQL" },
  ".scala": { header: "// Databricks notebook source", language: "SCALA" },
  ".r": { header: "# Databricks notebook source", language: "R" },
} as const;

const SKIPPED = /(^|\/)(__pycache__|\.[^/]*)(\/|$)|\.pyc$|(^|\/)README\.md$/;

/**
 * Lists what to upload, in a stable order. Files with a notebook header become notebooks, all others workspace files.
 * @throws Error when two files would have the same workspace path, or the folder has nothing to upload
 */
export function planUploads(folder: string): UploadPlan[] {
  const uploads = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll("\\", "/").replace(/^\//, ""))
    .filter((path) => !SKIPPED.test(path))
    .map((path) => planUpload(path, readFileSync(join(folder, path))))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (uploads.length === 0) throw new Error(`${folder} has no notebook and no file to upload.`);
  const twice = uploads.find((upload, at) => uploads[at + 1]?.path === upload.path);
  if (twice) throw new Error(`${folder}: two files would both be uploaded as '${twice.path}'; rename one of them.`);
  return uploads;
}

function planUpload(path: string, content: Buffer): UploadPlan {
  const extension = path.slice(path.lastIndexOf(".")).toLowerCase();
  const format = NOTEBOOK_HEADER[extension as keyof typeof NOTEBOOK_HEADER];
  const firstLine = content.toString("utf8").split("\n", 1)[0]?.trim();
  if (!format || firstLine !== format.header) return { path, kind: "file", content };
  return { path: path.slice(0, -extension.length), kind: "notebook", language: format.language, content };
}
