import assert from "node:assert/strict";
import fc from "fast-check";
import { CATALOG_MATRIX, grantsFor, type Role, SCHEMA_MATRIX } from "../../components/privileges.ts";

const ROLES: Role[] = ["platformAdmins", "dataEngineers", "analysts", "auditors", "pipelines"];
const principals = fc.record(
  Object.fromEntries(ROLES.map((role) => [role, fc.constantFrom("a", "b", "c", "d", "e")])),
  { requiredKeys: [] },
);

describe("grants plan", () => {
  it("gives a principal exactly what its roles have, once", () => {
    fc.assert(
      fc.property(principals, (given) => {
        const grants = grantsFor(CATALOG_MATRIX, given);
        for (const principal of new Set(Object.values(given))) {
          const wanted = new Set(ROLES.filter((r) => given[r] === principal).flatMap((r) => CATALOG_MATRIX[r] ?? []));
          const found = grants.filter((grant) => grant.principal === principal);
          assert.equal(found.length, wanted.size > 0 ? 1 : 0);
          assert.deepEqual(new Set(found[0]?.privileges ?? []), wanted);
        }
        assert.equal(grants.length, new Set(grants.map(({ principal }) => principal)).size);
      }),
    );
  });

  it("does not depend on the order of the settings", () => {
    const forward = grantsFor(CATALOG_MATRIX, { analysts: "x", auditors: "y", dataEngineers: "z" });
    const backward = grantsFor(CATALOG_MATRIX, { dataEngineers: "z", auditors: "y", analysts: "x" });
    assert.deepEqual(forward, backward);
  });

  it("lets analysts read gold and nothing else", () => {
    const readable = Object.keys(SCHEMA_MATRIX).filter((schema) => SCHEMA_MATRIX[schema]!.analysts);
    assert.deepEqual(readable, ["gold"]);
  });

  it("gives MANAGE to platform admins only", () => {
    for (const matrix of [CATALOG_MATRIX, ...Object.values(SCHEMA_MATRIX)]) {
      for (const role of ROLES.filter((r) => r !== "platformAdmins")) {
        assert.ok(!(matrix[role] as readonly string[] | undefined)?.includes("MANAGE"), role);
      }
    }
  });
});
