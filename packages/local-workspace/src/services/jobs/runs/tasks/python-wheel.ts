/** python_wheel_task: an entry point of a wheel. */
import { runInEngine } from "../engine-run.ts";
import type { TaskWork } from "../executor.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";

export async function pythonWheelTask(work: TaskWork): Promise<Output> {
  const task = resolveAll(work.taskRun.task.python_wheel_task!, scopeOf(work));
  const placed = (work.run.overriding.python_params as string[] | undefined) ?? task.parameters ?? [];
  const named = {
    ...task.named_parameters,
    ...(work.run.overriding.python_named_params as Record<string, string> | undefined),
  };
  const argv = [...placed, ...Object.entries(named).map(([name, value]) => `--${name}=${value}`)];
  // JSON's texts are Python's, too
  const call = `call(${JSON.stringify(task.package_name)}, ${JSON.stringify(task.entry_point)})`;
  const source = `from lakehouse_engine.notebook_runner.wheels import call\n${call}\n`;
  return runInEngine(work, "python.run", { path: task.package_name, source, argv, sysPath: [] });
}
