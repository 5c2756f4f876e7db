/** What an update may have made without hearing of it. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import type { Values } from "../drift/state.ts";

/** An object of the workspace with the name that the program gives. */
export interface Match {
  /** As `pulumi import` takes it. */
  readonly id: string;
  /** Whether it carries the marks of the stack: its name on the catalog, its tags, its text. */
  readonly ours: boolean;
  /** What would be lost with it; undefined when nothing would. */
  readonly holds?: string | undefined;
}

export interface Kind {
  find(api: WorkspaceApi, inputs: Values, known: Known): Promise<Match[]>;
  remove(api: WorkspaceApi, id: string): Promise<unknown>;
  /** Whether the workspace takes a second object of the same name. */
  readonly repeats?: boolean;
  /** Why `pulumi import` cannot take it. */
  readonly noImport?: string;
}

/** Workspace paths of the stack's own objects: in its state or made by the next update. */
export interface Known {
  readonly paths: ReadonlySet<string>;
}

/** A resource that the next update would create. */
export interface Wanted {
  readonly urn: string;
  readonly type: string;
  /** "Schema" for databricks:index/schema:Schema. */
  readonly kind: string;
  readonly parent: string | undefined;
  readonly provider: string | undefined;
  readonly inputs: Values;
}

export interface Orphan {
  readonly wanted: Wanted;
  readonly match: Match;
  /** The state has another object of this name; this one cannot have its place. */
  readonly duplicate: boolean;
}

export type Action = "import" | "delete" | { readonly byHand: string };

export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");

/** `job olist_dev orchestration (123)`. */
export const shown = ({ wanted, match }: Orphan): string => `${wanted.kind} ${nameOf(wanted.urn)} (${match.id})`;
