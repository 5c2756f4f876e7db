/** Kinds of objects that permissions are set on. The service that keeps an object says that it exists and who owns it. */
import { Part } from "../../core/part.ts";
import type { Context } from "../../core/service.ts";

export interface ObjectRef {
  type: string;
  id: string;
}

export interface ObjectTypeProvider {
  exists(context: Context, id: string): boolean;
  /** The user or service principal who made it: IS_OWNER (or CAN_MANAGE where there is no owner) until it is set otherwise. */
  creator?(context: Context, id: string): string | undefined;
  /** Objects whose permissions hold here, too, nearest first. */
  inherits?(context: Context, id: string): ObjectRef[];
  /** Permissions that are there without anybody having set them. */
  standing?(context: Context, id: string): { principal: string; level: string }[];
}

export interface ObjectType {
  /** As paths name it: `jobs`, `sql/warehouses`. */
  name: string;
  /** As answers name it: `job`, `warehouses`. */
  label: string;
  /** From least to most; each includes those before it. */
  levels: readonly string[];
}

const READ_TO_MANAGE = ["CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"] as const;

/** https://docs.databricks.com/api/workspace/permissions */
export const OBJECT_TYPES: readonly ObjectType[] = [
  { name: "jobs", label: "job", levels: ["CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE", "IS_OWNER"] },
  { name: "pipelines", label: "pipelines", levels: ["CAN_VIEW", "CAN_RUN", "CAN_MANAGE", "IS_OWNER"] },
  { name: "notebooks", label: "notebook", levels: READ_TO_MANAGE },
  { name: "directories", label: "directory", levels: READ_TO_MANAGE },
  { name: "files", label: "file", levels: READ_TO_MANAGE },
  { name: "repos", label: "repo", levels: READ_TO_MANAGE },
  {
    name: "sql/warehouses",
    label: "warehouses",
    levels: ["CAN_VIEW", "CAN_USE", "CAN_MONITOR", "CAN_MANAGE", "IS_OWNER"],
  },
  { name: "warehouses", label: "warehouses", levels: ["CAN_VIEW", "CAN_USE", "CAN_MONITOR", "CAN_MANAGE", "IS_OWNER"] },
  { name: "clusters", label: "cluster", levels: ["CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE"] },
  { name: "cluster-policies", label: "cluster-policy", levels: ["CAN_USE"] },
  { name: "instance-pools", label: "instance-pool", levels: ["CAN_ATTACH_TO", "CAN_MANAGE"] },
  { name: "serving-endpoints", label: "serving-endpoint", levels: ["CAN_VIEW", "CAN_QUERY", "CAN_MANAGE"] },
  { name: "experiments", label: "mlflowExperiment", levels: ["CAN_READ", "CAN_EDIT", "CAN_MANAGE"] },
  {
    name: "registered-models",
    label: "registered-model",
    levels: ["CAN_READ", "CAN_EDIT", "CAN_MANAGE_STAGING_VERSIONS", "CAN_MANAGE_PRODUCTION_VERSIONS", "CAN_MANAGE"],
  },
  { name: "apps", label: "apps", levels: ["CAN_USE", "CAN_MANAGE"] },
  { name: "genie", label: "genie", levels: READ_TO_MANAGE },
  {
    name: "vector-search-endpoints",
    label: "vector-search-endpoints",
    levels: ["CAN_CREATE", "CAN_USE", "CAN_MANAGE"],
  },
  { name: "dashboards", label: "dashboard", levels: READ_TO_MANAGE },
  { name: "sql/queries", label: "query", levels: READ_TO_MANAGE },
  { name: "sql/alerts", label: "alert", levels: READ_TO_MANAGE },
  { name: "alertsv2", label: "alertv2", levels: READ_TO_MANAGE },
  { name: "authorization/tokens", label: "tokens", levels: ["CAN_USE", "CAN_MANAGE"] },
  { name: "authorization/passwords", label: "passwords", levels: ["CAN_USE"] },
];

const ONE_OF_A_KIND: ObjectTypeProvider = {
  exists: () => true,
  standing: () => [{ principal: "users", level: "CAN_USE" }],
};

const providers = new Part<Map<string, ObjectTypeProvider>>(
  () =>
    new Map([
      ["authorization/tokens", ONE_OF_A_KIND],
      ["authorization/passwords", ONE_OF_A_KIND],
    ]),
);

export function registerObjectType(context: Context, name: string, provider: ObjectTypeProvider): void {
  providers.of(context).set(name, provider);
  if (name === "sql/warehouses") providers.of(context).set("warehouses", provider);
}

export const providerOf = (context: Context, name: string): ObjectTypeProvider | undefined =>
  providers.of(context).get(name);
