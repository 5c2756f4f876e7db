/** Texts for the parsers: each may refuse a text with its own error, and must do so soon. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureToolchain } from "lakehouse-toolchain";
import { parseQuartz, QuartzError } from "../../components/quartz.ts";
import { parseSettings, SettingsError } from "../../settings.ts";
import { Random } from "../random.ts";
import { PROJECT_DIR } from "../stack/paths.ts";
import { PROJECT } from "../stack/stack.ts";
import type { Finding } from "./rest.ts";
import { HOSTILE_TEXTS, Values } from "./values.ts";

/** Longer than any text here takes, in ms. */
const LONGEST = 2_000;
const SETTINGS = [
  ...["environment", "suffix", "codeRoot", "roles", "runAs", "alerts", "schedule", "compute", "tags", "generator"],
  ...["workspaceIds", "storageRoot", "warehouse", "personalData", "secretScope", "dashboard", "quality", "account"],
];
const CRON = [
  "0",
  "*",
  "?",
  "*/5",
  "1-5",
  "MON",
  "JAN",
  "L",
  "W",
  "LW",
  "1#3",
  "L-3",
  "99",
  "-1",
  "2026",
  "0/0",
  "MON-FRI",
  ",",
];

export interface Parsed {
  readonly counts: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

function settings(random: Random): () => unknown {
  const values = new Values(random);
  const given: [string, string][] = [];
  for (const key of [...SETTINGS, random.of(HOSTILE_TEXTS)]) {
    if (!random.chance(0.4)) continue;
    const value = values.of({
      anyOf: [{ type: "string" }, { type: "object", additionalProperties: {} }, { type: "array" }],
    });
    given.push([`${PROJECT}:${key}`, typeof value === "string" ? value : JSON.stringify(value)]);
  }
  const stack = random.of(["local", "dev", "prod", ...HOSTILE_TEXTS]);
  return () =>
    parseSettings({ project: PROJECT, stack, values: Object.fromEntries(given), others: { databricks: [] } });
}

function cron(random: Random): [string, () => unknown] {
  const parts = Array.from({ length: random.whole(0, 8) }, () => random.of(random.chance(0.1) ? HOSTILE_TEXTS : CRON));
  const text = parts.join(random.of([" ", " ", " ", ","]));
  return [text, () => parseQuartz(text)];
}

/** Runs `parse`; anything but a value or its own error is a finding. */
function tried(
  what: string,
  text: string,
  parse: () => unknown,
  own: abstract new (...args: never[]) => Error,
): Finding[] {
  const began = performance.now();
  try {
    parse();
  } catch (error) {
    if (!(error instanceof own)) return [{ what: `${what}: ${(error as Error).stack}`, how: text }];
  }
  const took = performance.now() - began;
  return took > LONGEST ? [{ what: `${what} took ${Math.round(took)} ms`, how: text }] : [];
}

/** @param count texts for each parser */
export async function fuzzParsers(seed: number, count: number): Promise<Parsed> {
  const random = new Random(seed, "parsers");
  const findings: Finding[] = [];
  for (let at = 0; at < count; at++) {
    findings.push(...tried("settings", `text ${at} of this seed`, settings(random), SettingsError));
    const [text, parse] = cron(random);
    findings.push(...tried("Quartz", JSON.stringify(text), parse, QuartzError));
  }
  const counts = new Map([
    ["settings", count],
    ["Quartz", count],
  ]);
  const engine = await fuzzEngine(seed, count);
  for (const [parser, times] of engine.counts) counts.set(parser, times);
  return { counts, findings: [...findings, ...engine.findings] };
}

/** The engine's parsers of SQL and notebooks, in the engine's own Python; Spark does not run. */
async function fuzzEngine(seed: number, count: number): Promise<Parsed> {
  const tools = await ensureToolchain();
  const script = join(PROJECT_DIR, "scripts", "fuzz", "parsers.py");
  const child = spawn(tools.engineEnv.ENGINE_PYTHON!, [script, String(seed), String(count)], {
    env: { ...process.env, ...tools.engineEnv },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data));
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`${script} ended with status ${code}`);
  const { counts, findings } = JSON.parse(said) as { counts: Record<string, number>; findings: Finding[] };
  return { counts: new Map(Object.entries(counts)), findings };
}
