/** The Jobs service: https://docs.databricks.com/api/workspace/jobs */
import { Part } from "../../core/part.ts";
import type { Context, Service } from "../../core/service.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { updateRunner } from "../pipelines/updates.ts";
import { artifactRoutes } from "./artifacts.ts";
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

const parts = new Part<Parts>((context) => {
  const executor: RunExecutor = new RunExecutor(
    context,
    taskRunner({ launcher: () => launcher, updates: () => updateRunner(context) }),
  );
  const launcher: Launcher = new Launcher(context, executor);
  return { executor, launcher, scheduler: new Scheduler(context, launcher) };
});

function registerTypes(context: Context): void {
  registerObjectType(context, "jobs", {
    exists: ({ db }, id) => getJob(db, Number(id)) !== undefined,
    creator: ({ db }, id) => getJob(db, Number(id))?.creator,
  });
}

export const jobs: Service = {
  name: "jobs",
  migrations: [...migrations, ...runMigrations],
  routes(app, context) {
    registerTypes(context);
    const { launcher, scheduler } = parts.of(context);
    listenToRuns(context);
    jobRoutes(app, context, {
      changed: (job, before) => scheduler.changed(job, before),
      deleted: (job) => scheduler.forget(job.jobId),
    });
    runRoutes(app, context, launcher);
    artifactRoutes(app, context);
  },
  start(context) {
    const { executor, scheduler } = parts.of(context);
    executor.recover();
    scheduler.start();
  },
  async stop(context) {
    const { executor, scheduler } = parts.of(context);
    scheduler.stop();
    await executor.stop();
  },
};
