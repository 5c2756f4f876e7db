/** `npm run torture`: its schedule, and that each of its laws can be broken; tests/e2e/failures.spec.ts runs a slice of it. */
import assert from "node:assert/strict";
import { shown } from "../../scripts/torture/account.ts";
import { differences, shownKills } from "../../scripts/torture/kills.ts";
import { type Evidence, LAWS } from "../../scripts/torture/laws.ts";
import { Model } from "../../scripts/torture/model.ts";
import { parseOptions } from "../../scripts/torture/options.ts";
import { FAULTS, schedule, TABLE_ROWS } from "../../scripts/torture/schedule.ts";

const DIED = "The Spark engine was ended by SIGKILL.";

/** A small torture after which every law holds. */
function evidence(): Evidence {
  const model = new Model();
  for (const id of [1, 2]) {
    model.landed.sent.add(id);
    model.landed.acknowledged.add(id);
  }
  model.landed.sent.add(3);
  model.batches.set(7, 2).set(8, 1);
  model.inserted.sent.add(7).add(8);
  model.inserted.acknowledged.add(7);
  model.accounts.acknowledged(1, 10);
  model.accounts.sent(1, 11);
  model.tables.acknowledged("made_1", true);
  model.schemas.acknowledged("made_1", false);
  model.jobs.acknowledged("job 1", true);
  model.grant.acknowledged("accounts", true);
  model.faults.push({ at: 5000, noticed: 1000 });
  model.count("land", "done");
  const rows = { bronze: ["1:5", "2:5"], counts: ["5:2"] };
  const facts: Evidence["facts"] = {
    inserted: [
      { batch: 7, n: 0 },
      { batch: 7, n: 1 },
    ],
    accounts: new Map([[1, 11]]),
    tables: new Map([["made_1", TABLE_ROWS]]),
    schemas: [],
    jobs: new Map([["job 1", ""]]),
    lastUpdate: "COMPLETED",
    tortured: rows,
    undisturbed: rows,
    updates: [{ id: "u", began: 4000, ended: 6000, states: ["INITIALIZING", "RUNNING", "FAILED"], reason: DIED }],
    others: [{ what: "statement SELECT 1", final: true, reason: DIED }],
    ways: ["PERMISSION_DENIED: no"],
    granted: true,
    secretIn: [],
    leftOvers: [],
  };
  return {
    model,
    facts,
    failures: [`500 to GET /x: ${DIED}`],
    breaches: [],
    sizes: [{ server: 100, engine: 900, folder: 10 }],
  };
}

const broken = (given: Evidence): string[] => LAWS.flatMap((law) => law.broken(given));
const update = (reason: string, states: string[]): Evidence["facts"]["updates"] => [
  { id: "u", began: 4000, ended: 6000, states, reason },
];

