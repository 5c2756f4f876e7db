/** The spark_conf of a task's cluster. https://docs.databricks.com/aws/en/compute/configure#spark-configuration */
import { strict as assert } from "node:assert";
import { Harness, type Json } from "../harness.ts";

describe("the spark_conf of a task's cluster", function () {
  this.timeout(20_000);
  let h: Harness;
  before(async () => {
    h = await new Harness().start();
    h.notebook("/n/conf");
  });
  after(() => h.stop());

  const cluster = (value: unknown) => ({
    spark_version: "15.4.x-scala2.12",
    node_type_id: "i3.xlarge",
    num_workers: 0,
    spark_conf: { "my.stage": value },
  });

  async function conf(task: Json, settings: Json = {}): Promise<unknown> {
    const tasks = [{ task_key: "t", notebook_task: { notebook_path: "/n/conf" }, ...task }];
    const run = await h.ended(await h.runNow(await h.createJob({ name: "conf", tasks, ...settings })));
    assert.equal(run.state.result_state, "SUCCESS", JSON.stringify(run.tasks[0].state));
    return h.engine.paramsOf("notebook.run").at(-1)!.sparkConf;
  }

  it("is given to the run: of its own, a shared and an existing cluster", async () => {
    assert.deepEqual(await conf({ new_cluster: cluster(true) }), { "my.stage": "true" });
    const job_clusters = [
      { job_cluster_key: "other", new_cluster: cluster("no") },
      { job_cluster_key: "main", new_cluster: cluster("shared") },
    ];
    assert.deepEqual(await conf({ job_cluster_key: "main" }, { job_clusters }), { "my.stage": "shared" });
    const { cluster_id } = await h.ok("POST", "/api/2.1/clusters/create", {
      cluster_name: "c",
      ...cluster("existing"),
    });
    assert.deepEqual(await conf({ existing_cluster_id: cluster_id }), { "my.stage": "existing" });
    assert.deepEqual(await conf({}), {});
    assert.deepEqual(await conf({ existing_cluster_id: "0101-000000-elsewhere" }), {});
  });
});
