import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LakehouseCatalog } from "../../components/catalog.ts";
import { all, forget, made, violations } from "./mocks.ts";

const schemas = { raw: { comment: "files", volumes: { landing: { comment: "files" } } } } as const;

describe("LakehouseCatalog", () => {
  beforeEach(forget);

  it("protects data unless told otherwise", async () => {
    const kept = new LakehouseCatalog("c1", { name: "c1", comment: "a catalog", schemas });
    assert.equal((await all("Catalog", kept.volumes["raw.landing"]))[0]!.inputs.forceDestroy, false);
    made.length = 0;
    const cheap = new LakehouseCatalog("c2", { name: "c2", comment: "a catalog", schemas, protectData: false });
    assert.equal((await all("Catalog", cheap.volumes["raw.landing"]))[0]!.inputs.forceDestroy, true);
  });

  it("isolates the catalog when workspaces are named, each with its mode, and is open otherwise", async () => {
    const workspaces = { "1": {}, analytics: { id: pulumi.output("2"), mode: "READ_ONLY" } } as const;
    const bound = new LakehouseCatalog("c3", { name: "c3", comment: "a catalog", schemas, workspaces });
    assert.equal((await all("Catalog", bound.catalog))[0]!.inputs.isolationMode, "ISOLATED");
    assert.deepEqual(
      (await all("WorkspaceBinding")).map(({ name, inputs }) => [name, inputs.workspaceId, inputs.bindingType]),
      [
        ["c3-1", "1", "BINDING_TYPE_READ_WRITE"],
        ["c3-analytics", "2", "BINDING_TYPE_READ_ONLY"],
      ],
    );
  });

  it("makes external volumes, storage roots, owners and tags from the plan", async () => {
    const catalog = new LakehouseCatalog("c5", {
      name: "c5",
      comment: "a catalog",
      tags: { domain: "sales" },
      schemas: {
        raw: {
          comment: "files",
          storageRoot: "s3://lake/raw",
          owner: "owners",
          volumes: { inbox: { name: "in_box", comment: "files", storageLocation: pulumi.output("s3://lake/inbox") } },
        },
      },
    });
    const [volume] = await all("Volume", catalog.volumes["raw.inbox"]);
    assert.deepEqual(
      [volume!.inputs.volumeType, volume!.inputs.storageLocation, volume!.inputs.name],
      ["EXTERNAL", "s3://lake/inbox", "in_box"],
    );
    const [schema] = await all("Schema");
    assert.deepEqual([schema!.inputs.storageRoot, schema!.inputs.owner], ["s3://lake/raw", "owners"]);
    const [tag] = await all("EntityTagAssignment");
    assert.deepEqual(tag!.inputs, { entityType: "catalogs", entityName: "c5", tagKey: "domain", tagValue: "sales" });
    const path = await new Promise((resolve) => catalog.volumePath("raw.inbox").apply(resolve));
    assert.equal(path, "/Volumes/c5/raw/in_box");
  });

  it("lets a transform set arguments and options of every child", async () => {
    const seen: string[] = [];
    const catalog = new LakehouseCatalog("c6", {
      name: "c6",
      comment: "a catalog",
      schemas,
      workspaces: { "1": {} },
      tags: { domain: "sales" },
      transform: {
        catalog: (args, opts, name) => {
          seen.push(name);
          args.comment = "changed";
          opts.ignoreChanges = ["owner"];
        },
        schema: (args, _opts, name) => {
          seen.push(name);
          return { args: { ...args, comment: "changed" } };
        },
        volume: (_args, _opts, name) => void seen.push(name),
        workspaceBinding: (_args, _opts, name) => void seen.push(name),
        tag: (_args, _opts, name) => void seen.push(name),
      },
    });
    await all("Volume", catalog.volumes["raw.landing"]);
    assert.deepEqual(seen.sort(), ["c6", "c6-1", "c6-raw", "c6-raw-landing", "c6-tag-domain"]);
    assert.equal((await all("Catalog"))[0]!.inputs.comment, "changed");
    assert.equal((await all("Schema"))[0]!.inputs.comment, "changed");
  });

  it("names the stack that owns the catalog in a property", async () => {
    const catalog = new LakehouseCatalog("c7", { name: "c7", comment: "a catalog", schemas });
    const [{ inputs }] = (await all("Catalog", catalog.catalog)) as [(typeof made)[0]];
    assert.equal(inputs.properties.pulumi_stack, "acme/sales-lakehouse/test");
  });

  it("makes schemas in another team's catalog without managing it", async () => {
    const catalog = new LakehouseCatalog("c8", { name: "shared", existing: true, schemas });
    await all("Volume", catalog.volumes["raw.landing"]);
    const [schema] = await all("Schema");
    assert.equal(schema!.inputs.name, "raw");
    assert.equal(schema!.inputs.properties.pulumi_stack, "acme/sales-lakehouse/test");
    made.length = 0;
    const adopted = new LakehouseCatalog("c13", { name: "shared", existing: true, adopt: true, schemas });
    await all("Volume", adopted.volumes["raw.landing"]);
    assert.equal((await all("Schema"))[0]!.inputs.properties, undefined);
    assert.deepEqual(
      violations(() => new LakehouseCatalog("c9", { name: "shared", existing: true, owner: "me", schemas })),
      ["owner: cannot be set on an existing catalog, which another team manages"],
    );
  });

  it("refuses all bad names at once, with their paths", () => {
    const bad = {
      name: "C4",
      comment: "a catalog",
      workspaces: { home: {} },
      schemas: { ok: { comment: "x" }, other: { name: "ok", comment: "x", volumes: { "a b": { comment: "x" } } } },
    };
    assert.deepEqual(
      violations(() => new LakehouseCatalog("c4", bad)).map((violation) => violation.split(":")[0]),
      ["name", "workspaces.home", "schemas.other.volumes.a b", "schemas.other"],
    );
  });

  it("knows its schemas and volumes by key, so that the compiler refuses a misspelt one", () => {
    const catalog = new LakehouseCatalog("c10", {
      name: "c10",
      comment: "a catalog",
      schemas: { raw: { comment: "x" } },
    });
    // @ts-expect-error: no such schema
    assert.equal(catalog.schemas.row, undefined);
    // @ts-expect-error: no such volume
    assert.throws(() => catalog.volumePath("raw.landing"), /'raw.landing' is not a volume/);
  });
});
