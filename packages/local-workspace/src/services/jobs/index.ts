/** The Jobs service: https://docs.databricks.com/api/workspace/jobs */
import type { Context, Service } from "../../core/service.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { updateRunner } from "../pipelines/updates.ts";
import { jobRoutes } from "./routes.ts";
import { runRoutes } from "./run-routes.ts";
import { listenToRuns } from "./runs/engine-run.ts";
import { RunExecutor } from "./runs/executor.ts";
import { Launcher } from "./runs/launcher.ts";
import { migrations as runMigrations } from "./runs/store.ts";
import { taskRunner } from "./runs/tasks/index.ts";
import { Scheduler } from "./scheduler.ts";
import { getJob, migrations } from "./store.ts";

interface Parts {
  executor: RunExecutor;
  launcher: Launcher;
  scheduler: Scheduler;
}

const parts = new WeakMap<Context, Parts>();

function partsOf(context: Context): Parts {
  let made = parts.get(context);
  if (!made) {
    const executor: RunExecutor = new RunExecutor(
      context,
      taskRunner({ launcher: () => launcher, updates: () => updateRunner(context) }),
    );
    const launcher: Launcher = new Launcher(context, executor);
    made = { executor, launcher, scheduler: new Scheduler(context, launcher) };
    parts.set(context, made);
  }
  return made;
}

registerObjectType("jobs", {
  exists: ({ db }, id) => getJob(db, Number(id)) !== undefined,
  creator: ({ db }, id) => getJob(db, Number(id))?.creator,
});

export const jobs: Service = {
  name: "jobs",
  migrations: [...migrations, ...runMigrations],
  routes(app, context) {
    const { launcher, scheduler } = partsOf(context);
    listenToRuns(context);
    jobRoutes(app, context, {
      changed: (job, before) => scheduler.changed(job, before),
      deleted: (job) => scheduler.forget(job.jobId),
    });
    runRoutes(app, context, launcher);
  },
  start(context) {
    const { executor, scheduler } = partsOf(context);
    executor.recover();
    scheduler.start();
  },
  async stop(context) {
    const { executor, scheduler } = partsOf(context);
    scheduler.stop();
    await executor.stop();
  },
};
