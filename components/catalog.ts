/** A Unity Catalog catalog with its schemas and managed volumes, and the workspaces it is bound to. */
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";

export interface VolumePlan {
  name: string;
  comment: string;
}

export interface SchemaPlan {
  name: string;
  comment: string;
  volumes?: VolumePlan[];
}

export interface LakehouseCatalogArgs {
  /** Physical name of the catalog. */
  name: string;
  comment: string;
  schemas: SchemaPlan[];
  /** Keeps data when the stack is destroyed by mistake: protect, retainOnDelete, no force destroy. Default true. */
  protectData?: boolean;
  /** Workspaces that see the catalog, which is then ISOLATED. Empty or absent: OPEN to all of the metastore. */
  workspaceIds?: string[] | undefined;
  /** External location for managed data; the metastore's own root when absent. */
  storageRoot?: pulumi.Input<string> | undefined;
  /** Changes the arguments of a child before it is made. */
  transform?: {
    catalog?: (args: databricks.CatalogArgs) => databricks.CatalogArgs;
    schema?: (args: databricks.SchemaArgs, plan: SchemaPlan) => databricks.SchemaArgs;
    volume?: (args: databricks.VolumeArgs, plan: VolumePlan) => databricks.VolumeArgs;
  };
}

export class LakehouseCatalog extends pulumi.ComponentResource {
  readonly catalog: databricks.Catalog;
  readonly schemas: Readonly<Record<string, databricks.Schema>>;
  /** By `<schema>.<volume>`. */
  readonly volumes: Readonly<Record<string, databricks.Volume>>;
  /** Catalog name that waits for the catalog to exist. */
  readonly catalogName: pulumi.Output<string>;

  constructor(name: string, args: LakehouseCatalogArgs, opts?: pulumi.ComponentResourceOptions) {
    super("olist:lakehouse:Catalog", name, {}, opts);
    const { protectData = true, workspaceIds = [], transform = {} } = args;
    checkPlan(args);
    const child = { parent: this, protect: protectData, retainOnDelete: protectData };

    const catalogArgs: databricks.CatalogArgs = {
      name: args.name,
      comment: args.comment,
      isolationMode: workspaceIds.length > 0 ? "ISOLATED" : "OPEN",
      forceDestroy: !protectData,
      ...(args.storageRoot === undefined ? {} : { storageRoot: args.storageRoot }),
    };
    this.catalog = new databricks.Catalog(name, transform.catalog?.(catalogArgs) ?? catalogArgs, child);
    this.catalogName = this.catalog.name;

    for (const workspaceId of workspaceIds) {
      new databricks.WorkspaceBinding(
        `${name}-${workspaceId}`,
        {
          securableType: "catalog",
          securableName: this.catalogName,
          workspaceId,
          bindingType: "BINDING_TYPE_READ_WRITE",
        },
        { parent: this },
      );
    }

    const schemas: Record<string, databricks.Schema> = {};
    const volumes: Record<string, databricks.Volume> = {};
    for (const plan of args.schemas) {
      const schemaArgs: databricks.SchemaArgs = {
        catalogName: this.catalogName,
        name: plan.name,
        comment: plan.comment,
        forceDestroy: !protectData,
      };
      const schema = new databricks.Schema(
        `${name}-${plan.name}`,
        transform.schema?.(schemaArgs, plan) ?? schemaArgs,
        child,
      );
      schemas[plan.name] = schema;
      for (const volume of plan.volumes ?? []) {
        const volumeArgs: databricks.VolumeArgs = {
          catalogName: this.catalogName,
          schemaName: schema.name,
          name: volume.name,
          volumeType: "MANAGED",
          comment: volume.comment,
        };
        volumes[`${plan.name}.${volume.name}`] = new databricks.Volume(
          `${name}-${plan.name}-${volume.name}`,
          transform.volume?.(volumeArgs, volume) ?? volumeArgs,
          child,
        );
      }
    }
    this.schemas = schemas;
    this.volumes = volumes;
    this.registerOutputs({ catalogName: this.catalogName });
  }
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

function checkPlan(args: LakehouseCatalogArgs): void {
  const errors: pulumi.InputPropertyErrorDetails[] = [];
  const check = (propertyPath: string, name: string): void => {
    if (!NAME.test(name)) errors.push({ propertyPath, reason: `'${name}' must match ${NAME.source}` });
  };
  const unique = (propertyPath: string, all: readonly string[]): void => {
    const twice = all.find((name, at) => all.indexOf(name) !== at);
    if (twice !== undefined) errors.push({ propertyPath, reason: `'${twice}' is there twice` });
  };
  check("name", args.name);
  unique(
    "schemas",
    args.schemas.map(({ name }) => name),
  );
  args.schemas.forEach((schema, at) => {
    check(`schemas[${at}].name`, schema.name);
    unique(
      `schemas[${at}].volumes`,
      (schema.volumes ?? []).map(({ name }) => name),
    );
    (schema.volumes ?? []).forEach((volume, v) => void check(`schemas[${at}].volumes[${v}].name`, volume.name));
  });
  if (errors.length > 0) {
    throw new pulumi.InputPropertiesError({ message: "LakehouseCatalog cannot be made from these arguments", errors });
  }
}
