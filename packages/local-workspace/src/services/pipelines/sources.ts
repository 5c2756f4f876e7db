/** A pipeline's source code, taken from the workspace's tree: libraries expanded, and the files beside them. */

import { posix } from "node:path";
import { ApiError, notFound } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { type WorkspaceObject, workspaceTree } from "../workspace/tree.ts";
import type { Library, PipelineSettings } from "./schemas.ts";

export interface Source {
  path: string;
  kind: "notebook" | "file";
  language: "PYTHON" | "SQL";
  content: string;
}

const isSource = ({ language }: WorkspaceObject): boolean => language === "PYTHON" || language === "SQL";

function expand(context: Context, library: Library): WorkspaceObject[] {
  const tree = workspaceTree(context);
  if (library.glob) {
    const { include } = library.glob;
    const folder = /^(.*)\/\*\*$/.exec(include)?.[1];
    if (folder !== undefined) {
      if (!tree.isDirectory(context, folder || "/"))
        throw notFound(`The folder of the pipeline's glob '${include}' does not exist.`);
      const found = tree.below(context, folder || "/").filter(isSource);
      if (found.length === 0) throw notFound(`The pipeline's glob '${include}' matches no Python or SQL source.`);
      return found;
    }
    return [one(context, include, "source")];
  }
  if (library.notebook) return [one(context, library.notebook.path, "notebook")];
  return [one(context, library.file?.path ?? "", "file")];
}

function one(context: Context, path: string, kind: "notebook" | "file" | "source"): WorkspaceObject {
  const object = workspaceTree(context).read(context, path);
  if (!object) throw notFound(`The pipeline's ${kind} '${path}' does not exist in the workspace.`);
  if (kind !== "source" && object.kind !== kind) {
    throw new ApiError("INVALID_PARAMETER_VALUE", `'${path}' is a ${object.kind}; the pipeline lists it as a ${kind}.`);
  }
  if (!isSource(object))
    throw new ApiError("INVALID_PARAMETER_VALUE", `The pipeline's ${kind} '${path}' is neither Python nor SQL.`);
  return object;
}

const RUN = /^(?:#|--) MAGIC %run[ \t]+(?:"([^"]+)"|'([^']+)'|(.+?))[ \t]*(?:\$.*)?$/gm;

/** The notebooks that the sources include by %run, wherever they are, and those that these include. */
function included(context: Context, sources: readonly WorkspaceObject[], known: Set<string>): WorkspaceObject[] {
  const found: WorkspaceObject[] = [];
  const waiting = [...sources];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    for (const [, double, single, bare] of source.content.toString("utf8").matchAll(RUN)) {
      const path = canonical(posix.resolve(posix.dirname(source.path), double ?? single ?? bare!));
      const notebook = known.has(path) ? undefined : workspaceTree(context).read(context, path);
      if (!notebook) continue; // the engine names the line that asks for what is not there
      known.add(path);
      found.push(notebook);
      waiting.push(notebook);
    }
  }
  return found;
}

/** @throws ApiError that names what is missing */
export function pipelineSources(
  context: Context,
  settings: PipelineSettings,
): { sources: Source[]; files: { path: string; content: string }[]; rootPath: string } {
  const libraries = settings.libraries ?? [];
  const found = new Map(
    libraries.flatMap((library) => expand(context, library)).map((object) => [object.path, object]),
  );
  if (found.size === 0) throw notFound("The pipeline has no source: set libraries to its notebooks and files.");
  const sorted = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const rootPath = canonical(settings.root_path ?? posix.dirname(sorted[0]!.path));
  const beside = workspaceTree(context)
    .below(context, rootPath)
    .filter((object) => object.kind === "file" && !found.has(object.path));
  const files = [
    ...beside,
    ...included(context, sorted, new Set([...found.keys(), ...beside.map(({ path }) => path)])),
  ].map(({ path, content }) => ({ path, content: content.toString("base64") }));
  const sources = sorted.map(({ path, kind, language, content }) => ({
    path,
    kind,
    language: language as Source["language"],
    content: content.toString("utf8"),
  }));
  return { sources, files, rootPath };
}
