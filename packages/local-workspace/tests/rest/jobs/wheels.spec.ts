/** python_wheel_task, and packages that Python tasks name. https://docs.databricks.com/aws/en/jobs/python-wheel */
import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { EngineError } from "../../../src/core/engine-client.ts";
import { Harness } from "../harness.ts";

const WHEEL = "/Workspace/Users/me/dist/greet-0.1-py3-none-any.whl";

describe("packages", function () {
  this.timeout(20_000);
  let h: Harness;
  before(async () => {
    h = await new Harness().start();
    h.file("/Users/me/dist/greet-0.1-py3-none-any.whl", "the wheel");
    h.file("/Users/me/dist/more.txt", "# pinned\nleft>1 # because\n-r more.txt\n\n./greet-0.1-py3-none-any.whl\n");
    h.notebook("/n/a");
  });
  after(() => h.stop());

  /** What the engine was asked to install; of a file its content. */
  const asked = (method: "notebook.run" | "python.run"): string[] => {
    const [last] = h.engine.paramsOf(method).slice(-1);
    return (last!.dependencies ?? []).map((line) => {
      const [path = line, extras = ""] = line.split(/(?=\[)/);
      return existsSync(path) ? readFileSync(path, "utf8") + extras : line;
    });
  };

  it("run an entry point with placed and named parameters, those of run-now before the task's", async () => {
    const python_wheel_task = {
      package_name: "greet",
      entry_point: "main",
      parameters: ["{{job.parameters.day}}"],
      named_parameters: { who: "x", how: "loud" },
    };
    const task = {
      task_key: "w",
      python_wheel_task,
      libraries: [{ whl: WHEEL }, { pypi: { package: "other==1", repo: "https://pypi.example/simple" } }],
    };
    const parameters = [{ name: "day", default: "mon" }];
    const job = await h.createJob({ name: "j", parameters, tasks: [task] });
    const run = await h.ended(await h.runNow(job, { python_named_params: { who: "y" } }));
    assert.equal(run.state.result_state, "SUCCESS", JSON.stringify(run.tasks[0].state));
    const [call] = h.engine.paramsOf("python.run");
    assert.deepEqual(call!.argv, ["mon", "--who=y", "--how=loud"]);
    assert.match(String(call!.source), /call\("greet", "main"\)/);
    assert.deepEqual(asked("python.run"), ["the wheel", "--extra-index-url https://pypi.example/simple", "other==1"]);
  });

  it("of an environment are those of its tasks only", async () => {
    const environments = [
      {
        environment_key: "e",
        spec: {
          client: "2",
          dependencies: [WHEEL, `${WHEEL}[train, x]`, "requests", "-r /Workspace/Users/me/dist/more.txt"],
        },
      },
      { environment_key: "f", spec: { client: "2" } },
    ];
    const task = (environment_key: string) => ({
      task_key: "a",
      notebook_task: { notebook_path: "/n/a" },
      environment_key,
    });
    for (const [key, found] of [
      ["e", ["the wheel", "the wheel[train, x]", "requests", "left>1", "the wheel"]],
      ["f", []],
    ] as const) {
      await h.ended(await h.runNow(await h.createJob({ name: key, environments, tasks: [task(key)] })));
      assert.deepEqual(asked("notebook.run"), found);
    }
  });

  it("that do not exist fail their task by name", async () => {
    const python_wheel_task = { package_name: "greet", entry_point: "main" };
    const task = { task_key: "w", python_wheel_task, libraries: [{ whl: "/Workspace/none.whl" }] };
    const run = await h.ended(await h.runNow(await h.createJob({ name: "k", tasks: [task] })));
    assert.match(run.tasks[0].state.state_message, /Wheel \/Workspace\/none\.whl does not exist/);
    const jar = { ...task, libraries: [{ jar: "/Volumes/main/default/v/x.jar" }] };
    const refused = await h.ended(await h.runNow(await h.createJob({ name: "l", tasks: [jar] })));
    assert.match(refused.tasks[0].state.state_message, /may be whl, pypi and requirements .* 'jar' is not/);
  });

  it("that cannot be installed fail their task with the installer's message", async () => {
    h.engine.on("python.run", () => {
      throw new EngineError("The packages x cannot be installed: no", { error_class: "LIBRARY_INSTALLATION_FAILED" });
    });
    const python_wheel_task = { package_name: "greet", entry_point: "main" };
    const tasks = [{ task_key: "w", python_wheel_task, libraries: [{ pypi: { package: "x" } }] }];
    const run = await h.ended(await h.runNow(await h.createJob({ name: "m", tasks })));
    assert.equal(run.status.termination_details.code, "LIBRARY_INSTALLATION_ERROR");
    const output = await h.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${run.tasks[0].run_id}`);
    assert.match(output.error, /The packages x cannot be installed: no/);
  });

  it("log code in as who its run acts as", async () => {
    const { host, token } = await h.engine.ask("run.login", { runId: "1", principal: "admin@local.workspace" });
    const answer = await fetch(`${host}/api/2.0/preview/scim/v2/Me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(((await answer.json()) as { userName: string }).userName, "admin@local.workspace");
    assert.equal((await h.engine.ask("run.login", { runId: "2", principal: "admin@local.workspace" })).token, token);
    await assert.rejects(h.engine.ask("run.login", { runId: "3", principal: "nobody" }), /no active user/);
  });
});
