import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { CATALOG, type Role, SCHEMAS } from "../../access.ts";
import { LakehouseCatalog } from "../../components/catalog.ts";
import { AccessGrants, type AccessGrantsArgs } from "../../components/grants.ts";
import { grantsFor } from "../../components/privileges.ts";
import { all, forget, violations } from "./mocks.ts";

const ROLES: Role[] = ["platformAdmins", "dataEngineers", "analysts", "auditors", "dataStewards", "pipelines"];
const name = fc.constantFrom("a", "b", "c", "d", "e");
const principals = fc.dictionary(fc.constantFrom(...ROLES), fc.array(name, { maxLength: 3 }));

describe("grants plan", () => {
  it("gives a principal exactly what its roles have, once", () => {
    fc.assert(
      fc.property(principals, (given) => {
        const grants = grantsFor(CATALOG, given);
        for (const principal of new Set(Object.values(given).flat())) {
          const wanted = new Set(ROLES.filter((r) => given[r]?.includes(principal)).flatMap((r) => CATALOG[r] ?? []));
          const found = grants.filter((grant) => grant.principal === principal);
          assert.equal(found.length, wanted.size > 0 ? 1 : 0);
          assert.deepEqual(new Set(found[0]?.privileges ?? []), wanted);
        }
        assert.equal(grants.length, new Set(grants.map(({ principal }) => principal)).size);
      }),
    );
  });

  it("does not depend on the order of the settings", () => {
    const forward = grantsFor(CATALOG, { analysts: ["x"], auditors: ["y"], dataEngineers: ["z"] });
    const backward = grantsFor(CATALOG, { dataEngineers: ["z"], auditors: ["y"], analysts: ["x"] });
    assert.deepEqual(forward, backward);
  });
});

describe("access to the Olist lakehouse", () => {
  it("lets analysts read gold and nothing else", () => {
    assert.deepEqual(
      Object.entries(SCHEMAS)
        .filter(([, matrix]) => matrix.analysts)
        .map(([schema]) => schema),
      ["gold"],
    );
  });

  it("gives MANAGE to platform admins only", () => {
    for (const matrix of [CATALOG, ...Object.values(SCHEMAS)]) {
      for (const role of ROLES.filter((r) => r !== "platformAdmins")) {
        assert.ok(!(matrix[role] as readonly string[] | undefined)?.includes("MANAGE"), role);
      }
    }
  });
});

describe("AccessGrants", () => {
  const lakehouse = new LakehouseCatalog("g", {
    name: "g",
    comment: "a catalog",
    schemas: { raw: { comment: "x", volumes: { landing: { comment: "x" } } }, gold: { comment: "x" } },
  });
  beforeEach(forget);

  it("takes several principals a role, some known only during the update, on every kind of securable", async () => {
    const grants = new AccessGrants("a1", {
      lakehouse,
      roles: { writers: [pulumi.output("7d0c"), "loaders"], readers: "analysts", nobody: undefined },
      catalog: { readers: ["USE_CATALOG"], nobody: ["BROWSE"] },
      schemas: { gold: { readers: ["USE_SCHEMA", "SELECT"] }, raw: { nobody: ["USE_SCHEMA"] } },
      volumes: { "raw.landing": { writers: ["WRITE_VOLUME"] } },
      securables: {
        lake: { kind: "externalLocation", name: "lake", grants: { writers: ["READ_FILES"] } },
        mask: { kind: "function", name: "g.gold.mask", grants: { readers: ["EXECUTE"] } },
      },
    });
    assert.deepEqual(
      (await all("Grants", ...Object.values(grants.grants))).map(({ name, inputs }) => [name, inputs]),
      [
        ["a1-catalog", { catalog: "g", grants: [{ principal: "analysts", privileges: ["USE_CATALOG"] }] }],
        ["a1-gold", { schema: "g.gold", grants: [{ principal: "analysts", privileges: ["SELECT", "USE_SCHEMA"] }] }],
        [
          "a1-lake",
          {
            externalLocation: "lake",
            grants: [
              { principal: "7d0c", privileges: ["READ_FILES"] },
              { principal: "loaders", privileges: ["READ_FILES"] },
            ],
          },
        ],
        ["a1-mask", { function: "g.gold.mask", grants: [{ principal: "analysts", privileges: ["EXECUTE"] }] }],
        [
          "a1-raw-landing",
          {
            volume: "g.raw.landing",
            grants: [
              { principal: "7d0c", privileges: ["WRITE_VOLUME"] },
              { principal: "loaders", privileges: ["WRITE_VOLUME"] },
            ],
          },
        ],
      ],
    );
  });

  it("refuses keys that match nothing, roles and privileges that do not exist, in the compiler and at run time", () => {
    type Args = AccessGrantsArgs<"readers", typeof lakehouse extends LakehouseCatalog<infer S> ? S : never>;
    const refused = (args: Partial<Args>): string[] =>
      violations(() => new AccessGrants("a2", { lakehouse, roles: { readers: "analysts" }, ...args })).map(
        (violation) => violation.replace(/; it has .*/, ""),
      );
    // @ts-expect-error: no such schema
    const schema = refused({ schemas: { silver: { readers: ["SELECT"] } } });
    assert.deepEqual(schema, ["schemas.silver: matches nothing; the catalog has raw, gold"]);
    // @ts-expect-error: no such volume
    const volume = refused({ volumes: { "raw.inbox": {} } });
    assert.deepEqual(volume, ["volumes.raw.inbox: matches nothing; the catalog has raw.landing"]);
    // @ts-expect-error: no such role
    const role = refused({ schemas: { gold: { writers: ["SELECT"] } } });
    assert.deepEqual(role, ["schemas.gold.writers: is not a role; roles are readers"]);
    // @ts-expect-error: a schema has no BROWSE
    const privilege = refused({ schemas: { raw: { readers: ["BROWSE"] } } });
    assert.deepEqual(privilege, ["schemas.raw.readers: a schema has no privilege BROWSE"]);
  });
});
