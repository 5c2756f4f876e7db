/** Code that runs in the engine for a task: its files put where it imports from, its prints collected, its end told. */
import type { EngineParams } from "lakehouse-engine/protocol";
import { EngineError } from "../../../core/engine-client.ts";
import { Part } from "../../../core/part.ts";
import type { Context } from "../../../core/service.ts";
import { actingAs } from "../../identity/acting.ts";
import { loginOf } from "../../identity/tokens.ts";
import { materialise, mirror } from "../../workspace/mirror.ts";
import { workspaceTree } from "../../workspace/tree.ts";
import { dependenciesOf } from "./dependencies.ts";
import type { TaskWork } from "./executor.ts";
import { TaskFailure } from "./failure.ts";
import { sparkConfOf } from "./spark-conf.ts";
import { getJobRun, getTaskRun, getTaskValue, setTaskValue } from "./store.ts";
import type { Output } from "./types.ts";

/** What the tasks add to the parameters that every run has. */
type What<M extends RunMethod> = Omit<EngineParams<M>, "runId" | "sysPath" | "dependencies" | "principal"> & {
  sysPath?: string[];
  /** Else those of the task. */
  dependencies?: string[];
};
type RunMethod = "notebook.run" | "python.run";

/** What is kept of a run's prints: the end, as Databricks keeps it. */
const LOG_LIMIT = 5 * 1024 * 1024;
/** What the runs that go on have printed, by run. */
const printed = new Part<Map<string, string>>(() => new Map());

export async function runInEngine<M extends RunMethod>(work: TaskWork, method: M, what: What<M>): Promise<Output> {
  const { context, run, taskRun, signal } = work;
  signal.throwIfAborted(); // while its sources were fetched
  const runId = String(taskRun.runId);
  const cancel = (): void => void context.engine.request("notebook.cancel", { runId }).catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  const logs = printed.of(context);
  logs.set(runId, "");
  try {
    const sysPath = what.sysPath ?? materialise(context, what.path);
    const params = {
      ...what,
      runId,
      sysPath,
      dependencies: what.dependencies ?? dependenciesOf(work),
      sparkConf: sparkConfOf(work),
      principal: run.runAs,
    };
    const answer = await context.engine.request(method, params as unknown as EngineParams<M>);
    const output: Output = { ...outputLogs(logs.get(runId)) };
    if (answer.error) {
      const { message, trace } = answer.error;
      throw new TaskFailure(message, { output: { ...output, error: message, ...(trace ? { trace } : {}) } });
    }
    if (method === "notebook.run") output.notebook = { result: answer.result, truncated: answer.truncated };
    return output;
  } catch (error) {
    if (!(error instanceof EngineError) || error.errorClass.startsWith("ENGINE_")) throw error;
    const code = error.errorClass === "LIBRARY_INSTALLATION_FAILED" ? { code: "LIBRARY_INSTALLATION_ERROR" } : {};
    throw new TaskFailure(error.message, { output: outputLogs(logs.get(runId)), ...code });
  } finally {
    signal.removeEventListener("abort", cancel);
    logs.delete(runId);
  }
}

function outputLogs(text = ""): Output {
  if (!text) return {};
  return { logs: text.slice(-LOG_LIMIT), ...(text.length > LOG_LIMIT ? { logsTruncated: true } : {}) };
}

/** Listens to prints, and answers `dbutils.jobs.taskValues` (`task.setValue`, `task.getValue`). */
export function listenToRuns(context: Context): void {
  const { engine, db } = context;
  const logs = printed.of(context);
  engine.onNotification("notebook.output", ({ runId, text }) => {
    const before = logs.get(runId);
    if (before === undefined) return;
    const all = before + text;
    logs.set(runId, all.length > 2 * LOG_LIMIT ? all.slice(-LOG_LIMIT - 1) : all);
  });
  engine.onRequest("task.setValue", ({ runId, key, json }) => {
    const taskRun = getTaskRun(db, Number(runId));
    if (taskRun) setTaskValue(db, taskRun.jobRunId, taskRun.taskKey, key, json);
    return {};
  });
  engine.onRequest("task.getValue", ({ runId, taskKey, key }) => {
    const taskRun = getTaskRun(db, Number(runId));
    const found = taskRun && getTaskValue(db, taskRun.jobRunId, taskKey, key);
    return found === undefined ? { found: false } : { found: true, json: found };
  });
  engine.onRequest("workspace.requireRead", ({ principal, path }) => {
    workspaceTree(context).requireRead(context, actingAs(context, { runAs: principal }), path);
    return {};
  });
  engine.onRequest("workspace.mirror", ({ principal, path }) => {
    workspaceTree(context).requireRead(context, actingAs(context, { runAs: String(principal) }), path);
    mirror(context, path);
    return {};
  });
  engine.onRequest("run.login", ({ principal }) => {
    const { id } = actingAs(context, { runAs: principal });
    return { host: context.host(), token: loginOf(db, id) };
  });
  engine.onRequest("task.context", ({ runId }) => {
    const taskRun = getTaskRun(db, Number(runId));
    const run = taskRun && getJobRun(db, taskRun.jobRunId);
    const workspace = { host: context.host(), workspaceId: context.workspaceId };
    return { ...workspace, jobId: run?.jobId, jobRunId: run?.runId, taskKey: taskRun?.taskKey, runId };
  });
}
