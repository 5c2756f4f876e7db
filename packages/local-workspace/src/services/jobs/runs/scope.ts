/** What the dynamic value references of a task run stand for. */
import { parseExact } from "../../../core/exact-json.ts";
import type { Trigger } from "../schemas.ts";
import type { TaskWork } from "./executor.ts";
import { type ReferenceScope, resolveText } from "./references.ts";
import { allTaskRuns, getTaskValue } from "./store.ts";
import type { TaskRun } from "./types.ts";

/** @param json the rows as the task's output keeps them */
const rowsOf = (json: string | undefined): Record<string, unknown>[] | undefined =>
  json === undefined ? undefined : (parseExact(json) as Record<string, unknown>[]);

/** Result states as `{{tasks.x.result_state}}` writes them. */
const resultText = (run: TaskRun): string => (run.state.result ?? "").toLowerCase();

export function scopeOf({ context, run, taskRun }: TaskWork): ReferenceScope {
  const runs = allTaskRuns(context.db, run.runId).filter((other) => !other.iteration);
  const latest = new Map(runs.map((other) => [other.taskKey, other]));
  const executions = (key: string): number => runs.filter((other) => other.taskKey === key).length;
  const scope: ReferenceScope = {
    job: {
      id: run.jobId ?? 0,
      name: run.settings.name,
      runId: run.runId,
      repairCount: run.repairs.length,
      startTime: run.times.start,
      trigger: run.trigger.toLowerCase(),
      arrivals: (run.settings.trigger as Trigger | undefined)?.file_arrival?.url,
    },
    parameters: new Map(),
    task: {
      name: taskRun.taskKey,
      runId: taskRun.runId,
      executionCount: taskRun.iteration ? taskRun.attempt + 1 : executions(taskRun.taskKey),
      notebookPath: taskRun.task.notebook_task?.notebook_path,
    },
    tasks(name) {
      const other = latest.get(name);
      if (!other) return undefined;
      const errorCode = other.state.result === "SUCCESS" ? "" : (other.state.code ?? "");
      return { runId: other.runId, result: resultText(other), errorCode, executionCount: executions(name) };
    },
    value: (task, key) => getTaskValue(context.db, run.runId, task, key),
    rows: (name) => rowsOf(latest.get(name)?.output.sqlRows),
    input: taskRun.iteration?.input,
    workspace: { id: context.workspaceId, url: context.host() },
  };
  return {
    ...scope,
    parameters: new Map(run.jobParameters.map((p) => [p.name, resolveText(p.value ?? p.default ?? "", scope)])),
  };
}
