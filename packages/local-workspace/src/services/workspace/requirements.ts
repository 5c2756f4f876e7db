/**
 * Lines of requirements files as a job's or a pipeline's environment has them: what they name in the workspace or in a volume
 * becomes its place on this disk, where the engine installs it from.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { notFound } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import { resolveVolumePath } from "../files/paths.ts";
import { mirror, mirrored } from "./mirror.ts";
import { workspaceTree } from "./tree.ts";

/** Where files are read from, and as whom. */
export interface Place {
  context: Context;
  principal: Principal;
}

export const requirements = (place: Place, lines: readonly string[]): string[] =>
  lines.flatMap((line) => requirement(place, line, []));

const OWN_PATH = /^(?:dbfs:)?\/(?:Workspace|Volumes|Users|Shared|Repos)\//;

/** `x.whl[train]`: a path, and the extras of what is there. */
const EXTRAS = /^(.+?)\s*(\[[\w.,\s-]*\])$/;

/** One line of a requirements file; `-r` brings the lines of another. `within`: the files that brought this line. */
function requirement(place: Place, given: string, within: readonly string[]): string[] {
  const line = given.replace(/(^|\s)#.*$/, "").trim();
  if (line === "") return [];
  const [, option, value = ""] = /^(-r|--requirement|-e|--editable)(?:\s+|=)(.+)$/.exec(line) ?? [];
  const path = option ? value.trim() : line;
  // A path in a requirements file is relative to it.
  const beside = within.length > 0 && (option || /^\.{0,2}\//.test(path)) && !posix.isAbsolute(path);
  const full = beside ? posix.join(posix.dirname(within.at(-1)!), path) : path;
  if (option?.startsWith("-r") || option?.startsWith("--r")) {
    if (within.includes(full)) return [];
    return content(place, full, "Requirements file")
      .toString("utf8")
      .split(/\r?\n/)
      .flatMap((each) => requirement(place, each, [...within, full]));
  }
  if (!OWN_PATH.test(full)) return [line];
  const [, bare = full, extras = ""] = EXTRAS.exec(full) ?? [];
  if (bare.endsWith(".whl")) return [wheel(place, bare) + extras];
  return [`${option ? "-e " : ""}${project(place, bare)}${extras}`];
}

/** A folder with a Python project. */
function project({ context, principal }: Place, path: string): string {
  if (/^(?:dbfs:)?\/Volumes\//.test(path)) {
    const { file } = resolveVolumePath(context, principal, path.replace(/^dbfs:/, ""), "READ_VOLUME");
    if (existsSync(file)) return file;
  } else {
    workspaceTree(context).requireRead(context, principal, path);
    mirror(context, path);
    if (existsSync(mirrored(context, path))) return mirrored(context, path);
  }
  throw notFound(`The dependency ${path} does not exist. It must be a file or folder of the workspace or of a volume.`);
}

/** Under its content's own folder, so that a wheel that changes under its name is another one. */
function wheel(place: Place, path: string): string {
  const bytes = content(place, path, "Wheel");
  const base = join(place.context.dataDir, "wheels", createHash("sha256").update(bytes).digest("hex"));
  const file = join(base, posix.basename(path));
  if (!existsSync(file)) {
    mkdirSync(base, { recursive: true });
    writeFileSync(file, bytes);
  }
  return file;
}

function content({ context, principal }: Place, path: string, what: string): Buffer {
  if (/^(?:dbfs:)?\/Volumes\//.test(path)) {
    const { file } = resolveVolumePath(context, principal, path.replace(/^dbfs:/, ""), "READ_VOLUME");
    if (existsSync(file)) return readFileSync(file);
  } else {
    workspaceTree(context).requireRead(context, principal, path);
    const found = workspaceTree(context).read(context, path);
    if (found) return found.content;
  }
  throw notFound(`${what} ${path} does not exist. It must be a file of the workspace or of a volume.`);
}
