/** python_wheel_task, and wheels that other Python tasks name. https://docs.databricks.com/aws/en/jobs/python-wheel */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { Harness } from "../harness.ts";

const WHEEL = "/Workspace/Users/me/dist/greet-0.1-py3-none-any.whl";

describe("wheels", function () {
  this.timeout(20_000);
  let h: Harness;
  before(async () => {
    h = await new Harness().start();
    h.file("/Users/me/dist/greet-0.1-py3-none-any.whl", "the wheel");
    h.notebook("/n/a");
  });
  after(() => h.stop());

  const wheels = (method: "notebook.run" | "python.run"): string[] => {
    const [asked] = h.engine.paramsOf(method).slice(-1);
    return (asked!.wheels as { file: string }[]).map(({ file }) => readFileSync(file, "utf8"));
  };

  it("run an entry point with placed and named parameters, those of run-now before the task's", async () => {
    const python_wheel_task = {
      package_name: "greet",
      entry_point: "main",
      parameters: ["{{job.parameters.day}}"],
      named_parameters: { who: "x", how: "loud" },
    };
    const task = { task_key: "w", python_wheel_task, libraries: [{ whl: WHEEL }, { pypi: { package: "other" } }] };
    const parameters = [{ name: "day", default: "mon" }];
    const job = await h.createJob({ name: "j", parameters, tasks: [task] });
    const run = await h.ended(await h.runNow(job, { python_named_params: { who: "y" } }));
    assert.equal(run.state.result_state, "SUCCESS", JSON.stringify(run.tasks[0].state));
    const [asked] = h.engine.paramsOf("python.run");
    assert.deepEqual(asked!.argv, ["mon", "--who=y", "--how=loud"]);
    assert.match(String(asked!.source), /call\("greet", "main"\)/);
    assert.deepEqual(wheels("python.run"), ["the wheel"]);
  });

  it("of an environment are those of its tasks only", async () => {
    const environments = [
      { environment_key: "e", spec: { client: "2", dependencies: [WHEEL, "requests"] } },
      { environment_key: "f", spec: { client: "2" } },
    ];
    const task = (environment_key: string) => ({
      task_key: "a",
      notebook_task: { notebook_path: "/n/a" },
      environment_key,
    });
    for (const [key, found] of [
      ["e", ["the wheel"]],
      ["f", []],
    ] as const) {
      await h.ended(await h.runNow(await h.createJob({ name: key, environments, tasks: [task(key)] })));
      assert.deepEqual(wheels("notebook.run"), found);
    }
  });

  it("that do not exist fail their task by name", async () => {
    const python_wheel_task = { package_name: "greet", entry_point: "main" };
    const task = { task_key: "w", python_wheel_task, libraries: [{ whl: "/Workspace/none.whl" }] };
    const run = await h.ended(await h.runNow(await h.createJob({ name: "k", tasks: [task] })));
    assert.match(run.tasks[0].state.state_message, /Wheel \/Workspace\/none\.whl does not exist/);
  });
});
