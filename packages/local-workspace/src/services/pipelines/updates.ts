/** Pipeline updates: one active at a time for each pipeline, their events stored as they come, their end certain. */
import type { EngineParams, EngineResult } from "lakehouse-engine/protocol";
import { EngineError } from "../../core/engine-client.ts";
import { ApiError, invalid } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { Part } from "../../core/part.ts";
import type { Context } from "../../core/service.ts";
import { actingAs } from "../identity/acting.ts";
import { requirePython } from "../identity/python-code.ts";
import { requirements } from "../workspace/requirements.ts";
import { storageOf } from "./events.ts";
import { checkParameters } from "./rules.ts";
import type { StartUpdate } from "./schemas.ts";
import { pipelineSources } from "./sources.ts";
import {
  activeUpdate,
  activeUpdates,
  getUpdate,
  insertEvent,
  insertUpdate,
  isFinal,
  type Pipeline,
  type PipelineEvent,
  requirePipeline,
  saveUpdate,
  type Update,
  type UpdateState,
} from "./store.ts";

type Result = EngineResult<"update.run">;

const RESTARTED = "The local workspace stopped while this was running. Start another update to go on from here.";

/** States in which an update has neither made nor changed anything. */
const UNTOUCHED: readonly UpdateState[] = ["QUEUED", "CREATED", "WAITING_FOR_RESOURCES", "INITIALIZING"];

/** Documented for a start of an update, and not done here. */
const UNSUPPORTED = [
  "refresh_flow_selection",
  "replace_where_overrides",
  "reset_checkpoint_selection",
  "rewind_spec",
] as const;

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && Object.keys(value as object).length > 0;

const runners = new Part((context) => new UpdateRunner(context));

/** The one of this workspace: the pipelines service and pipeline tasks share it. */
export const updateRunner = (context: Context): UpdateRunner => runners.of(context);

export class UpdateRunner {
  readonly #context: Context;
  readonly #going = new Map<string, Promise<void>>();
  readonly #ended: ((update: Update, stopAsked: boolean) => void)[] = [];
  #stopping = false;

  constructor(context: Context) {
    this.#context = context;
    context.engine.onNotification("update.event", ({ pipelineId, updateId, event }) =>
      this.#event(pipelineId, updateId, event as PipelineEvent),
    );
  }

  /** @throws RESOURCE_CONFLICT while another update of the pipeline is active */
  start(pipelineId: string, request: StartUpdate): Update {
    const { db } = this.#context;
    const pipeline = requirePipeline(db, pipelineId);
    for (const key of UNSUPPORTED) {
      if (isSet(request[key])) throw invalid(`${key} is not supported by the local workspace's pipeline updates.`);
    }
    checkParameters(request.parameters);
    const parameters = { ...pipeline.settings.parameters, ...request.parameters };
    const update: Update = {
      pipeline_id: pipelineId,
      update_id: uuid(),
      creation_time: Date.now(),
      state: "QUEUED",
      cause: request.cause ?? "API_CALL",
      full_refresh: request.full_refresh ?? false,
      validate_only: request.validate_only ?? false,
      ...(request.full_refresh_selection ? { full_refresh_selection: request.full_refresh_selection } : {}),
      ...(request.refresh_selection ? { refresh_selection: request.refresh_selection } : {}),
      ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
      config: pipeline.settings,
    };
    db.transaction(() => {
      const active = activeUpdate(db, pipelineId);
      if (active) {
        throw new ApiError(
          "RESOURCE_CONFLICT",
          `An active update ${active.update_id} already exists for pipeline ${pipelineId}.`,
        );
      }
      insertUpdate(db, update);
    });
    const going = this.#drive(pipeline, update).finally(() => this.#going.delete(update.update_id));
    this.#going.set(update.update_id, going);
    return update;
  }

  /** Called with every update that has ended, and whether it was asked to stop. */
  onEnd(handler: (update: Update, stopAsked: boolean) => void): void {
    this.#ended.push(handler);
  }

  /** Asks the active update, if there is one, to stop. */
  stop(pipelineId: string): void {
    const { db, engine } = this.#context;
    const update = activeUpdate(db, pipelineId);
    if (!update) return;
    this.#move(update, "STOPPING");
    void engine.request("update.stop", { updateId: update.update_id }).catch(() => undefined);
  }

