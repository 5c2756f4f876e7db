import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LakehouseDashboard } from "../../components/dashboard.ts";
import { LakehouseJob, type LakehouseJobArgs } from "../../components/job.ts";
import { NotebookFolder } from "../../components/notebooks.ts";
import { LakehousePipeline } from "../../components/pipeline.ts";
import { all, forget, type Made, violations } from "./mocks.ts";

const notebook = { notebookPath: "/sales/x/load" };

async function inputsOf<K extends string>(name: string, args: LakehouseJobArgs<K>): Promise<Made["inputs"]> {
  const component = new LakehouseJob(name, args);
  return (await all("Job", component.job)).find((made) => made.name === name)!.inputs;
}

describe("LakehouseJob", () => {
  beforeEach(forget);

  it("sends tasks and parameters sorted by key, runs one at a time, queues others and stops after two hours", async () => {
    const inputs = await inputsOf("j1", {
      tasks: {
        load: { notebook, retries: { max: 2 } },
        clean: { dependsOn: ["load"], pipeline: { pipelineId: "p" } },
      },
      parameters: { seed: "1", batch: pulumi.output("next") },
      alerts: ["a@example.com"],
    });
    assert.deepEqual(inputs.tasks, [
      { taskKey: "clean", dependsOns: [{ taskKey: "load" }], pipelineTask: { pipelineId: "p" } },
      {
        taskKey: "load",
        notebookTask: { source: "WORKSPACE", notebookPath: "/sales/x/load" },
        maxRetries: 2,
        minRetryIntervalMillis: 30_000,
        retryOnTimeout: false,
      },
    ]);
    assert.deepEqual(inputs.parameters, [
      { name: "batch", default: "next" },
      { name: "seed", default: "1" },
    ]);
    const { maxConcurrentRuns, queue, timeoutSeconds, schedule, emailNotifications } = inputs;
    assert.deepEqual(
      [maxConcurrentRuns, queue, timeoutSeconds, schedule, emailNotifications],
      [1, { enabled: true }, 7200, undefined, { onFailures: ["a@example.com"], noAlertForSkippedRuns: true }],
    );
  });

  it("takes pipelines as they are, notebooks by their path in its root, and tasks in their order", async () => {
    const root = "/sales/x";
    const etl = new LakehousePipeline("etl", { catalog: "c", schema: "s", root, sources: [{ folder: "etl" }] });
    const { tasks } = await inputsOf("ordered", {
      root,
      inOrder: true,
      tasks: {
        zero: { notebook: { notebookPath: "load" } },
        left_out: undefined,
        etl: { pipeline: etl },
        elsewhere: { notebook: { notebookPath: "/shared/report" }, dependsOn: [] },
        check: { forEach: { inputs: "[1]", task: { notebook: { notebookPath: pulumi.output("/sales/x/check") } } } },
        after: { notebook: { notebookPath: "after" }, dependsOn: ["zero", "etl"] },
      },
    });
    type Task = { taskKey: string; dependsOns?: { taskKey: string }[]; notebookTask?: { notebookPath: string } };
    assert.deepEqual(
      (tasks as Task[]).map(({ taskKey, dependsOns = [], notebookTask }) => [
        taskKey,
        dependsOns.map((on) => on.taskKey),
        notebookTask?.notebookPath,
      ]),
      [
        ["after", ["etl", "zero"], "/sales/x/after"],
        ["check", ["elsewhere"], undefined],
        ["elsewhere", [], "/shared/report"],
        ["etl", ["zero"], undefined],
        ["zero", [], "/sales/x/load"],
      ],
    );
    assert.deepEqual((tasks as { pipelineTask?: object }[])[3]!.pipelineTask, { pipelineId: "etl-id" });
    const forms = await inputsOf("forms", { tasks: { a: etl, b: { pipeline: etl.pipeline } } });
    assert.deepEqual(forms.tasks, [
      { taskKey: "a", pipelineTask: { pipelineId: "etl-id" } },
      { taskKey: "b", pipelineTask: { pipelineId: "etl-id" } },
    ]);
  });

  it("refuses notebooks that it cannot find, and an order that JavaScript does not keep", () => {
    const relative = { notebook: { notebookPath: "load" } };
    const tasks = { "1": relative, a: { forEach: { inputs: "[1]", task: relative } } };
    assert.deepEqual(
      violations(() => new LakehouseJob("lost", { tasks, inOrder: true })),
      [
        "tasks.1: must not be a number, whose place `inOrder` cannot know",
        "tasks.1.notebook.notebookPath: 'load' must be an absolute workspace path, unless the job has a `root` or a `gitSource`",
        "tasks.a.forEach.task.notebook.notebookPath: 'load' must be an absolute workspace path, unless the job has a `root` or a `gitSource`",
      ],
    );
    const { dashboard } = new LakehouseDashboard("kpis", {
      source: "./dashboards/gold.lvdash.json",
      ...{ folder: "/sales", warehouseId: "w", catalog: "c" },
    });
    assert.deepEqual(
      violations(() => new LakehouseJob("resource", { tasks: { a: { dashboard } } })),
      ["tasks.a.dashboard: is a resource; give what the task takes, for example its id"],
    );
    const root = new NotebookFolder("generator", { source: "./notebooks/generator", target: "/sales/g" });
    assert.match(
      violations(
        () => new LakehouseJob("misspelt", { root, tasks: { a: { notebook: { notebookPath: "generat" } } } }),
      )[0]!,
      /^tasks\.a\.notebook\.notebookPath: 'generat' is not in the job's root, which has: .*\bgenerate\b/,
    );
  });

  it("has a task for all that a job can run", async () => {
    const { tasks } = await inputsOf("j2", {
      tasks: {
        a_pipeline: { pipeline: { pipelineId: "p", fullRefresh: true } },
        b_sql: { sql: { warehouseId: "w", file: { path: "/sales/x/a.sql" } } },
        c_script: { pythonScript: { pythonFile: "/sales/x/a.py" }, environment: "tools" },
        d_wheel: { pythonWheel: { packageName: "sales", entryPoint: "main" }, cluster: "small" },
        e_dbt: { dbt: { commands: ["dbt build"], warehouseId: "w" }, environment: "tools" },
        f_job: { runJob: { jobId: pulumi.output("42") } },
        g_if: { condition: { left: "{{job.parameters.full}}", op: "EQUAL_TO", right: "true" } },
        h_then: { dependsOn: [{ task: "g_if", outcome: "true" }], dashboard: { dashboardId: "d", warehouseId: "w" } },
        i_each: { forEach: { inputs: '["a","b"]', concurrency: 2, task: { notebook } } },
        j_alert: { alert: { alertId: "a", warehouseId: "w" }, runIf: "ALL_DONE", timeoutMinutes: 5 },
        k_jar: { jar: { mainClassName: "Main" }, cluster: "small" },
      },
      environments: { tools: { environmentVersion: "4", dependencies: ["dbt-databricks==1.10.0"] } },
      clusters: { small: { sparkVersion: "16.4.x-scala2.12", numWorkers: 1, policyId: "p", nodeTypeId: "m5d.large" } },
    });
    const kinds = tasks.map((task: object) =>
      Object.keys(task)
        .filter((key) => key.endsWith("Task"))
        .join(),
    );
    assert.deepEqual(kinds, [
      "pipelineTask",
      "sqlTask",
      "sparkPythonTask",
      "pythonWheelTask",
      "dbtTask",
      "runJobTask",
      "conditionTask",
      "dashboardTask",
      "forEachTask",
      "alertTask",
      "sparkJarTask",
    ]);
    assert.deepEqual(tasks[2].environmentKey, "tools");
    assert.deepEqual(tasks[5].runJobTask, { jobId: 42 });
    assert.deepEqual(tasks[7].dependsOns, [{ taskKey: "g_if", outcome: "true" }]);
    assert.deepEqual(tasks[8].forEachTask.task, {
      taskKey: "i_each_iteration",
      notebookTask: { source: "WORKSPACE", notebookPath: "/sales/x/load" },
    });
  });

  it("starts by schedule, trigger or continuously, from a repository, watched by rules and webhooks", async () => {
    const tasks = { load: { notebook } };
    const scheduled = await inputsOf("j3", {
      tasks: { load: { notebook: { notebookPath: "jobs/load" } } },
      schedule: { cron: "0 0 6 * * ?", timezone: "UTC", paused: pulumi.output(true) },
      gitSource: { url: "https://example.com/sales.git", provider: "gitHub", branch: "main" },
      webhooks: { onFailure: ["destination"] },
      health: [{ metric: "RUN_DURATION_SECONDS", greaterThan: 600 }],
    });
    assert.deepEqual(scheduled.schedule, {
      quartzCronExpression: "0 0 6 * * ?",
      timezoneId: "UTC",
      pauseStatus: "PAUSED",
    });
    assert.equal(scheduled.tasks[0].notebookTask.source, "GIT");
    assert.deepEqual(scheduled.webhookNotifications, { onFailures: [{ id: "destination" }] });
    assert.deepEqual(scheduled.health, { rules: [{ metric: "RUN_DURATION_SECONDS", op: "GREATER_THAN", value: 600 }] });
    const triggered = await inputsOf("j4", { tasks, trigger: { fileArrival: { url: "/Volumes/c/raw/landing/" } } });
    assert.deepEqual(triggered.trigger, { fileArrival: { url: "/Volumes/c/raw/landing/" } });
    const continuous = await inputsOf("j5", { tasks, continuous: { taskRetries: "ON_FAILURE" } });
    assert.deepEqual(continuous.continuous, { pauseStatus: "UNPAUSED", taskRetryMode: "ON_FAILURE" });
    assert.equal(continuous.timeoutSeconds, 0);
  });

  it("leaves a task out that is undefined", async () => {
    const { tasks } = await inputsOf<"load" | "check">("j7", { tasks: { load: { notebook }, check: undefined } });
    assert.deepEqual(
      tasks.map(({ taskKey }: { taskKey: string }) => taskKey),
      ["load"],
    );
  });

  it("refuses every wrong argument at once, with its path", () => {
    const wrong = violations(
      () =>
        new LakehouseJob<string>("j6", {
          // Quartz wants one of the two day fields left open.
          schedule: { cron: "0 0 6 * * *", timezone: "UTC" },
          continuous: {},
          maxConcurrentRuns: 0,
          timeoutMinutes: -1,
          tasks: {
            "a b": { notebook },
            none: {} as never,
            two: { notebook, pipeline: { pipelineId: "p" } } as never,
            lost: { notebook, dependsOn: ["nobody"], environment: "tools", cluster: "big" },
            branch: { notebook, dependsOn: [{ task: "lost", outcome: "true" }] },
            left: { notebook, dependsOn: ["right"] },
            right: { notebook, dependsOn: ["left"] },
          },
        }),
    );
    assert.deepEqual(
      wrong.map((violation) => violation.split(":")[0]),
      [
        "continuous",
        "timeoutMinutes",
        "maxConcurrentRuns",
        "schedule.cron",
        "tasks.a b",
        "tasks.none",
        "tasks.two",
        "tasks.lost.dependsOn",
        "tasks.lost.environment",
        "tasks.lost.cluster",
        "tasks.branch.dependsOn",
        "tasks",
      ],
    );
    assert.match(wrong.at(-1)!, /left → right → left/);
  });

  it("knows its tasks by key, so that the compiler refuses a misspelt dependency", () => {
    const make = (dependsOn: ("a" | "b")[]) =>
      new LakehouseJob("j7", { tasks: { a: { notebook }, b: { notebook, dependsOn } } });
    // @ts-expect-error: no such task
    assert.throws(() => new LakehouseJob("j7", { tasks: { b: { notebook, dependsOn: ["aa"] } } }), /'aa'/);
    assert.ok(make(["a"]));
  });
});
