/** Plans that were approved, and the environments of pull requests, as functions; tests/ci/scripts.spec.ts runs them. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptions as deployOptions } from "../../scripts/deploy/options.ts";
import { deviations, planFile, readPreview, savePreview } from "../../scripts/deploy/plan.ts";
import { parseOptions as environmentOptions } from "../../scripts/environment/options.ts";
import { outdated, stackName, suffixOf } from "../../scripts/environment/stacks.ts";
import type { Operation, Preview, ResourceChange } from "../../scripts/pull-request/model.ts";

const change = (operation: Operation, name: string, properties: string[] = []): ResourceChange => ({
  urn: `urn::${name}`,
  type: "Job",
  name,
  operation,
  properties,
  replacedBy: [],
  isProtected: false,
  isRetained: false,
});
const preview = (...changes: ResourceChange[]): Preview => ({
  project: "p",
  stack: "dev",
  ok: true,
  seconds: 1,
  unchanged: 0,
  changes,
  violations: [],
  exemptions: [],
  errors: [],
});

describe("a plan that was approved", () => {
  it("is what runs when the preview shows the same, in whatever order", () => {
    const a = change("update", "a", ["x", "y"]);
    assert.deepEqual(
      deviations(preview(a, change("create", "b")), preview(change("create", "b"), { ...a, properties: ["y", "x"] })),
      [],
    );
  });

  it("is refused for another operation, another property, more work and less", () => {
    const planned = preview(change("update", "a", ["x"]), change("create", "b"), change("update", "c", ["x"]));
    const now = preview(change("replace", "a", ["x"]), change("update", "c", ["x", "y"]), change("delete", "d"));
    assert.deepEqual(deviations(planned, now), [
      "planned: update Job a (x); now: replace Job a (x)",
      "no longer to do: create Job b",
      "planned: update Job c (x); now: update Job c (x, y)",
      "not in the plan: delete Job d",
    ]);
  });

  it("is refused for other values of the same properties", () => {
    const [planned, now] = ["a1", "b2"].map((digest) => preview({ ...change("create", "a"), digest }));
    assert.deepEqual(deviations(planned!, now!), ["planned: create Job a; now: the same with other values"]);
  });

  it("is refused when it is of another stack or incomplete", () => {
    const dir = mkdtempSync(join(tmpdir(), "olist-plan-"));
    try {
      assert.throws(() => readPreview(dir, "dev"), /There is no plan\.json in .*--save-plan/);
      writeFileSync(planFile(dir), "{}");
      savePreview(dir, preview());
      assert.equal(readPreview(dir, "dev").stack, "dev");
      assert.throws(() => readPreview(dir, "prod"), /is of stack dev, not of prod/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("has arguments that are refused by name when they are wrong", () => {
    assert.throws(() => deployOptions([]), /--stack NAME is missing/);
    assert.throws(() => deployOptions(["--stack", "dev", "--plan", "a", "--save-plan", "b"]), /give one of them/);
    assert.throws(() => deployOptions(["--stack", "dev", "--plan", ""]), /--plan is empty/);
    assert.throws(() => deployOptions(["--stack", "dev", "--force"]), /--force/);
  });
});

describe("environments of pull requests", () => {
  const now = new Date("2026-11-29T12:00:00Z");
  const stack = (number: number, expires?: string) => ({
    name: stackName(number),
    number,
    expires: expires ? new Date(expires) : undefined,
  });

  it("have names of their own", () => {
    assert.deepEqual([stackName(12), suffixOf(12)], ["pr-12", "pr_12"]);
  });

  it("are swept when their time has ended, when nothing says when it does, and when nobody wants them any more", () => {
    const stacks = [stack(1, "2026-11-29T11:59:59Z"), stack(2, "2026-11-30T00:00:00Z"), stack(3)];
    assert.deepEqual(
      outdated(stacks, now).map(([{ number }]) => number),
      [1, 3],
    );
    assert.deepEqual(
      outdated(stacks, now, [1, 3]).map(([{ number }, reason]) => `${number} ${reason.split(" ")[0]}`),
      ["1 its", "2 its", "3 nothing"],
    );
    assert.match(outdated([stack(2, "2026-11-30T00:00:00Z")], now, [])[0]![1], /closed or has lost the label/);
  });

  it("have arguments that are refused by name when they are wrong", () => {
    for (const [args, message] of [
      [[], /A command is missing: up, destroy or sweep/],
      [["down"], /no command 'down'/],
      [["up"], /--number is missing/],
      [["up", "--number", "0"], /--number is '0': it must be a whole number from 1/],
      [["destroy", "--number", "7; rm"], /--number is '7; rm'/],
      [["destroy", "--number", "7", "--ttl", "3"], /--ttl does not belong to destroy/],
      [["sweep", "--open", "1,x"], /--open is 'x'/],
    ] as const)
      assert.throws(() => environmentOptions(args), message);
    assert.deepEqual(environmentOptions(["sweep", "--open", ""]), { command: "sweep", cwd: undefined, open: [] });
  });
});
