/**
 * `npm start`: toolchain, local workspace, the real `pulumi up` of stack `local`, the job on real data, and what came out.
 * Exit status 0 only when all of it went well; the last line of a failure says what failed and where the log is.
 */
import { join, relative } from "node:path";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { resetFolder, type StartedWorkspace } from "lakehouse-local-workspace/control";
import { ensureToolchain } from "lakehouse-toolchain";
import { ensureGroups } from "../stack/identities.ts";
import { packArgs } from "../stack/pack.ts";
import { DATA_DIR, LOG_DIR, PROJECT_DIR } from "../stack/paths.ts";
import { groupsOf, runPulumi, STACK, selectStack, stackEnv, stackOutputs, stackSettings } from "../stack/stack.ts";
import { startWorkspace } from "../stack/workspace.ts";
import { followRun } from "./follow.ts";
import { parseOptions, type StartOptions, USAGE, UsageError } from "./options.ts";
import { writeReport } from "./report/write.ts";
import { summarize } from "./summary.ts";

const say = (line = ""): void => void process.stdout.write(`${line}\n`);
const log = relative(process.cwd(), LOG_DIR) || ".";

/** A failure that was already explained; only its summary is left to say. */
class Failed extends Error {}

async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  say(`● ${title}`);
  const result = await work();
  say(`  done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

async function run(options: StartOptions, onWorkspace: (workspace: StartedWorkspace) => void): Promise<void> {
  if (options.fresh) resetFolder(DATA_DIR);
  const tools = await step("toolchain", () => ensureToolchain({ onProgress: (line) => say(`  ${line}`) }));
  const workspace = await step("local workspace", () => startWorkspace(tools, options.port));
  onWorkspace(workspace);
  const { api } = workspace;
  say(`  ${api.host}${workspace.owned ? "" : ` (running already, process ${workspace.pid})`}`);

  const work = (async () => {
    const env = stackEnv(tools, workspace);
    const outputs = await step("pulumi up, stack local", async () => {
      await selectStack(tools, env);
      await ensureGroups(api, groupsOf(await stackSettings(tools, env)));
      const code = await runPulumi(tools, env, [
        "up",
        "--yes",
        "--skip-preview",
        "--suppress-outputs",
        "--non-interactive",
        ...(await packArgs(tools, env, STACK)),
      ]);
      if (code !== 0) throw new Failed("pulumi up failed (its errors are above)");
      return stackOutputs(tools, env);
    });
    await runJob(api, outputs, options);
  })();
  await Promise.race([work, workspace.died]);
}

async function runJob(api: WorkspaceApi, outputs: Record<string, string>, options: StartOptions): Promise<void> {
  const followed = await step("job: generate → medallion → cdc", async () => {
    const { run_id } = await api.post<{ run_id: number }>("/api/2.2/jobs/run-now", {
      job_id: Number(outputs.jobId),
      job_parameters: {
        ...(options.scale === undefined ? {} : { scale: options.scale }),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
      },
    });
    return followRun(api, run_id, say);
  });
  const { state } = followed.run;
  if (state.result_state !== "SUCCESS") {
    throw new Failed(
      `the job ended ${state.result_state ?? state.life_cycle_state}: ${state.state_message ?? "see above"}`,
    );
  }
  for (const line of await summarize(api, outputs.catalogName!, followed)) say(line);
  if (options.report !== undefined) {
    const { report, dataDiff } = options;
    say(`\nreport: ${await writeReport(report, { api, catalog: outputs.catalogName!, followed, dataDiff })}`);
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    say(USAGE);
    return 0;
  }
  let workspace: StartedWorkspace | undefined;
  let interrupted = false;
  const interrupt = new Promise<"interrupted">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        interrupted = true;
        resolve("interrupted");
      });
    }
  });
  try {
    const ended = await Promise.race([run(options, (started) => (workspace = started)), interrupt]);
    if (ended === "interrupted") {
      say("\nstopping");
      return 130;
    }
    say(`\nworkspace: ${workspace?.api.host}`);
    if (workspace && !workspace.owned) {
      say("It was running before and goes on; `npm run workspace -- stop` stops it.");
    } else if (options.serve && workspace) {
      say("It stays up; open it in a browser. Ctrl-C stops everything.");
      await Promise.race([interrupt, workspace.died]);
      say("\nstopping");
    } else {
      say(`It stops now; \`npm start -- --serve\` keeps it up. State stays in ${relative(PROJECT_DIR, DATA_DIR)}/.`);
    }
    return 0;
  } catch (error) {
    if (interrupted) return 130;
    const what = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\nnpm start failed: ${what}; logs are in ${join(log, "/")}\n`);
    return 1;
  } finally {
    await workspace?.stop();
  }
}

process.chdir(PROJECT_DIR);
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
