/** Runs the preview of a stack with the policy pack, and reads the engine's events. */
import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { reportOf } from "../policy/events.ts";
import { packArgs } from "../stack/pack.ts";
import { PROJECT_DIR } from "../stack/paths.ts";
import { cwdOf, type Place as StackPlace } from "../stack/place.ts";
import { PROJECT } from "../stack/stack.ts";
import type { Place, Preview } from "./model.ts";
import { changesIn, eventsIn, parentsIn } from "./resources.ts";

export interface Streamed {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs a command of the CLI that streams events as JSON; its own messages go to stderr. */
export async function streamed(
  pulumi: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Streamed> {
  const child = spawn(pulumi, [...args], {
    cwd: options.cwd,
    env: { ...options.env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => chunks.push(data));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  return { code, lines: Buffer.concat(chunks).toString("utf8").split("\n") };
}

/** The engine's messages that say why it failed. */
export function errorsIn(events: readonly object[]): string[] {
  const said = (events as readonly { diagnosticEvent?: { severity: string; message: string } }[]).flatMap(
    ({ diagnosticEvent }) => diagnosticEvent ?? [],
  );
  return said.filter(({ severity }) => severity === "error").map(({ message }) => message.trim());
}

/** @param places where the program makes a resource of a name */
export function previewOf(
  project: string,
  stack: string,
  { code, lines }: Streamed,
  places: (name: string) => Place | undefined = () => undefined,
): Preview {
  const { violations, exemptions, errors } = reportOf(project, stack, lines);
  const events = eventsIn(lines);
  const parents = parentsIn(events);
  /** Where the program makes the resource, or the component that makes it. */
  function placeOf(urn: string): Place | undefined {
    for (let at: string | undefined = urn; at !== undefined; at = parents.get(at)) {
      const place = places(at.split("::").slice(3).join("::"));
      if (place !== undefined) return place;
    }
    return undefined;
  }
  return {
    project,
    stack,
    ok: code === 0,
    ...changesIn(events),
    violations: violations.map((one) => ({ ...one, place: placeOf(one.urn) })),
    exemptions,
    errors,
  };
}

/**
 * Where the program's own files make a resource: `new Type("name"`. The engine's events do not say; a name that stands
 * in no file, or in several places, has no place.
 */
export function placesIn(root: string): (name: string) => Place | undefined {
  const found = new Map<string, Place[]>();
  for (const file of globSync("*.ts", { cwd: root }).sort()) {
    const text = readFileSync(join(root, file), "utf8");
    for (const match of text.matchAll(/\bnew\s+[\w.]+\(\s*(["'`])([^"'`$]+)\1/g)) {
      const line = text.slice(0, match.index).split("\n").length;
      found.set(match[2]!, [...(found.get(match[2]!) ?? []), { file, line }]);
    }
  }
  return (name) => {
    const places = found.get(name) ?? [];
    return places.length === 1 ? places[0] : undefined;
  };
}

/** Previews a stack of this project with the policy pack. */
export async function previewStack(
  { tools, env }: StackPlace,
  stack: string,
  flags: readonly string[],
): Promise<Preview> {
  const cwd = cwdOf(flags, PROJECT_DIR);
  const pack = await packArgs(tools, env, stack, flags);
  const args = ["preview", "--json", "--non-interactive", "--stack", stack, ...pack, ...flags];
  return previewOf(PROJECT, stack, await streamed(tools.pulumi, args, { cwd, env }), placesIn(cwd));
}
