/**
 * Pipelines with `continuous: true`: an update goes on from the pipeline's creation, or a change of its settings, until it
 * is stopped. In production mode one that fails starts again, as after a restart of the workspace.
 * https://docs.databricks.com/aws/en/ldp/pipeline-mode
 */
import { pauseAfter } from "../../core/backoff.ts";
import { ApiError } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { activeUpdate, getPipeline, listPipelines, listUpdates, type Pipeline, type Update } from "./store.ts";
import type { UpdateRunner } from "./updates.ts";

/** How often a failed update is tried again; Databricks' default for continuous pipelines is without limit. */
const ATTEMPTS = "pipelines.numUpdateRetryAttempts";
/** After so many failures in a row the pause no longer grows. */
const LONGEST_ROW = 8;

export class ContinuousPipelines {
  readonly #context: Context;
  readonly #updates: UpdateRunner;
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(context: Context, updates: UpdateRunner) {
    this.#context = context;
    this.#updates = updates;
    updates.onEnd((update, stopAsked) => {
      if (update.state === "FAILED" && !stopAsked && !update.validate_only) this.#retry(update.pipeline_id);
    });
  }

  /** After a start of the workspace: what failed, with the last process or before, goes on. */
  start(): void {
    for (const { pipelineId } of listPipelines(this.#context.db)) {
      if (lastUpdate(this.#context, pipelineId)?.state === "FAILED") this.#retry(pipelineId);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const pipelineId of this.#retries.keys()) this.cancelRetry(pipelineId);
  }

  /** An update with the settings of now; an active one, whose settings are older, stops before. */
  async renew(pipelineId: string, cause: string): Promise<void> {
    const { db } = this.#context;
    this.cancelRetry(pipelineId);
    const active = activeUpdate(db, pipelineId);
    if (active) {
      this.#updates.stop(pipelineId);
      await this.#updates.wait(active.update_id);
    }
    if (this.#stopped || !getPipeline(db, pipelineId)?.settings.continuous) return;
    try {
      this.#updates.start(pipelineId, { cause });
    } catch (error) {
      // another one, started meanwhile, has the settings of now, too
      if (!(error instanceof ApiError && error.errorCode === "RESOURCE_CONFLICT")) throw error;
    }
  }

  cancelRetry(pipelineId: string): void {
    clearTimeout(this.#retries.get(pipelineId));
    this.#retries.delete(pipelineId);
  }

  #retry(pipelineId: string): void {
    const settings = getPipeline(this.#context.db, pipelineId)?.settings;
    if (this.#stopped || !settings?.continuous || settings.development) return;
    const most = Number(settings.configuration?.[ATTEMPTS] ?? Number.POSITIVE_INFINITY);
    const newest = listUpdates(
      this.#context.db,
      pipelineId,
      Math.max(LONGEST_ROW, Number.isFinite(most) ? most + 1 : 0),
    );
    const good = newest.findIndex(({ state }) => state !== "FAILED");
    const failures = good < 0 ? newest.length : good;
    if (failures > most) return;
    this.cancelRetry(pipelineId);
    const again = (): void => void this.renew(pipelineId, "RETRY_ON_FAILURE");
    this.#retries.set(pipelineId, setTimeout(again, pauseAfter(failures)));
  }
}

/** What the pipeline is while no update is active. FAILED, not RECOVERING, while it waits to be tried again: clients give up then. */
export function idleState(context: Context, { pipelineId, settings }: Pipeline): "IDLE" | "FAILED" {
  return settings.continuous && lastUpdate(context, pipelineId)?.state === "FAILED" ? "FAILED" : "IDLE";
}

const lastUpdate = ({ db }: Context, pipelineId: string): Update | undefined =>
  listUpdates(db, pipelineId, LONGEST_ROW).find(({ validate_only }) => !validate_only);
