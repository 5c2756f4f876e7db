/** forbid-secret-literals on a corpus of names and values: no false alarm, no secret that passes. */
import assert from "node:assert/strict";
import { secretLiterals } from "databricks-governance/secrets";
import { HARMFUL, HARMLESS, type Literal } from "./literals.ts";

/** The properties in which a user's name and value may stand. */
const PLACES: readonly (readonly [type: string, put: (name: string, value: string) => object])[] = [
  ["Pipeline", (name, value) => ({ configuration: { [name]: value } })],
  ["Cluster", (name, value) => ({ sparkConf: { [name]: value } })],
  ["Job", (name, value) => ({ parameters: [{ name, default: value }] })],
  ["Job", (name, value) => ({ tasks: [{ notebookTask: { baseParameters: { [name]: value } } }] })],
  ["ModelServing", (name, value) => ({ config: { servedEntities: [{ environmentVars: { [name]: value } }] } })],
  ["SqlGlobalConfig", (name, value) => ({ dataAccessConfig: { [name]: value } })],
  [
    "ClusterPolicy",
    (name, value) => ({ definition: JSON.stringify({ [`spark_conf.${name}`]: { type: "fixed", value } }) }),
  ],
];
const found = ([name, value]: Literal): number[] =>
  PLACES.map(
    ([type, put]) =>
      secretLiterals({
        type,
        name: "x",
        urn: "",
        props: put(name, value) as never,
        protect: true,
        propertyDependencies: {},
      }).length,
  );
const show = (literals: readonly Literal[]): string[] => literals.map(([name, value]) => `${name} = ${value}`);

describe("secrets in clear", () => {
  it("has at least 200 literals of each kind, each once", () => {
    for (const corpus of [HARMLESS, HARMFUL]) {
      assert.ok(corpus.length >= 200, `${corpus.length}`);
      assert.equal(new Set(show(corpus)).size, corpus.length);
    }
  });

  it("lets every harmless literal pass, wherever it stands", () => {
    assert.deepEqual(show(HARMLESS.filter((literal) => found(literal).some((count) => count > 0))), []);
  });

  it("finds every secret, wherever it stands", () => {
    assert.deepEqual(show(HARMFUL.filter((literal) => found(literal).some((count) => count === 0))), []);
  });
});
