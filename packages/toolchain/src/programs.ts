/**
 * Pulumi's programs, built from the locked Go modules in go/ where the vendor's downloads are out of reach. They share one
 * module and one build, so that what several of them import is compiled once; module and build caches last as long as the build.
 */
import { copyFileSync, cpSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cached, contentsOf, keyOf, type Making } from "./cache.ts";
import { ensureGo, localGo } from "./go.ts";
import { heartbeat, output, type Progress, run, ToolchainError } from "./process.ts";
import { PULUMI_CLI } from "./versions.ts";

const MODULE = join(import.meta.dirname, "go");

/** What can be wanted, and the Go packages whose programs that takes. */
const PACKAGES = {
  /** The CLI and the language host that its download brings and ours does not replace. */
  cli: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"],
  /** The Databricks plugin, and the generator of the two files that it reads at its start. */
  plugin: ["./cmd/pulumi-resource-databricks", "./cmd/tfgen"],
} as const;
export type Wanted = keyof typeof PACKAGES;
const TITLES: Readonly<Record<Wanted, string>> = { cli: "Pulumi CLI", plugin: "Databricks plugin" };

/** Beside the plugin. */
export const PLUGIN_FILES = ["schema.json", "bridge-metadata.json"] as const;

/** Of processor time, for both; the estimate that is shown. */
const SECONDS = { cli: 430, plugin: 430, shared: 180 };

/** What the programs are built from, for a key. */
export const sources = (): string[] => contentsOf(MODULE);

/** A folder with the programs, and with the plugin's files beside it. */
export function builtPrograms(wanted: readonly Wanted[], why: string, progress: Progress): Promise<string> {
  const title = wanted.map((each) => TITLES[each]).join(" and ");
  const key = keyOf(PULUMI_CLI, ...wanted, ...sources(), process.platform, process.arch);
  return cached({ name: "programs", key, title }, progress, async (making) => {
    progress(`${title}: the vendor's download is out of reach (${why}); building, about ${estimate(wanted)} minutes`);
    await build(wanted, title, making);
  });
}

/** Whole minutes, if the machine does nothing else. */
function estimate(wanted: readonly Wanted[]): number {
  const seconds = wanted.reduce((sum, each) => sum + SECONDS[each], 0) - (wanted.length > 1 ? SECONDS.shared : 0);
  return Math.ceil(seconds / 60 / Math.min(availableParallelism(), 8));
}

async function build(wanted: readonly Wanted[], title: string, making: Making): Promise<void> {
  const { dir, scratch, log, progress } = making;
  const go = await ensureGo(progress);
  const cwd = join(scratch, "module");
  cpSync(MODULE, cwd, { recursive: true });
  const env: NodeJS.ProcessEnv = {
    ...localGo(),
    GOMODCACHE: join(scratch, "modules"),
    GOCACHE: join(scratch, "build"),
    GOTMPDIR: scratch,
    // -modcacherw: the module cache is read-only by default and could not be removed.
    GOFLAGS: "-mod=readonly -modcacherw",
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
  delete env.GOROOT;
  await compile(
    go,
    wanted.flatMap((each) => PACKAGES[each]),
    { cwd, env, log, title, target: dir, progress },
  );
  if (wanted.includes("cli") && !runs(join(dir, "pulumi"))) {
    throw new ToolchainError(`The Pulumi CLI that was built does not run. The log is ${log}.`);
  }
  if (wanted.includes("plugin")) await generate(making);
}

function runs(pulumi: string): boolean {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return output(pulumi, ["version"], env)?.includes(PULUMI_CLI) ?? false;
}

async function compile(
  go: string,
  packages: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; log: string; title: string; target: string; progress: Progress },
): Promise<void> {
  const { title, target, progress, ...rest } = options;
  let modules = 0;
  let built = 0;
  let total = 0;
  const stop = heartbeat(title, progress, () =>
    total > 0 ? `${built} of ${total} packages built` : `${modules} modules downloaded`,
  );
  try {
    let listed = 0;
    await run(go, ["list", "-deps", ...packages], {
      ...rest,
      title: `download the modules of ${title}`,
      onLine: (line) => {
        if (line.startsWith("go: downloading")) modules += 1;
        else listed += 1;
      },
    });
    total = listed;
    const version = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI_CLI}`;
    // No debugging information: the linker would leave it out in any case.
    const flags = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", `-s -w ${version}`];
    await run(go, ["build", "-v", ...flags, "-o", `${target}/`, ...packages], {
      ...rest,
      title: `build ${title}`,
      onLine: (line) => {
        if (!line.startsWith("go: ")) built += 1;
      },
    });
  } finally {
    stop();
  }
}

/** Writes the files that the plugin reads at its start. */
async function generate({ dir, scratch, log }: Making): Promise<void> {
  const generator = join(dir, "tfgen");
  const out = join(scratch, "generated");
  await run(generator, ["schema", "--skip-docs", "--skip-examples", "--out", out], {
    title: "write the Databricks plugin's schema",
    log,
    cwd: join(scratch, "module"),
    env: { ...process.env, PULUMI_SKIP_MISSING_MAPPING_ERROR: "true", PULUMI_SKIP_EXTRA_MAPPING_ERROR: "true" },
  });
  for (const name of PLUGIN_FILES) copyFileSync(join(out, name), join(dir, name));
  rmSync(generator);
}
