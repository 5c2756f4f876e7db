/** Least-privilege grants of a lakehouse catalog: one authoritative `Grants` per securable. */
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import type { LakehouseCatalog } from "./catalog.ts";
import { CATALOG_MATRIX, grantsFor, type Principals, type RoleMatrix, SCHEMA_MATRIX } from "./privileges.ts";

export interface LakehouseGrantsArgs {
  /** The catalog whose securables are granted on. */
  lakehouse: LakehouseCatalog;
  principals: Principals;
  /** Roles × privileges on the catalog. Default: `CATALOG_MATRIX`. */
  catalogMatrix?: RoleMatrix<"catalog">;
  /** Roles × privileges by schema; a schema without an entry gets no grants. Default: `SCHEMA_MATRIX`. */
  schemaMatrix?: Readonly<Record<string, RoleMatrix<"schema">>>;
}

export class LakehouseGrants extends pulumi.ComponentResource {
  /** By securable: the catalog's name is `catalog`, a schema's is its own. */
  readonly grants: Readonly<Record<string, databricks.Grants>>;

  constructor(name: string, args: LakehouseGrantsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("olist:lakehouse:Grants", name, {}, opts);
    const { lakehouse, principals, catalogMatrix = CATALOG_MATRIX, schemaMatrix = SCHEMA_MATRIX } = args;
    const made: Record<string, databricks.Grants> = {};
    const onCatalog = grantsFor(catalogMatrix, principals);
    if (onCatalog.length > 0) {
      made.catalog = new databricks.Grants(
        `${name}-catalog`,
        { catalog: lakehouse.catalogName, grants: onCatalog },
        { parent: this },
      );
    }
    for (const [schemaName, schema] of Object.entries(lakehouse.schemas)) {
      const onSchema = grantsFor(schemaMatrix[schemaName] ?? {}, principals);
      if (onSchema.length === 0) continue;
      made[schemaName] = new databricks.Grants(
        `${name}-${schemaName}`,
        { schema: schema.id, grants: onSchema },
        { parent: this },
      );
    }
    this.grants = made;
    this.registerOutputs({});
  }
}
