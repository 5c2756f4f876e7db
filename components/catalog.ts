/** A Unity Catalog catalog with its schemas and volumes, tags, and the workspaces it is bound to. */
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { Component, given, make, plain, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { type Naming, stackNaming } from "./names.ts";
import { claimCatalog, claimSchema, hooks, OWNER_PROPERTY, refuseRename, stackId } from "./ownership.ts";

/** Tags by key; the value may be empty. A governed tag's value must be one that its tag policy allows. */
export type Tags = Readonly<Record<string, pulumi.Input<string>>>;

export interface VolumePlan {
  /** Physical name. Default: the volume's key. */
  readonly name?: pulumi.Input<string>;
  readonly comment: pulumi.Input<string>;
  /** Path under an external location: makes the volume EXTERNAL. MANAGED when absent. */
  readonly storageLocation?: pulumi.Input<string>;
  readonly owner?: pulumi.Input<string>;
  readonly tags?: Tags;
}

export interface SchemaPlan {
  /** Physical name. Default: the schema's key. */
  readonly name?: pulumi.Input<string>;
  readonly comment: pulumi.Input<string>;
  /** Path under an external location for managed data. Default: the catalog's. */
  readonly storageRoot?: pulumi.Input<string>;
  readonly owner?: pulumi.Input<string>;
  readonly properties?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly tags?: Tags;
  readonly volumes?: Readonly<Record<string, VolumePlan>>;
}

export type SchemaPlans = Readonly<Record<string, SchemaPlan>>;

/** Keys of a plan's volumes, `<schema>.<volume>`. */
export type VolumeKey<S extends SchemaPlans> = {
  [K in keyof S & string]: S[K] extends { readonly volumes: infer V } ? `${K}.${keyof V & string}` : never;
}[keyof S & string];

export interface WorkspaceAccess {
  /** Workspace id. Default: the entry's key. */
  readonly id?: pulumi.Input<string>;
  /** Default READ_WRITE. */
  readonly mode?: pulumi.Input<"READ_WRITE" | "READ_ONLY">;
}

export interface LakehouseCatalogArgs<S extends SchemaPlans = SchemaPlans> {
  /** Physical name of the catalog. Default: made by `naming`. */
  name?: pulumi.Input<string>;
  /** Makes the catalog's name. Default: Pulumi's project and stack. */
  naming?: Naming;
  /** Required unless the catalog is `existing`. */
  comment?: pulumi.Input<string>;
  /** Schemas by key; each key is a property of `schemas`. */
  schemas: S;
  /** Keeps data when the stack is destroyed by mistake: protect, retainOnDelete, no force destroy. Default true. */
  protectData?: boolean;
  /** Workspaces that see the catalog, which is then ISOLATED. Empty or absent: OPEN to all of the metastore. */
  workspaces?: Readonly<Record<string, WorkspaceAccess>>;
  /** Path under an external location for managed data; the metastore's own root when absent. Cannot change later. */
  storageRoot?: pulumi.Input<string> | undefined;
  owner?: pulumi.Input<string>;
  /** Shown in Unity Catalog beside the mark of the stack that owns the catalog. */
  properties?: Readonly<Record<string, pulumi.Input<string>>>;
  tags?: Tags;
  /** The catalog is another team's: only schemas and volumes are made in it. Default false. */
  existing?: boolean;
  /**
   * Imports catalog, schemas and volumes that exist into the state, by their names; of an `existing` catalog only schemas
   * and volumes. For one update: remove it when that succeeded. Pulumi refuses the import when the arguments differ from what exists, and shows the difference.
   */
  adopt?: boolean;
  transform?: {
    catalog?: Transform<databricks.CatalogArgs>;
    schema?: Transform<databricks.SchemaArgs>;
    volume?: Transform<databricks.VolumeArgs>;
    workspaceBinding?: Transform<databricks.WorkspaceBindingArgs>;
    tag?: Transform<databricks.EntityTagAssignmentArgs>;
  };
}

export class LakehouseCatalog<const S extends SchemaPlans = SchemaPlans> extends Component {
  readonly catalog: databricks.Catalog;
  /** By the keys of `schemas`. */
  readonly schemas: { readonly [K in keyof S]: databricks.Schema };
  /** By `<schema>.<volume>`. */
  readonly volumes: { readonly [K in VolumeKey<S>]: databricks.Volume };
  /** Catalog name that waits for the catalog to exist. */
  readonly catalogName: pulumi.Output<string>;

  constructor(name: string, args: LakehouseCatalogArgs<S>, opts?: pulumi.ComponentResourceOptions) {
    super("LakehouseCatalog", name, opts);
    const { protectData = true, adopt = false, existing = false } = args;
    const physical = args.name ?? (args.naming ?? stackNaming()).catalog(name);
    checkArgs(name, physical, args);
    const maker = new Maker(this, name, physical, { protectData, adopt, existing }, args.transform ?? {});

    this.catalog = existing
      ? sdk.Catalog.get(name, physical, undefined, { parent: this })
      : maker.catalog(args as LakehouseCatalogArgs);
    this.catalogName = this.catalog.name;
    maker.tags("catalogs", this.catalogName, "", args.tags);
    for (const [key, workspace] of Object.entries(args.workspaces ?? {}))
      maker.binding(this.catalogName, key, workspace);

    const schemas: Record<string, databricks.Schema> = {};
    const volumes: Record<string, databricks.Volume> = {};
    for (const [key, plan] of Object.entries(args.schemas)) {
      const schema = maker.schema(this.catalogName, key, plan);
      schemas[key] = schema;
      for (const [volumeKey, volume] of Object.entries(plan.volumes ?? {})) {
        volumes[`${key}.${volumeKey}`] = maker.volume(schema, key, plan.name ?? key, volumeKey, volume);
      }
    }
    this.schemas = schemas as typeof this.schemas;
    this.volumes = volumes as typeof this.volumes;
    this.registerOutputs({ catalogName: this.catalogName });
  }

  /** `/Volumes/<catalog>/<schema>/<volume>`, known when the volume exists. */
  volumePath(key: VolumeKey<S>): pulumi.Output<string> {
    const volume = this.volumes[key];
    if (!volume) throw new Error(`'${key}' is not a volume; there are: ${Object.keys(this.volumes).join(", ")}`);
    return pulumi.interpolate`/Volumes/${volume.catalogName}/${volume.schemaName}/${volume.name}`;
  }
}

/** Turns plans into children of one catalog. */
class Maker {
  readonly #parent: pulumi.Resource;
  readonly #name: string;
  readonly #physical: pulumi.Input<string>;
  readonly #protectData: boolean;
  readonly #adopt: boolean;
  readonly #existing: boolean;
  readonly #transform: NonNullable<LakehouseCatalogArgs["transform"]>;

  constructor(
    parent: pulumi.Resource,
    name: string,
    physical: pulumi.Input<string>,
    flags: Readonly<Record<"protectData" | "adopt" | "existing", boolean>>,
    transform: NonNullable<LakehouseCatalogArgs["transform"]>,
  ) {
    this.#parent = parent;
    this.#name = name;
    this.#physical = physical;
    this.#protectData = flags.protectData;
    this.#adopt = flags.adopt;
    this.#existing = flags.existing;
    this.#transform = transform;
  }

  #options(...id: pulumi.Input<string>[]): pulumi.CustomResourceOptions {
    const protect = this.#protectData;
    const options = { parent: this.#parent, protect, retainOnDelete: protect };
    return this.#adopt ? { ...options, import: [this.#physical, ...id].map((part) => plain(part)).join(".") } : options;
  }

  catalog(args: LakehouseCatalogArgs): databricks.Catalog {
    const isolated = Object.keys(args.workspaces ?? {}).length > 0;
    const catalogArgs: databricks.CatalogArgs = given({
      name: this.#physical,
      comment: args.comment,
      isolationMode: isolated ? "ISOLATED" : "OPEN",
      forceDestroy: !this.#protectData,
      storageRoot: args.storageRoot,
      owner: args.owner,
      // An import must find what exists; the update after it puts the owner on record.
      properties: this.#adopt ? args.properties : { ...args.properties, [OWNER_PROPERTY]: stackId() },
    });
    const guards = hooks(() => ({
      beforeCreate: [claimCatalog(this.#parent, this.#name)],
      beforeUpdate: [refuseRename(this.#name)],
    }));
    const options = { ...this.#options(), ...guards };
    return make(sdk.Catalog, this.#name, catalogArgs, options, this.#transform.catalog);
  }

  schema(catalogName: pulumi.Output<string>, key: string, plan: SchemaPlan): databricks.Schema {
    const { name = key, comment, storageRoot, owner } = plan;
    const child = `${this.#name}-${key}`;
    // A catalog of this stack carries the mark for all that is in it; somebody else's cannot.
    const marks = this.#existing && !this.#adopt;
    const properties = marks ? { ...plan.properties, [OWNER_PROPERTY]: stackId() } : plan.properties;
    const guards = this.#existing ? hooks(() => ({ beforeCreate: [claimSchema(this.#parent, child)] })) : {};
    const options = { ...this.#options(name), ...guards };
    const args: databricks.SchemaArgs = given({
      catalogName,
      name,
      comment,
      storageRoot,
      owner,
      properties,
      forceDestroy: !this.#protectData,
    });
    const schema = make(sdk.Schema, child, args, options, this.#transform.schema);
    this.tags("schemas", schema.id, `-${key}`, plan.tags);
    return schema;
  }

  volume(
    schema: databricks.Schema,
    schemaKey: string,
    schemaName: pulumi.Input<string>,
    key: string,
    plan: VolumePlan,
  ): databricks.Volume {
    const { name = key, comment, storageLocation, owner } = plan;
    const args: databricks.VolumeArgs = given({
      catalogName: schema.catalogName,
      schemaName: schema.name,
      name,
      volumeType: storageLocation === undefined ? "MANAGED" : "EXTERNAL",
      storageLocation,
      comment,
      owner,
    });
    const child = `${this.#name}-${schemaKey}-${key}`;
    const volume = make(sdk.Volume, child, args, this.#options(schemaName, name), this.#transform.volume);
    this.tags("volumes", volume.id, `-${schemaKey}-${key}`, plan.tags);
    return volume;
  }

  binding(securableName: pulumi.Output<string>, key: string, workspace: WorkspaceAccess): void {
    const args: databricks.WorkspaceBindingArgs = {
      securableType: "catalog",
      securableName,
      workspaceId: workspace.id ?? key,
      bindingType: pulumi.interpolate`BINDING_TYPE_${workspace.mode ?? "READ_WRITE"}`,
    };
    const options = { parent: this.#parent };
    make(sdk.WorkspaceBinding, `${this.#name}-${key}`, args, options, this.#transform.workspaceBinding);
  }

  tags(entityType: string, entityName: pulumi.Input<string>, path: string, tags: Tags = {}): void {
    for (const [tagKey, tagValue] of Object.entries(tags)) {
      const args = { entityType, entityName, tagKey, tagValue };
      const child = `${this.#name}${path}-tag-${tagKey}`;
      make(sdk.EntityTagAssignment, child, args, { parent: this.#parent }, this.#transform.tag);
    }
  }
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

function checkArgs<S extends SchemaPlans>(
  name: string,
  physical: pulumi.Input<string>,
  args: LakehouseCatalogArgs<S>,
): void {
  const violations = new Violations();
  const check = (path: string, given: pulumi.Input<string>): void => {
    const value = plain(given);
    if (value !== undefined && !NAME.test(value)) violations.add(path, `'${value}' must match ${NAME.source}`);
    if (value === undefined && args.adopt)
      violations.add(path, "must be plain text for `adopt`, since it is the id that is imported");
  };
  check("name", physical);
  checkExisting(args, violations);
  for (const [key, workspace] of Object.entries(args.workspaces ?? {})) {
    const id = workspace.id === undefined ? key : plain(workspace.id);
    if (id !== undefined && !/^\d+$/.test(id))
      violations.add(`workspaces.${key}`, `'${id}' must be a workspace id in digits`);
  }
  for (const [key, schema] of Object.entries(args.schemas)) {
    check(`schemas.${key}`, schema.name ?? key);
    for (const [volume, plan] of Object.entries(schema.volumes ?? {})) {
      check(`schemas.${key}.volumes.${volume}`, plan.name ?? volume);
    }
    checkTwice(`schemas.${key}.volumes`, schema.volumes ?? {}, violations);
  }
  checkTwice("schemas", args.schemas, violations);
  violations.check("LakehouseCatalog", name);
}

function checkExisting<S extends SchemaPlans>(args: LakehouseCatalogArgs<S>, violations: Violations): void {
  if (!args.existing) {
    if (args.comment === undefined) violations.add("comment", "is required");
    return;
  }
  for (const key of ["comment", "workspaces", "storageRoot", "owner", "properties", "tags"] as const) {
    if (args[key] !== undefined)
      violations.add(key, "cannot be set on an existing catalog, which another team manages");
  }
}

/** Two keys with one physical name would be two resources for one schema or volume. */
function checkTwice(
  path: string,
  plans: Readonly<Record<string, { name?: pulumi.Input<string> }>>,
  violations: Violations,
): void {
  const byName = new Map<string, string>();
  for (const [key, plan] of Object.entries(plans)) {
    const name = plain(plan.name ?? key);
    if (name === undefined) continue;
    const other = byName.get(name);
    if (other !== undefined) violations.add(`${path}.${key}`, `has the name '${name}', as has '${other}'`);
    byName.set(name, key);
  }
}
