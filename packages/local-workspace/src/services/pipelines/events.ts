/** What the workspace itself adds to a pipeline's event log; all other events come from the engine. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uuid } from "../../core/ids.ts";
import type { Context } from "../../core/service.ts";
import { insertEvent, type Pipeline, type PipelineEvent } from "./store.ts";

/** Where the engine keeps what it knows of a pipeline. */
export const storageOf = ({ dataDir }: Context, pipelineId: string): string => join(dataDir, "pipelines", pipelineId);

/** The first event of every pipeline, in REST's log and in the file that event_log() reads. */
export function recordCreation(context: Context, { pipelineId, name, creator }: Pipeline): void {
  const event: PipelineEvent = {
    id: uuid(),
    sequence: { control_plane_seq_no: 1 },
    origin: { cloud: "local", pipeline_id: pipelineId, pipeline_type: "WORKSPACE", pipeline_name: name },
    timestamp: new Date().toISOString(),
    message: `User ${creator} created pipeline ${name}.`,
    level: "INFO",
    maturity_level: "STABLE",
    event_type: "user_action",
    details: { user_action: { action: "CREATE", user_name: creator } },
  };
  const storage = storageOf(context, pipelineId);
  mkdirSync(storage, { recursive: true });
  writeFileSync(join(storage, "events.jsonl"), `${JSON.stringify(event)}\n`);
  insertEvent(context.db, pipelineId, "", event);
}