  /** Resolves with the update once it has ended. */
  async wait(updateId: string): Promise<Update> {
    await this.#going.get(updateId);
    return getUpdate(this.#context.db, updateId)!;
  }

  /** After a start: an update that was active when the last process ended has failed. */
  recover(): void {
    for (const update of activeUpdates(this.#context.db))
      this.#end(update, { state: "FAILED", error: { message: RESTARTED } });
  }

  stopAll(): void {
    this.#stopping = true;
  }

  async #drive(pipeline: Pipeline, update: Update): Promise<void> {
    const { pipelineId, settings, runAs } = pipeline;
    let result: Result;
    try {
      const code = pipelineSources(this.#context, settings);
      requirePython(this.#context, actingAs(this.#context, { runAs }), code.sources);
      const place = { context: this.#context, principal: actingAs(this.#context, { runAs }) };
      const dependencies = requirements(place, settings.environment?.dependencies ?? []);
      const { parameters } = update;
      const spec = { ...settings, ...(parameters ? { parameters } : {}), id: pipelineId, ...code };
      result = await this.#run({
        pipelineId,
        updateId: update.update_id,
        pipeline: spec,
        dependencies,
        cause: update.cause,
        validateOnly: update.validate_only,
        fullRefresh: update.full_refresh,
        fullRefreshSelection: update.full_refresh_selection ?? [],
        refreshSelection: update.refresh_selection ?? [],
        principal: runAs,
        storage: storageOf(this.#context, pipelineId),
      });
    } catch (error) {
      result = { state: "FAILED", error: { message: (error as Error).message } };
    }
    if (this.#stopping) return;
    const latest = getUpdate(this.#context.db, update.update_id);
    if (latest) this.#end(latest, result);
  }

  /**
   * The engine may have died unheard before it was asked: an update that has done nothing yet goes on with the next engine. One that
   * was asked to stop has stopped.
   */
  async #run(params: EngineParams<"update.run">): Promise<Result> {
    const { engine, db } = this.#context;
    try {
      return await engine.request("update.run", params);
    } catch (error) {
      const died = error instanceof EngineError && error.errorClass === "ENGINE_DIED";
      const state = getUpdate(db, params.updateId)?.state;
      if (died && state === "STOPPING") return { state: "CANCELED" };
      if (!died || this.#stopping || state === undefined || !UNTOUCHED.includes(state)) throw error;
      return engine.request("update.run", params); // once: its own code may be what ends an engine
    }
  }

  #event(pipelineId: string, updateId: string, event: PipelineEvent): void {
    const { db } = this.#context;
    const update = getUpdate(db, updateId);
    if (!update || update.pipeline_id !== pipelineId || this.#stopping) return;
    db.transaction(() => {
      insertEvent(db, pipelineId, updateId, event);
      const progress = event.details?.update_progress as { state?: UpdateState } | undefined;
      if (event.event_type !== "update_progress" || !progress?.state || isFinal(update.state)) return;
      // the final state is the engine's answer; until then the update counts as active
      if (isFinal(progress.state)) saveUpdate(db, { ...update, reported: true });
      else this.#move(update, progress.state);
    });
  }

  #move(update: Update, state: UpdateState): void {
    if (isFinal(update.state) || (update.state === "STOPPING" && state !== "STOPPING")) return;
    saveUpdate(this.#context.db, Object.assign(update, { state }));
  }

  #end(update: Update, { state, error }: Result): void {
    const { db } = this.#context;
    const message = error?.message;
    const ended: Update = { ...update, state, ...(message ? { error: message } : {}) };
    db.transaction(() => {
      if (!update.reported) insertEvent(db, update.pipeline_id, update.update_id, finalEvent(ended));
      saveUpdate(db, ended);
    });
    for (const handler of this.#ended) handler(ended, update.state === "STOPPING");
  }
}

/** For an update whose end the engine could not tell: it died, or the sources were missing before it was asked. */
function finalEvent(update: Update): PipelineEvent {
  const { pipeline_id, update_id, state, error, config } = update;
  const exceptions = error ? [{ class_name: "org.apache.spark.SparkException", message: error, stack: [] }] : [];
  return {
    id: uuid(),
    origin: { pipeline_id, pipeline_name: config.name, update_id, cloud: "local" },
    timestamp: new Date().toISOString(),
    message: `Update ${update_id.slice(0, 6)} is ${state}.`,
    level: state === "FAILED" ? "ERROR" : "INFO",
    event_type: "update_progress",
    maturity_level: "STABLE",
    details: { update_progress: { state } },
    ...(error ? { error: { fatal: true, exceptions } } : {}),
  };
}
