import { strict as assert } from "node:assert";
import { runInEngine } from "../../../src/services/jobs/runs/engine-run.ts";
import type { TaskWork } from "../../../src/services/jobs/runs/executor.ts";
import { Harness, results } from "../harness.ts";

const notebook = (task_key: string, more: object = {}): Record<string, unknown> => ({
  task_key,
  notebook_task: { notebook_path: `/n/${task_key}` },
  ...more,
});
const needs = (...keys: string[]): object => ({ depends_on: keys.map((task_key) => ({ task_key })) });

describe("job runs", function () {
  this.timeout(20_000);
  let h: Harness;
  beforeEach(async () => {
    h = await new Harness().start();
    for (const name of ["a", "b", "c", "d"]) h.notebook(`/n/${name}`);
  });
  afterEach(() => h.stop());

  const failing = (...names: string[]): void => {
    h.engine.on("notebook.run", ({ path }) =>
      names.some((name) => path === `/n/${name}`)
        ? { truncated: false, error: { message: `${path} broke`, trace: "Traceback" } }
        : { result: `${path} done`, truncated: false },
    );
  };

  it("run tasks in the order of their dependencies and give each one's output", async () => {
    failing();
    const job = await h.createJob({
      name: "j",
      tasks: [notebook("b", needs("a")), notebook("a"), notebook("c", needs("b"))],
    });
    const run = await h.ended(await h.runNow(job));
    assert.equal(run.state.result_state, "SUCCESS");
    assert.equal(run.status.termination_details.code, "SUCCESS");
    assert.deepEqual(
      h.engine.paramsOf("notebook.run").map(({ path }) => path),
      ["/n/a", "/n/b", "/n/c"],
    );
    const task = run.tasks.find((t: { task_key: string }) => t.task_key === "b");
    const output = await h.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${task.run_id}`);
    assert.deepEqual(output.notebook_output, { result: "/n/b done", truncated: false });
    assert.ok(run.end_time >= run.start_time && run.start_time > 1_600_000_000_000);
  });

  it("a failed task fails the run, its dependants are UPSTREAM_FAILED, others still run", async () => {
    failing("a");
    const job = await h.createJob({
      name: "j",
      tasks: [notebook("a"), notebook("b", needs("a")), notebook("c"), notebook("d", needs("b"))],
    });
    const run = await h.ended(await h.runNow(job));
    assert.deepEqual(results(run), { a: "FAILED", b: "UPSTREAM_FAILED", c: "SUCCESS", d: "UPSTREAM_FAILED" });
    assert.equal(run.state.result_state, "FAILED");
    // as on Databricks: the run is an INTERNAL_ERROR, the task that failed is TERMINATED
    assert.equal(run.state.life_cycle_state, "INTERNAL_ERROR");
    assert.equal(run.tasks[0].state.life_cycle_state, "TERMINATED");
    assert.equal(run.status.termination_details.code, "RUN_EXECUTION_ERROR");
    assert.equal(
      run.state.state_message,
      "Task a failed with message: Workload failed, see run output for details. This caused all downstream tasks to get skipped.",
    );
    const output = await h.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${run.tasks[0].run_id}`);
    assert.equal(output.error, "/n/a broke");
    assert.equal(output.error_trace, "Traceback");
  });

  it("a repair runs the failed tasks again and leaves the others", async () => {
    failing("b");
    const job = await h.createJob({
      name: "j",
      tasks: [notebook("a"), notebook("b", needs("a")), notebook("c", needs("b"))],
    });
    const runId = await h.runNow(job);
    await h.ended(runId);
    failing();
    const { repair_id } = await h.ok("POST", "/api/2.2/jobs/runs/repair", {
      run_id: runId,
      rerun_all_failed_tasks: true,
    });
    const run = await h.ended(runId);
    assert.deepEqual(results(run), { a: "SUCCESS", b: "SUCCESS", c: "SUCCESS" });
    assert.equal(run.state.result_state, "SUCCESS");
    assert.equal(h.engine.paramsOf("notebook.run").filter(({ path }) => path === "/n/a").length, 1);
    const history = (await h.run(runId, "&include_history=true")).repair_history;
    assert.deepEqual(
      history.map((each: { type: string }) => each.type),
      ["ORIGINAL", "REPAIR"],
    );
    assert.equal(history[1].id, repair_id);
    assert.deepEqual(
      history.map((each: { state: { result_state: string } }) => each.state.result_state),
      ["FAILED", "SUCCESS"],
    );
    assert.deepEqual([history[0].task_run_ids.length, history[1].task_run_ids.length], [3, 2]);
    const again = await h.call("POST", "/api/2.2/jobs/runs/repair", { run_id: runId, rerun_tasks: ["c"] });
    assert.equal(again.status, 400);
    assert.match(again.body.message, /latest_repair_id/);
  });

  it("run_if and condition tasks decide which tasks run", async () => {
    failing("a");
    const job = await h.createJob({
      name: "j",
      parameters: [{ name: "n", default: "5" }],
      tasks: [
        notebook("a"),
        notebook("b", { ...needs("a"), run_if: "AT_LEAST_ONE_FAILED" }),
        { task_key: "cond", condition_task: { op: "GREATER_THAN", left: "{{job.parameters.n}}", right: "10" } },
        notebook("c", { depends_on: [{ task_key: "cond", outcome: "true" }] }),
        notebook("d", { depends_on: [{ task_key: "cond", outcome: "false" }] }),
      ],
    });
    const run = await h.ended(await h.runNow(job));
    assert.deepEqual(results(run), { a: "FAILED", b: "SUCCESS", cond: "SUCCESS", c: "EXCLUDED", d: "SUCCESS" });
    assert.equal(run.state.result_state, "SUCCESS_WITH_FAILURES");
    const other = await h.ended(await h.runNow(job, { job_parameters: { n: "11" } }));
    assert.equal(results(other).c, "SUCCESS");
    assert.equal(results(other).d, "EXCLUDED");
  });

  it("parameters reach the notebook with dynamic values filled in, job parameters first", async () => {
    failing();
    h.engine.on("notebook.run", async ({ path, runId }, engine) => {
      if (path === "/n/a") await engine.ask("task.setValue", { runId, key: "rows", json: "42" });
      return { truncated: false };
    });
    const base_parameters = {
      day: "{{job.parameters.day}}",
      rows: "{{tasks.a.values.rows}}",
      run: "{{job.run_id}}",
      day2: "x",
    };
    const job = await h.createJob({
      name: "j",
      parameters: [{ name: "day", default: "mon" }],
      tasks: [
        notebook("a"),
        { task_key: "b", notebook_task: { notebook_path: "/Workspace/n/b", base_parameters }, ...needs("a") },
      ],
    });
    const runId = await h.runNow(job, { job_parameters: { day: "tue" } });
    await h.ended(runId);
    assert.deepEqual(h.engine.paramsOf("notebook.run")[1]!.parameters, {
      day: "tue",
      rows: "42",
      run: String(runId),
      day2: "x",
    });
    const bad = await h.call("POST", "/api/2.2/jobs/run-now", { job_id: job, job_parameters: { night: "x" } });
    assert.match(bad.body.message, /'night' is not defined/);
  });

  it("a task is tried again as often as max_retries says", async () => {
    let calls = 0;
    h.engine.on("notebook.run", () =>
      ++calls < 3 ? { truncated: false, error: { message: "no", trace: "" } } : { truncated: false },
    );
    const job = await h.createJob({
      name: "j",
      tasks: [notebook("a", { max_retries: 2, min_retry_interval_millis: 1 })],
    });
    const run = await h.ended(await h.runNow(job));
    assert.equal(run.state.result_state, "SUCCESS");
    assert.equal(run.tasks[0].attempt_number, 2);
    assert.equal(calls, 3);
  });

  const hang = (): void => {
    const waiting = new Map<unknown, (error: Error) => void>();
    h.engine.on("notebook.run", ({ runId }) => new Promise((_resolve, reject) => waiting.set(runId, reject)));
    h.engine.on("notebook.cancel", ({ runId }) => waiting.get(runId)?.(new Error("cancelled")));
  };

  it("a cancel ends the run, a timeout marks it TIMEDOUT", async () => {
    hang();
    const job = await h.createJob({ name: "j", tasks: [notebook("a"), notebook("b", needs("a"))] });
    const runId = await h.runNow(job);
    await h.running(runId, "a");
    await h.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: runId });
    const run = await h.ended(runId);
    assert.equal(run.state.result_state, "CANCELED");
    assert.equal(run.status.termination_details.code, "USER_CANCELED");
    assert.deepEqual(results(run), { a: "CANCELED", b: "CANCELED" });
    const slow = await h.createJob({ name: "k", tasks: [notebook("a", { timeout_seconds: 1 })] });
    const late = await h.ended(await h.runNow(slow));
    assert.deepEqual(results(late), { a: "TIMEDOUT" });
  });

  it("a run that is canceled while its sources are fetched does not start", async () => {
    const signal = AbortSignal.abort("cancel");
    const work = { context: { engine: h.engine }, taskRun: { runId: 1 }, run: { runAs: "me" }, signal };
    const run = runInEngine(work as unknown as TaskWork, "python.run", { path: "/n/a", source: "", argv: [] });
    await assert.rejects(run, (reason) => reason === "cancel");
  });

  it("a run beyond max_concurrent_runs is skipped, or waits where the queue is on", async () => {
    hang();
    const job = await h.createJob({ name: "j", tasks: [notebook("a")] });
    const first = await h.runNow(job);
    const skipped = await h.run(await h.runNow(job));
    assert.equal(skipped.state.life_cycle_state, "SKIPPED");
    assert.equal(skipped.state.result_state, "MAXIMUM_CONCURRENT_RUNS_REACHED");
    const queued = await h.runNow(job, { queue: { enabled: true } });
    assert.equal((await h.run(queued)).status.queue_details.code, "MAX_CONCURRENT_RUNS_REACHED");
    await h.running(first, "a");
    await h.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: first });
    await h.running(queued, "a");
    await h.ok("POST", "/api/2.2/jobs/runs/cancel-all", { job_id: job });
    assert.equal((await h.ended(queued)).state.result_state, "CANCELED");
  });

  it("what ran when the workspace died is failed with the reason and can be repaired; what was queued goes on", async () => {
    hang();
    const job = await h.createJob({
      name: "j",
      tasks: [notebook("a"), notebook("b", needs("a"))],
      queue: { enabled: true },
    });
    const runId = await h.runNow(job);
    await h.running(runId, "a");
    const queued = await h.runNow(job);
    h = await h.restart();
    const run = await h.ended(runId);
    assert.equal(run.state.life_cycle_state, "INTERNAL_ERROR");
    assert.match(run.state.state_message, /stopped while this was running/);
    assert.deepEqual(results(run), { a: "FAILED", b: "UPSTREAM_FAILED" });
    assert.equal((await h.ended(queued)).state.result_state, "SUCCESS");
    await h.ok("POST", "/api/2.2/jobs/runs/repair", { run_id: runId, rerun_all_failed_tasks: true });
    assert.equal((await h.ended(runId)).state.result_state, "SUCCESS");
  });

  it("a Spark that dies fails the task with the reason", async () => {
    hang();
    const runId = await h.runNow(await h.createJob({ name: "j", tasks: [notebook("a")] }));
    await h.running(runId, "a");
    h.engine.die();
    const run = await h.ended(runId);
    assert.equal(run.tasks[0].state.life_cycle_state, "INTERNAL_ERROR");
    assert.match(run.tasks[0].state.state_message, /SIGKILL/);
    assert.equal(run.status.termination_details.type, "INTERNAL_ERROR");
  });

  it("a for-each task runs its task for each input, and fails when one fails", async () => {
    h.engine.on("notebook.run", ({ parameters }) =>
      (parameters as { x: string }).x === "2"
        ? { truncated: false, error: { message: "two", trace: "" } }
        : { truncated: false },
    );
    const nested = { task_key: "one", notebook_task: { notebook_path: "/n/a", base_parameters: { x: "{{input}}" } } };
    const job = await h.createJob({
      name: "j",
      tasks: [{ task_key: "each", for_each_task: { inputs: "[1, 2, 3]", concurrency: 2, task: nested } }],
    });
    const run = await h.ended(await h.runNow(job));
    assert.deepEqual(
      h.engine
        .paramsOf("notebook.run")
        .map(({ parameters }) => (parameters as { x: string }).x)
        .sort(),
      ["1", "2", "3"],
    );
    assert.equal(run.state.result_state, "FAILED");
    const stats = run.tasks[0].for_each_task.stats.task_run_stats;
    assert.deepEqual([stats.total_iterations, stats.succeeded_iterations, stats.failed_iterations], [3, 2, 1]);
    const detail = await h.run(run.tasks[0].run_id);
    assert.equal(detail.iterations.length, 3);
  });

  it("run-now with the same idempotency token is one run", async () => {
    const job = await h.createJob({ name: "j", tasks: [notebook("a")] });
    const first = await h.runNow(job, { idempotency_token: "t" });
    await h.ended(first);
    assert.equal(await h.runNow(job, { idempotency_token: "t" }), first);
  });

  it("submit runs tasks without a job; a missing notebook fails its task by name", async () => {
    const { run_id } = await h.ok("POST", "/api/2.2/jobs/runs/submit", { run_name: "s", tasks: [notebook("gone")] });
    const run = await h.ended(run_id);
    assert.equal(run.run_type, "SUBMIT_RUN");
    assert.match(run.tasks[0].state.state_message, /"\/n\/gone"/);
    assert.equal(run.status.termination_details.code, "RESOURCE_NOT_FOUND");
  });

  it("runs list filters, pages and expands", async () => {
    const job = await h.createJob({ name: "j", tasks: [notebook("a")] });
    for (let index = 0; index < 3; index += 1) await h.ended(await h.runNow(job));
    const page = await h.ok("GET", `/api/2.2/jobs/runs/list?job_id=${job}&limit=2&expand_tasks=true`);
    assert.equal(page.runs.length, 2);
    assert.equal(page.has_more, true);
    assert.equal(page.runs[0].tasks[0].task_key, "a");
    const rest = await h.ok("GET", `/api/2.2/jobs/runs/list?job_id=${job}&limit=2&page_token=${page.next_page_token}`);
    assert.equal(rest.runs.length, 1);
    assert.equal((await h.ok("GET", "/api/2.2/jobs/runs/list?active_only=true")).runs, undefined);
  });
});