describe("the laws of a torture", () => {
  it("hold where every change is as it was answered, and what nobody knows of is there whole or not", () => {
    assert.deepEqual(broken(evidence()), []);
  });

  const cases: [string, Partial<Evidence["facts"]>, RegExp][] = [
    ["a row is lost", { tortured: { bronze: ["1:5"] }, undisturbed: {} }, /1 acknowledged and lost: 2/],
    ["a row is there twice", { tortured: { bronze: ["1:5", "2:5", "2:5"] }, undisturbed: {} }, /1 are there twice/],
    ["half a file was taken", { tortured: { bronze: ["1:5", "2:5", "4:5"] }, undisturbed: {} }, /1 never sent: 4/],
    ["a batch is lost", { inserted: [] }, /batches of inserts: 1 acknowledged and lost: 7/],
    ["a batch is half there", { inserted: [{ batch: 7, n: 0 }] }, /batch 7 has 1 of 2 rows/],
    ["a value is an earlier one", { accounts: new Map([[1, 9]]) }, /account 1 is 9, must be 10 or 11/],
    ["a table is lost", { tables: new Map() }, /table's existence made_1 is false/],
    ["a table is half there", { tables: new Map([["made_1", 3]]) }, /made_1 has 3 instead of 50 rows/],
    ["a schema is there that was deleted", { schemas: ["made_1"] }, /schema's existence made_1 is true/],
    ["a job has lost its tasks", { jobs: new Map([["job 1", "0 tasks"]]) }, /job 1: 0 tasks/],
    ["an update goes on for ever", { updates: update("", ["RUNNING"]) }, /update u is RUNNING/],
    ["a statement goes on for ever", { others: [{ what: "s", final: false, reason: "" }] }, /s has not ended/],
    [
      "an update failed for nothing",
      { updates: update("Connection refused", ["RUNNING", "FAILED"]) },
      /Connection refused/,
    ],
    [
      "an update that had begun nothing failed",
      { updates: update(DIED, ["INITIALIZING", "FAILED"]) },
      /had begun nothing/,
    ],
    ["the next update fails", { lastUpdate: "FAILED" }, /after all faults ended FAILED/],
    ["a table ends elsewhere", { tortured: { bronze: ["1:5", "2:5"], counts: ["5:3"] } }, /counts .* with 5:3/],
    ["a way leads in", { ways: [undefined] }, /way 0 leads in/],
    ["a way fails by itself", { ways: ["Connection refused"] }, /way 0 is not refused but fails/],
    ["a grant is lost", { granted: false }, /SELECT on accounts is not granted/],
    ["a file holds the secret", { secretIn: ["logs/engine.log"] }, /it is in logs\/engine\.log/],
    ["an update left its marks", { leftOvers: ["x.tmp"] }, /left over: x\.tmp/],
  ];
  for (const [title, facts, says] of cases) {
    it(`are broken when ${title}`, () => {
      const given = evidence();
      assert.match(broken({ ...given, facts: { ...given.facts, ...facts } }).join("\n"), says);
    });
  }

  it("let an update fail that two faults met, of which one was given before and noticed in its time", () => {
    const given = evidence();
    const failed = { ...given, facts: { ...given.facts, updates: update(DIED, ["INITIALIZING", "FAILED"]) } };
    given.model.faults.push({ at: 1000, noticed: 2000 });
    assert.match(broken(failed).join(), /had begun nothing/);
    given.model.faults.push({ at: 1000, noticed: 4000 });
    assert.deepEqual(broken(failed), []);
  });

  it("are broken by an answer above 499 with another reason, by a way that led in meanwhile, and by growth", () => {
    assert.match(broken({ ...evidence(), failures: ["500 to GET /x: undefined"] }).join(), /500 to GET \/x/);
    assert.match(broken({ ...evidence(), breaches: ["way 1 led in"] }).join(), /way 1/);
    for (const size of [{ server: 600 }, { engine: 5000 }, { folder: 900 }])
      assert.match(broken({ ...evidence(), sizes: [{ server: 1, engine: 1, folder: 1, ...size }] }).join(), /at most/);
  });

  it("are counted in the account, each with what breaks it", () => {
    const { model, sizes } = evidence();
    const laws = [
      { says: "one", broken: [] },
      { says: "two", broken: ["why"] },
    ];
    const text = shown({ model, sizes, laws, faults: new Map([["restart", 2]]), updates: new Map() });
    assert.match(text, /^land +1 +0$/m);
    assert.match(text, /^faults: 2 restart$/m);
    assert.match(text, /^✓ one\n✗ two\n {4}why\n1 laws broken$/m);
  });
});

describe("the schedule of a torture", () => {
  it("is the same for the same seed, another for another, and has every fault in an hour", () => {
    const plan = (seed: number): string => JSON.stringify([...schedule(seed, 2)]);
    assert.equal(plan(1), plan(1));
    assert.notEqual(plan(1), plan(2));
    const faults = schedule(1, 60).get("faults")!;
    const found = new Set(faults.map(({ step }) => (step.act === "fault" ? step.fault : "")));
    assert.deepEqual([...found].sort(), [...FAULTS].sort());
  });

  it("takes minutes and a seed, and refuses what is none by its flag", () => {
    assert.deepEqual(parseOptions(["--minutes", "0.5", "--seed", "3"]), { minutes: 0.5, seed: 3 });
    assert.throws(() => parseOptions(["--minutes", "soon"]), /--minutes is 'soon': it must be a number above 0/);
    assert.throws(() => parseOptions(["--seed", "1.5"]), /--seed is '1\.5': it must be a whole number above 0/);
  });

  it("takes a number of kills in place of minutes", () => {
    assert.equal(parseOptions(["--kills", "50", "--seed", "3"]).kills, 50);
    assert.throws(() => parseOptions(["--kills", "0"]), /--kills is '0': it must be a whole number above 0/);
    assert.throws(() => parseOptions(["--kills", "5", "--minutes", "1"]), /give one of them/);
  });
});

describe("killed updates", () => {
  it("are told apart from undisturbed ones by every dataset that is missing, more or other", () => {
    const right = { "gold.a": "1 rows, checksum 5", "gold.b": "2 rows, checksum 6" };
    assert.deepEqual(differences(right, right), []);
    assert.deepEqual(differences(right, { "gold.a": "1 rows, checksum 7", "gold.c": "0 rows, checksum 0" }), [
      "gold.a: 1 rows, checksum 7 instead of 1 rows, checksum 5",
      "gold.b: missing instead of 2 rows, checksum 6",
      "gold.c: 0 rows, checksum 0 instead of no such dataset",
    ]);
  });

  it("are counted by kind, pipeline, fault and state, with those that ended elsewhere", () => {
    const kill = {
      pipeline: "cdc",
      kind: "first",
      fault: "kill the JVM",
      after: 5,
      state: "RUNNING",
      wrong: [],
    } as const;
    const text = shownKills([kill, { ...kill, pipeline: "medallion", wrong: ["gold.a: missing"] }]);
    assert.match(text, /^pipelines: 1 cdc, 1 medallion$/m);
    assert.match(text, /^faults: 2 kill the JVM$/m);
    assert.match(text, /^2 updates killed, 1 of them did not end where an undisturbed one does$/m);
  });
});
