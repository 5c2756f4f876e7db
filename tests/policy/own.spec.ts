/**
 * This project's program with the settings of each kind of stack, through the analyzer protocol with the configuration that the stack gets: no
 * finding. In a preview, where no id is known yet, and in an update.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { configOf, type PackConfig, withSettings } from "../../scripts/stack/pack.ts";
import { PROJECT } from "../../scripts/stack/stack.ts";
import { parseSettings } from "../../settings.ts";
import { ROOT } from "./cli.ts";
import { Pack, type Sent } from "./pack.ts";
import { registered } from "./registered.ts";

/** What an account puts where the files have placeholders. */
const FILLED: readonly (readonly [placeholder: RegExp, value: string])[] = [
  [/0{8}-0000-4000-8000-0{11}/g, "5f3c1d9e-7a42-4b1c-9d0e-6b8a2c4e1f0"],
  [/1234567890123456/g, "3456701289345670"],
  [/@example\.com/g, "@acme.io"],
];

function configurationOf(kind: string, more: Record<string, unknown>): Record<string, string> {
  let text = readFileSync(join(ROOT, `Pulumi.${kind}.yaml`), "utf8");
  for (const [placeholder, value] of FILLED) text = text.replace(placeholder, value);
  const { config } = parse(text) as { config: Record<string, unknown> };
  const all = {
    ...config,
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`${PROJECT}:${key}`, value])),
  };
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

let runs = 0;
/** What the program registers, with what is not known in a preview, and which resources a value comes from. */
function ofProgram(stack: string, config: Record<string, string>, preview: boolean): Promise<Sent[]> {
  runs += 1;
  // A module of its own for each run.
  return registered(() => import(`../../index.ts?${runs}`), { project: PROJECT, stack, config, preview });
}

/** Levels as the protocol takes them. */
const asConfigured = (config: PackConfig): Parameters<Pack["configure"]>[0] =>
  Object.fromEntries(
    Object.entries(config).map(([rule, value]) => {
      const { enforcementLevel, ...settings } =
        typeof value === "string" ? { enforcementLevel: value } : (value as Record<string, unknown>);
      return [
        rule,
        { ...settings, ...(enforcementLevel === undefined ? {} : { level: enforcementLevel as "mandatory" }) },
      ];
    }),
  );

const FILE = ["as its file says", {}] as const;
const EVERY_PART = [
  "with every part",
  {
    warehouse: { size: "Small" },
    dashboard: true,
    quality: { staleHours: 6 },
    secretScope: true,
    alerts: ["data-alerts@acme.io"],
  },
] as const;
const CLASSIC = [
  "on classic compute",
  {
    compute: {
      kind: "classic",
      clusterPolicyId: "E0123456789ABCDE",
      maxWorkers: 8,
      budgetPolicyId: "5f7e2c1a-8b3d-4e6f-9a0b-1c2d3e4f5a6b",
    },
  },
] as const;
const RUNS = [
  ...["local", "dev", "free", "pr", "prod"].map((kind) => [kind, ...FILE, true] as const),
  ["local", ...EVERY_PART, true],
  ["pr", ...EVERY_PART, true],
  ["prod", ...EVERY_PART, true],
  ["prod", ...EVERY_PART, false],
  ["dev", ...CLASSIC, true],
  ["prod", ...CLASSIC, true],
] as const;

describe("this project's program and the policy pack", () => {
  let pack: Pack;
  before(async () => {
    pack = await Pack.start();
  });
  after(() => pack?.stop());

  for (const [kind, variant, more, preview] of RUNS)
    it(`agree on stack ${kind} ${variant}, in ${preview ? "a preview" : "an update"}`, async () => {
      const stack = kind === "pr" ? "pr-123" : kind;
      const values = configurationOf(kind, { ...more, ...(kind === "pr" ? { suffix: "pr_123" } : {}) });
      const settings = parseSettings({ project: PROJECT, stack, values, isSecret: () => false });
      await pack.configure(asConfigured(withSettings(configOf(stack, settings.environment), settings)));
      const program = await ofProgram(stack, values, preview);
      assert.ok(program.length > 50, `${program.length} resources`);
      const found = await pack.preview(program);
      assert.deepEqual(
        found.map(({ policy, level, message }) => `${level} ${policy}: ${message}`),
        [],
      );
    });
});
