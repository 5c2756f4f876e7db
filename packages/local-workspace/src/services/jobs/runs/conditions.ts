/** Pure rules of a job run: may a task start, must it run again, what did the whole run come to. */
import { failed, isEnded, type State, succeeded, type Task, type TaskRun } from "./types.ts";

export type Decision = { act: "wait" } | { act: "start" } | { act: "end"; state: State };

const EXCLUDED_MESSAGE = "Task excluded: its condition was not met.";

/**
 * run_if, as https://docs.databricks.com/aws/en/jobs/run-if describes it: an excluded dependency counts as a success,
 * unless all dependencies are excluded; then the task is excluded, too.
 */
export function decide(task: Task, runs: ReadonlyMap<string, TaskRun>): Decision {
  if (task.disabled)
    return {
      act: "end",
      state: { lifeCycle: "TERMINATED", result: "DISABLED", message: "Task is disabled.", code: "DISABLED" },
    };
  const dependencies = (task.depends_on ?? []).flatMap(({ task_key, outcome }) => {
    const run = runs.get(task_key);
    return run ? [{ key: task_key, run, outcome }] : [];
  });
  if (dependencies.some(({ run }) => !isEnded(run.state))) return { act: "wait" };
  if (dependencies.length === 0) return { act: "start" };

  const excluded = dependencies.filter(
    ({ run, outcome }) =>
      run.state.result === "EXCLUDED" ||
      run.state.result === "DISABLED" ||
      (outcome !== undefined && succeeded(run.state) && run.output.condition?.outcome !== outcome),
  );
  if (excluded.length === dependencies.length) return excludedDecision();
  const rest = dependencies.filter((dependency) => !excluded.includes(dependency));
  const bad = rest.filter(({ run }) => failed(run.state));
  const good = rest.length - bad.length;
  const met = {
    ALL_SUCCESS: bad.length === 0,
    NONE_FAILED: bad.length === 0,
    AT_LEAST_ONE_SUCCESS: good > 0,
    ALL_DONE: true,
    AT_LEAST_ONE_FAILED: bad.length > 0,
    ALL_FAILED: good === 0 && excluded.length === 0,
  }[task.run_if ?? "ALL_SUCCESS"];
  // a branch of a condition that was not taken ends here; only ALL_DONE-like rules go past it
  const branch = excluded.some(({ outcome }) => outcome !== undefined);
  if (branch && (task.run_if ?? "ALL_SUCCESS") === "ALL_SUCCESS") return excludedDecision();
  if (met) return { act: "start" };
  if (task.run_if === "AT_LEAST_ONE_FAILED" || task.run_if === "ALL_FAILED") return excludedDecision();
  const cancelled = bad.every(({ run }) => ["CANCELED", "UPSTREAM_CANCELED"].includes(run.state.result ?? ""));
  const names = bad.map(({ key }) => key).join(", ");
  return {
    act: "end",
    state: {
      lifeCycle: "TERMINATED",
      result: cancelled ? "UPSTREAM_CANCELED" : "UPSTREAM_FAILED",
      message: `Upstream task ${names} ${cancelled ? "was canceled" : "failed"}.`,
      code: "SKIPPED",
    },
  };
}

const excludedDecision = (): Decision => ({
  act: "end",
  state: { lifeCycle: "TERMINATED", result: "EXCLUDED", message: EXCLUDED_MESSAGE, code: "SKIPPED" },
});

/** True when the attempt that ended so is to be followed by another. */
export function retries(task: Task, state: State, attempt: number): boolean {
  const limit = task.max_retries ?? 0;
  if (succeeded(state) || (limit !== -1 && attempt >= limit)) return false;
  if (state.result === "TIMEDOUT") return task.retry_on_timeout ?? false;
  return state.result === "FAILED";
}

/** The result of a whole run: its leaf tasks decide, as documented for the Jobs API. */
export function outcome(tasks: readonly Task[], runs: ReadonlyMap<string, TaskRun>): State {
  const upstream = new Set(tasks.flatMap((task) => (task.depends_on ?? []).map(({ task_key }) => task_key)));
  const all = tasks.flatMap((task) => runs.get(task.task_key) ?? []);
  const broken = all.filter(({ state }) => failed(state));
  const leaves = tasks.filter((task) => !upstream.has(task.task_key)).flatMap((task) => runs.get(task.task_key) ?? []);
  const badLeaves = leaves.filter(({ state }) => failed(state));
  if (broken.length === 0) return { lifeCycle: "TERMINATED", result: "SUCCESS", message: "", code: "SUCCESS" };
  const cause = broken.find(({ state }) => !state.result?.startsWith("UPSTREAM_")) ?? broken[0]!;
  const skipped = broken.some(({ state }) => state.result?.startsWith("UPSTREAM_"));
  const said = `Task ${cause.taskKey} failed with message: ${cause.state.message}`.replace(/\.?$/, ".");
  const message = skipped ? `${said} This caused all downstream tasks to get skipped.` : said;
  const succeededSomewhere = leaves.some(({ state }) => succeeded(state));
  if (badLeaves.length === 0 && succeededSomewhere) {
    return { lifeCycle: "TERMINATED", result: "SUCCESS_WITH_FAILURES", message, code: "SUCCESS_WITH_FAILURES" };
  }
  const timedOut = broken.every(({ state }) => state.result === "TIMEDOUT");
  return {
    // A run whose task failed ends so on Databricks, whatever failed in the task; the task itself is TERMINATED.
    // The SDKs' waiters tell a failure by it.
    lifeCycle: timedOut ? "TERMINATED" : "INTERNAL_ERROR",
    result: timedOut ? "TIMEDOUT" : "FAILED",
    message,
    code: cause.state.code ?? "RUN_EXECUTION_ERROR",
  };
}
