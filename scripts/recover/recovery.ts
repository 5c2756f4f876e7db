/** Finds what a stack's state misses, and puts it there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { State } from "../drift/state.ts";
import { errorsIn, streamed } from "../pull-request/preview.ts";
import { eventsIn } from "../pull-request/resources.ts";
import { PROJECT_DIR } from "../stack/paths.ts";
import { cwdOf, type Place } from "../stack/place.ts";
import { pulumiText, runPulumi } from "../stack/stack.ts";
import { importFile, withoutPending } from "./import.ts";
import { KINDS } from "./kinds.ts";
import { type Orphan, shown } from "./model.ts";
import type { RecoverOptions } from "./options.ts";
import { actionFor, orphansOf, wantedIn } from "./orphans.ts";
import { staleIn } from "./stale.ts";

const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** What is imported makes more of the program known: below a catalog its schemas, and so on. */
const ROUNDS = 8;

interface Found {
  readonly orphans: readonly Orphan[];
  /** Resources whose state is older than the workspace. */
  readonly stale: readonly string[];
}

export interface Outcome extends Found {
  /** What was imported or deleted. */
  readonly recovered: readonly Orphan[];
}

export class Recovery {
  readonly #place: Place;
  readonly #options: RecoverOptions;
  readonly #cwd: string;

  constructor(place: Place, options: RecoverOptions) {
    this.#place = place;
    this.#options = options;
    this.#cwd = cwdOf(options.flags, PROJECT_DIR);
  }

  get #at(): string[] {
    return ["--stack", this.#options.stack, "--cwd", this.#cwd];
  }

  #text(args: readonly string[]): Promise<string> {
    return pulumiText(this.#place.tools, this.#place.env, [...args, ...this.#at]);
  }

  async run(): Promise<Outcome> {
    let found = await this.#look();
    const recovered: Orphan[] = [];
    if (this.#options.mode === "list") return { recovered, ...found };
    for (let round = 1; round <= ROUNDS && (await this.#mend(found)); round++) {
      const { orphans } = found;
      found = await this.#look();
      const left = new Set(found.orphans.map(shown));
      recovered.push(...orphans.filter((orphan) => !left.has(shown(orphan))));
    }
    await this.#clearPending();
    return { recovered, ...found };
  }

  /** By the program as it is in this checkout. */
  async #look(): Promise<Found> {
    const { tools, env, connect } = this.#place;
    const state = new State(JSON.parse(await this.#text(["stack", "export"])));
    const args = ["preview", "--json", "--non-interactive", "--stack", this.#options.stack, ...this.#options.flags];
    // The components refuse to make what exists; here it is looked for.
    const quiet = { ...env, LAKEHOUSE_RECOVER: "1" };
    const { code, lines } = await streamed(tools.pulumi, args, { cwd: this.#cwd, env: quiet });
    const events = eventsIn(lines);
    if (code !== 0) throw new Error(`pulumi preview failed: ${errorsIn(events).join("\n")}`);
    const api = await connect();
    return { orphans: await orphansOf(api, state, wantedIn(events)), stale: await staleIn(api, state) };
  }

  /** @returns whether anything was done */
  async #mend({ orphans, stale }: Found): Promise<boolean> {
    const { mode } = this.#options;
    const of = (wanted: string): Orphan[] => orphans.filter((orphan) => actionFor(orphan, mode) === wanted);
    const api = await this.#place.connect();
    // What is within another is found after it, and goes first.
    for (const orphan of of("delete").reverse()) {
      note(`delete ${shown(orphan)}`);
      await KINDS[orphan.wanted.kind]!.remove(api, orphan.match.id);
    }
    const imported = of("import");
    if (imported.length > 0) await this.#import(imported);
    if (stale.length > 0) {
      const targets = stale.flatMap((urn) => ["--target", urn]);
      note(await this.#text(["refresh", "--yes", "--skip-preview", "--non-interactive", ...targets]));
    }
    return imported.length + of("delete").length + stale.length > 0;
  }

  async #import(orphans: readonly Orphan[]): Promise<void> {
    const dir = mkdtempSync(join(tmpdir(), "recover-"));
    try {
      const file = join(dir, "import.json");
      writeFileSync(file, JSON.stringify(importFile(orphans), null, 2));
      const { tools, env } = this.#place;
      const args = ["import", "--file", file, "--generate-code=false", "--protect=false", "--yes", "--skip-preview"];
      if ((await runPulumi(tools, env, [...args, "--non-interactive", ...this.#at], { onLine: note })) !== 0)
        throw new Error("pulumi import failed (see above)");
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  /** A CLI that was killed leaves its creates as pending in the state; each was looked for now. */
  async #clearPending(): Promise<void> {
    const { without, count } = withoutPending(JSON.parse(await this.#text(["stack", "export"])));
    if (count === 0) return;
    const dir = mkdtempSync(join(tmpdir(), "recover-"));
    try {
      const file = join(dir, "state.json");
      writeFileSync(file, JSON.stringify(without), { mode: 0o600 });
      await this.#text(["stack", "import", "--file", file]);
      note(`${count} pending creates are cleared from the state`);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}
