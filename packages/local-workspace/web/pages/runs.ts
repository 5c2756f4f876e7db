/** The latest job runs, and one run with its tasks over time. */
import { call, list } from "../api.ts";
import { duration, h, mood, state, table, time } from "../dom.ts";

interface State {
  life_cycle_state: string;
  result_state?: string;
  state_message?: string;
}
interface Task {
  task_key: string;
  run_id: number;
  state: State;
  start_time?: number;
  end_time?: number;
  pipeline_task?: { pipeline_id: string };
}
interface Run {
  run_id: number;
  job_id?: number;
  run_name?: string;
  state: State;
  start_time?: number;
  end_time?: number;
  tasks?: Task[];
  job_parameters?: { name: string; value?: string; default?: string }[];
}

const stateOf = ({ result_state, life_cycle_state }: State): string => result_state ?? life_cycle_state;

export async function runsPage(): Promise<Node[]> {
  const runs = await list<Run>("/api/2.2/jobs/runs/list?limit=25", "runs", 25);
  return [
    h("h1", {}, "Job runs"),
    h(
      "div",
      { class: "card" },
      table(
        ["run", "job", "state", "started", "took"],
        runs.map((run) => [
          h("a", { href: `#/run/${run.run_id}` }, `${run.run_id}`),
          run.run_name ?? "",
          state(stateOf(run.state)),
          time(run.start_time),
          duration(run.start_time, run.end_time),
        ]),
        "No job has run yet. `npm start` runs one.",
      ),
    ),
  ];
}

export async function runPage(id: string): Promise<Node[]> {
  const run = await call<Run>(`/api/2.2/jobs/runs/get?run_id=${encodeURIComponent(id)}`);
  const tasks = (run.tasks ?? []).sort((a, b) => (a.start_time ?? Infinity) - (b.start_time ?? Infinity));
  const from = run.start_time ?? 0;
  const whole = Math.max(1, (run.end_time || Date.now()) - from);
  const failed = tasks.filter(({ state: { state_message } }) => state_message && state_message !== "");
  return [
    h("h1", {}, `${run.run_name ?? "Run"} `, state(stateOf(run.state))),
    h(
      "p",
      { class: "soft" },
      `run ${run.run_id}, started ${time(run.start_time)}, took ${duration(run.start_time, run.end_time)}`,
    ),
    h(
      "div",
      { class: "card" },
      table(
        ["task", "state", "took", "over time"],
        tasks.map((task) => {
          const start = ((task.start_time || from) - from) / whole;
          const width = task.start_time ? ((task.end_time || Date.now()) - task.start_time) / whole : 0;
          return [
            task.pipeline_task
              ? h("a", { href: `#/pipeline/${task.pipeline_task.pipeline_id}` }, task.task_key)
              : task.task_key,
            state(stateOf(task.state)),
            duration(task.start_time, task.end_time),
            h("div", {
              class: `bar ${mood(stateOf(task.state))}`,
              style: `margin-left: ${100 * start}%; width: ${100 * Math.min(width, 1 - start)}%`,
            }),
          ];
        }),
      ),
    ),
    ...failed
      .filter((task) => mood(stateOf(task.state)) === "bad")
      .map((task) =>
        h("div", { class: "card" }, h("strong", {}, task.task_key), h("pre", {}, task.state.state_message ?? "")),
      ),
    run.job_parameters && run.job_parameters.length > 0
      ? h(
          "div",
          { class: "card" },
          table(
            ["parameter", "value"],
            run.job_parameters.map(({ name, value, default: fallback }) => [name, value ?? fallback ?? ""]),
          ),
        )
      : h("span"),
  ];
}
