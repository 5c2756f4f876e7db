/** Writes the page of a run into a folder. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import type { Followed } from "../follow.ts";
import { cdcCounts, kpis } from "../summary.ts";
import { pipelinePart } from "./model.ts";
import { page } from "./page.ts";

interface Ended {
  readonly api: WorkspaceApi;
  readonly catalog: string;
  readonly followed: Followed;
  readonly dataDiff?: string | undefined;
}

/** @returns the file */
export async function writeReport(folder: string, { api, catalog, followed, dataDiff }: Ended): Promise<string> {
  const { run, events } = followed;
  const tasks = (run.tasks ?? []).toSorted((a, b) => (a.start_time ?? 0) - (b.start_time ?? 0));
  const html = page({
    catalog,
    ended: new Date(run.end_time ?? Date.now()).toISOString(),
    tasks: tasks.map(({ task_key, start_time = 0, end_time = start_time, state }) => ({
      name: task_key,
      seconds: (end_time - start_time) / 1000,
      result: state.result_state ?? state.life_cycle_state,
    })),
    pipelines: [...events].map(([task, own]) => pipelinePart(task, catalog, own)),
    figures: await kpis(api, catalog),
    changes: await cdcCounts(api, catalog),
    dataDiff: dataDiff === undefined ? undefined : readFileSync(dataDiff, "utf8"),
  });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "run.html");
  writeFileSync(file, html);
  return file;
}
