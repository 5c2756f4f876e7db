/** How a task's work says that it failed, and what the run's state becomes. */

import { EngineError } from "../../../core/engine-client.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Output, State } from "./types.ts";

export const WORKLOAD_FAILED = "Workload failed, see run output for details";

export class TaskFailure extends Error {
  readonly output: Output;
  readonly code: string;

  constructor(message: string, options: { output?: Output; code?: string } = {}) {
    super(message);
    this.output = { ...options.output, error: options.output?.error ?? message };
    this.code = options.code ?? "RUN_EXECUTION_ERROR";
  }
}

/** Why a run's work was interrupted: reason of the AbortSignal. */
export type Interruption = "cancel" | "timeout" | "stop";

export const CANCELLED: State = {
  lifeCycle: "TERMINATED",
  result: "CANCELED",
  message: "Run cancelled.",
  code: "USER_CANCELED",
  cancelled: true,
};

export const timedOut = (seconds: number): State => ({
  lifeCycle: "TERMINATED",
  result: "TIMEDOUT",
  message: `Run timed out after ${seconds} seconds.`,
  code: "RUN_EXECUTION_ERROR",
  cancelled: true,
});

const CODES: Record<string, string> = {
  RESOURCE_DOES_NOT_EXIST: "RESOURCE_NOT_FOUND",
  NOT_FOUND: "RESOURCE_NOT_FOUND",
  PERMISSION_DENIED: "UNAUTHORIZED_ERROR",
  NOT_IMPLEMENTED: "FEATURE_DISABLED",
};

export function stateOf(error: unknown): { state: State; output: Output } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TaskFailure) {
    const state: State = { lifeCycle: "TERMINATED", result: "FAILED", message: WORKLOAD_FAILED, code: error.code };
    return { state, output: error.output };
  }
  if (error instanceof ApiError) {
    const code = CODES[error.errorCode] ?? "INVALID_RUN_CONFIGURATION";
    return { state: { lifeCycle: "TERMINATED", result: "FAILED", message, code }, output: { error: message } };
  }
  if (error instanceof EngineError && !error.errorClass.startsWith("ENGINE_")) {
    const state: State = {
      lifeCycle: "TERMINATED",
      result: "FAILED",
      message: WORKLOAD_FAILED,
      code: "RUN_EXECUTION_ERROR",
    };
    return { state, output: { error: message } };
  }
  const code = error instanceof EngineError ? "DRIVER_ERROR" : "INTERNAL_ERROR";
  return { state: { lifeCycle: "INTERNAL_ERROR", result: "FAILED", message, code }, output: { error: message } };
}
