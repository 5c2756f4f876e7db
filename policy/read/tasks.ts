/** Tasks of a job, nested ones included. */
import { type Fields, objects } from "../values.ts";

export interface Task {
  readonly path: string;
  readonly task: Fields;
}

/** All tasks of a job: those of the list, the one inside a for-each task, and a task written at job level (deprecated). */
export function tasksOf(job: Fields): Task[] {
  const nested = (path: string, task: Fields): Task[] => [
    { path, task },
    ...objects(task.forEachTask).flatMap((loop) =>
      objects(loop.task).flatMap((inner) => nested(`${path}.forEachTask.task`, inner)),
    ),
  ];
  const single = Object.keys(job).some(
    (key) => (/Task$/.test(key) || key === "newCluster") && job[key] !== undefined && job[key] !== null,
  );
  return [
    ...objects(job.tasks).flatMap((task, at) => nested(`tasks[${at}]`, task)),
    ...(single ? [{ path: "the job", task: job }] : []),
  ];
}
