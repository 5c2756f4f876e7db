/** The Pulumi CLI with its language hosts: what is on PATH, the vendor's download, or a build from Go modules. */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, keyOf, type Making } from "./cache.ts";
import { onPath, output, type Progress, run } from "./process.ts";
import { builtPrograms, sources, type Wanted } from "./programs.ts";
import { atLeast, PULUMI_CLI, parseVersion } from "./versions.ts";

/** Time that the vendor's download may take, in ms: where it is reached it takes seconds. */
const DOWNLOAD_TIMEOUT = 90_000;

/** Executables that the vendor ships beside the CLI. */
const LANGUAGE_HOST = join(import.meta.dirname, "language-host", "bin");

export interface Cli {
  pulumi: string;
  source: "PATH" | "download" | "build";
}

/** The first `pulumi` on PATH, when its version fits. */
export function findCli(env: NodeJS.ProcessEnv = process.env): Cli | undefined {
  const pulumi = onPath("pulumi", env.PATH);
  const version = pulumi
    ? parseVersion(output(pulumi, ["version"], { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }) ?? "")
    : undefined;
  const wanted = parseVersion(PULUMI_CLI)!;
  if (!pulumi || !version || version.major !== wanted.major || !atLeast(version, wanted)) return undefined;
  return { pulumi, source: "PATH" };
}

/** `together`: what is built with the CLI if the CLI has to be built. */
export async function ensureCli(progress: Progress, together: readonly Wanted[] = []): Promise<Cli> {
  const found = findCli();
  if (found) return found;
  const part = {
    name: "pulumi",
    key: keyOf(PULUMI_CLI, ...sources(), process.platform, process.arch),
    title: "Pulumi CLI",
  };
  const dir = await cached(part, progress, async (making) => {
    const why = await download(making);
    if (why === undefined) return;
    const programs = await builtPrograms(["cli", ...together], why, progress);
    const bin = join(making.dir, "bin");
    mkdirSync(bin, { recursive: true });
    for (const name of ["pulumi", "pulumi-language-yaml"]) linkOrCopy(join(programs, name), join(bin, name));
  });
  const bin = join(dir, "bin");
  if (existsSync(join(bin, "pulumi-language-nodejs"))) return { pulumi: join(bin, "pulumi"), source: "download" };
  return { pulumi: join(await withLanguageHost(bin, progress), "pulumi"), source: "build" };
}

/**
 * A folder with what was built and this checkout's language host beside it, where the CLI looks for its own and does not warn, as
 * it does about one on PATH.
 */
function withLanguageHost(bin: string, progress: Progress): Promise<string> {
  const part = { name: "pulumi-bin", key: keyOf(bin, LANGUAGE_HOST), title: "Language host" };
  return cached(part, progress, async (making) => {
    for (const name of readdirSync(bin)) linkOrCopy(join(bin, name), join(making.dir, name));
    for (const name of readdirSync(LANGUAGE_HOST)) {
      const start = join(LANGUAGE_HOST, name).replaceAll("'", "'\\''");
      writeFileSync(join(making.dir, name), `#!/bin/sh\nexec '${start}' "$@"\n`, { mode: 0o755 });
    }
  });
}

/** For large files that never change: a second name costs nothing. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // another disk
  }
}

/** Lets Pulumi's own SDK install the CLI. Answers why that was not possible. */
async function download(making: Making): Promise<string | undefined> {
  making.progress(`Pulumi CLI: downloading version ${PULUMI_CLI}`);
  const script = `import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
    import semver from "semver"; // the SDK's own dependency
    try {
      await PulumiCommand.install({ root: process.argv[1], version: new semver.SemVer("${PULUMI_CLI}") });
    } catch (error) {
      console.error(error.message);
      process.exit(1);
    }`;
  try {
    const args = ["--input-type=module", "-e", script, making.dir];
    await run(process.execPath, args, {
      title: "download the Pulumi CLI",
      cwd: import.meta.dirname,
      log: `${making.log}.download`,
      timeout: DOWNLOAD_TIMEOUT,
    });
    if (existsSync(join(making.dir, "bin", "pulumi"))) return undefined;
    return "it brought no CLI";
  } catch (error) {
    return reason(error as Error);
  }
}

/** The line that says what went wrong, of an error that quotes a log. */
export function reason(error: Error): string {
  const lines = error.message.split("\n").map((line) => line.trim());
  return (
    lines.find((line) =>
      /(fetch failed|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|dial tcp|no such host|curl:|\b40[0-9]\b|\b50[0-9]\b|no end after)/.test(
        line,
      ),
    ) ?? lines[0]!
  );
}
