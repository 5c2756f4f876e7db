/** Notebooks and files that somebody edited, and objects put beside them: the provider reads their metadata only. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { found, mapped } from "../../api.ts";
import type { Difference } from "../model.ts";
import { type StackResource, type State, text } from "../state.ts";

export async function content(api: WorkspaceApi, state: State): Promise<Difference[]> {
  const objects = state.of("Notebook", "WorkspaceFile");
  return (await mapped(objects, (object) => edited(api, object))).flat();
}

async function edited(api: WorkspaceApi, { type, urn, inputs }: StackResource): Promise<Difference[]> {
  const path = text(inputs, "path");
  const deployed = text(inputs, "contentBase64");
  if (path === undefined || deployed === undefined) return [];
  const notebook = type === "Notebook";
  const format = notebook ? (text(inputs, "format") ?? "SOURCE") : "AUTO";
  const now = await found(api.get<{ content: string }>("/api/2.0/workspace/export", { path, format }));
  if (now === undefined) return []; // deleted, which a refresh sees
  const decoded = [deployed, now.content].map((base64) => Buffer.from(base64, "base64"));
  const [before, after] = decoded.map((bytes) =>
    notebook ? normal(bytes.toString("utf8"), format) : bytes.toString("latin1"),
  );
  if (before === after) return [];
  const [left, right] = firstDifference(before!, after!);
  const language = text(inputs, "language");
  const body = { path, content: deployed, overwrite: true, format, ...(notebook && language ? { language } : {}) };
  return [
    {
      kind: "content",
      object: `${notebook ? "notebook" : "file"} ${path}`,
      property: "content",
      deployed: left,
      workspace: right,
      urn,
      fix: { method: "POST", path: "/api/2.0/workspace/import", body },
    },
  ];
}

/** A notebook comes back with its own ending; of a Jupyter notebook the cells count, since an export renews the metadata. */
function normal(source: string, format: string): string {
  if (format !== "JUPYTER") return source.replace(/[ \t]+$/gm, "").trimEnd();
  const { cells = [] } = JSON.parse(source) as { cells?: { cell_type: string; source: string | string[] }[] };
  return cells.map(({ cell_type, source: lines }) => `${cell_type}\n${[lines].flat().join("")}`).join("\n\n");
}

function firstDifference(before: string, after: string): [string, string] {
  const [left, right] = [before.split("\n"), after.split("\n")];
  const at = left.findIndex((line, index) => line !== right[index]);
  const line = at < 0 ? left.length : at;
  const side = (lines: string[]): string =>
    `line ${line + 1}: ${lines[line] === undefined ? "end of the file" : lines[line].trim()}`;
  return [side(left), side(right)];
}

interface WorkspaceObject {
  readonly path: string;
  readonly object_type: string;
}
/** What Python leaves beside modules that it runs. */
const CACHE = /\/__pycache__(\/|$)/;

export async function objects(api: WorkspaceApi, state: State): Promise<Difference[]> {
  const own = new Set(
    state
      .of("Notebook", "WorkspaceFile")
      .flatMap(({ inputs }) => text(inputs, "path") ?? [])
      .map(canonical),
  );
  const folders = state.of("Directory").flatMap(({ inputs }) => text(inputs, "path") ?? []);
  const roots = folders.filter((path) => [...own].some((file) => file.startsWith(`${canonical(path)}/`)));
  const top = roots.filter((path) => !roots.some((other) => other !== path && path.startsWith(`${other}/`)));
  const all = (await mapped(top, (path) => below(api, path))).flat();
  const extra = all.filter(
    ({ path, object_type }) => object_type !== "DIRECTORY" && !own.has(canonical(path)) && !CACHE.test(path),
  );
  return extra.map(({ path, object_type }) => ({
    kind: "object",
    object: `${object_type.toLowerCase()} ${path}`,
    property: "exists",
    deployed: "no",
    workspace: "yes",
    fix: { byHand: "somebody's work: move it out of the stack's folder, or add it to the program" },
  }));
}

const canonical = (path: string): string => path.replace(/^\/Workspace(?=\/)/, "");

async function below(api: WorkspaceApi, path: string): Promise<WorkspaceObject[]> {
  const answer = await found(api.get<{ objects?: WorkspaceObject[] }>("/api/2.0/workspace/list", { path }));
  const here = answer?.objects ?? [];
  const folders = here.filter(({ object_type }) => object_type === "DIRECTORY");
  return [...here, ...(await mapped(folders, (folder) => below(api, folder.path))).flat()];
}
