/** The one place that makes physical names. Every name is explicit, since autonaming would append a random suffix. */
import * as pulumi from "@pulumi/pulumi";

/** Names of a stack's resources. Components take any object of this shape. */
export interface Naming {
  /** Name of a Unity Catalog catalog, for example olist_dev or olist_pr_123; with a key, one of several catalogs. */
  catalog(key?: string): string;
  /** Workspace folder for what the stack uploads; with a key, a folder in it. */
  folder(key?: string): string;
  /** Display name of a pipeline or job, for example "olist_dev medallion". */
  display(key: string): string;
}

/** What identifies a stack's resources on a shared workspace. */
export interface NameParts {
  /** Short project name, `^[a-z][a-z0-9_]*$`. */
  readonly project: string;
  readonly environment: string;
  /** Set for ephemeral stacks only. */
  readonly suffix?: string | undefined;
  /** Workspace folder above the stacks' folders. Default `/Workspace/<project>`. */
  readonly codeRoot?: string | undefined;
}

const BASE = /^[a-z][a-z0-9_]{0,62}$/;

/** Ephemeral pull request stacks are named by their suffix alone (olist_pr_123), others by environment, then suffix. */
export function names(parts: NameParts): Naming {
  const { project, environment, suffix } = parts;
  const stack = suffix?.startsWith(`${environment}_`) ? suffix : [environment, ...(suffix ? [suffix] : [])].join("_");
  const base = checked(`${project}_${stack}`);
  const root = workspacePath(parts.codeRoot ?? `/Workspace/${project}`);
  return {
    catalog: (key) => (key === undefined ? base : checked(`${base}_${key}`)),
    folder: (key) => [root, stack, ...(key === undefined ? [] : [key])].join("/"),
    display: (key) => `${base} ${key}`,
  };
}

/** Names made of Pulumi's project and stack: what components use unless they are given a `naming`. */
export function stackNaming(): Naming {
  const part = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  return names({ project: part(pulumi.getProject()), environment: part(pulumi.getStack()) });
}

/** A workspace path as the API reports it: `/Workspace/x` and `/x` are the same folder. */
export function workspacePath(path: string): string {
  return path.replace(/^\/Workspace(?=\/)/, "").replace(/\/+$/, "");
}

function checked(base: string): string {
  if (!BASE.test(base)) {
    throw new Error(`The name '${base}' made of project, environment and suffix must match ${BASE.source}.`);
  }
  return base;
}
