/** The one place that makes physical names. Every name is explicit, since autonaming would append a random suffix. */

/** What identifies a stack's resources on a shared workspace. */
export interface Naming {
  /** Short project name, `^[a-z][a-z0-9_]*$`. */
  readonly project: string;
  readonly environment: string;
  /** Set for ephemeral stacks only. */
  readonly suffix?: string | undefined;
}

export interface Names {
  /** Unity Catalog catalog, for example olist_dev or olist_pr_123. */
  readonly catalog: string;
  /** Workspace folder that holds everything the stack uploads; never a person's folder. */
  readonly workspaceRoot: string;
  /** Display name of a pipeline or job, for example "olist_dev medallion". */
  display(what: string): string;
}

/** Ephemeral pull request stacks are named by their suffix alone (olist_pr_123), others by environment, then suffix. */
export function names(naming: Naming): Names {
  const { project, environment, suffix } = naming;
  const parts = suffix?.startsWith(`${environment}_`)
    ? [project, suffix]
    : [project, environment, ...(suffix ? [suffix] : [])];
  const base = parts.join("_");
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(base)) {
    throw new Error(`The name '${base}' made of project, environment and suffix must match ^[a-z][a-z0-9_]{0,62}$.`);
  }
  return { catalog: base, workspaceRoot: `/Shared/${base}`, display: (what) => `${base} ${what}` };
}
