/** for_each_task: one run of the nested task for each input, as many at once as `concurrency` says. */
import { exactText, parseExact } from "../../../../core/exact-json.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import { saveTaskRun } from "../store.ts";
import { failed, type Output, type Task } from "../types.ts";

const MOST = 5000;

export async function forEachTask(work: TaskWork): Promise<Output> {
  const { taskRun, context, signal } = work;
  const settings = taskRun.task.for_each_task!;
  const text = resolveAll(settings.inputs, scopeOf(work));
  let inputs: unknown;
  try {
    inputs = parseExact(text);
  } catch {
    inputs = undefined;
  }
  if (!Array.isArray(inputs)) {
    throw new TaskFailure(`Task '${taskRun.taskKey}': inputs must be a JSON array, got ${text.slice(0, 200)}.`);
  }
  if (inputs.length > MOST)
    throw new TaskFailure(`Task '${taskRun.taskKey}': at most ${MOST} inputs, got ${inputs.length}.`);
  taskRun.resolved = { for_each_task: { inputs: text } };
  saveTaskRun(context.db, taskRun);
  const queue = [...inputs.entries()] as [number, unknown][];
  let bad = 0;
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      const [index, value] = next;
      const input = exactText(value);
      const run = await work.iterate(settings.task as Task, index, input);
      if (failed(run.state)) bad += 1;
    }
  };
  await Promise.all(Array.from({ length: settings.concurrency ?? 1 }, worker));
  if (signal.aborted || bad > 0) throw new TaskFailure(`${bad} of ${inputs.length} iterations failed.`);
  return {};
}
