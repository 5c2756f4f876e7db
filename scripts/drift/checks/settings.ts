/** Pipelines and schedules that somebody changed in the web interface. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { found, mapped } from "../../api.ts";
import { type Difference, shown } from "../model.ts";
import { type State, snake, text, type Values } from "../state.ts";

/** Keys of a map are the user's own words and stay as they are. */
const MAPS = new Set(["configuration", "tags", "customTags", "sparkConf", "sparkEnvVars"]);

/** The program's value in the shape of the REST API. */
function asRest(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => asRest(name, each));
  if (value === null || typeof value !== "object" || MAPS.has(name)) return value;
  const entries = Object.entries(value).filter(([key, inner]) => key !== "__defaults" && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [snake(key), asRest(key, inner)]));
}

/** Whether the workspace has what the program says; it may add defaults of its own within an object, but not to a list or a map. */
function holds(name: string, wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((each, at) => holds(name, each, actual[at]))
    );
  }
  if (wanted !== null && typeof wanted === "object") {
    if (actual === null || typeof actual !== "object") return Object.keys(wanted).length === 0;
    const extra = MAPS.has(name) && Object.keys(actual).some((key) => !(key in wanted));
    return !extra && Object.entries(wanted).every(([key, inner]) => holds(key, inner, (actual as Values)[key]));
  }
  // The provider takes some numbers and booleans as texts.
  return wanted === actual || (actual !== undefined && String(wanted) === String(actual));
}

/** Settings of a pipeline that change what it does, each with its default: the API answers only what was sent. */
const PIPELINE: Readonly<Record<string, unknown>> = {
  catalog: undefined,
  schema: undefined,
  rootPath: undefined,
  channel: undefined,
  libraries: [],
  configuration: {},
  notifications: [],
  clusters: [],
  continuous: false,
  development: false,
  tags: {},
};

export async function pipelines(api: WorkspaceApi, state: State): Promise<Difference[]> {
  const all = await mapped(state.of("Pipeline"), async ({ id, urn, inputs }): Promise<Difference[]> => {
    const path = `/api/2.0/pipelines/${id}`;
    const now = await found(api.get<{ spec: Values }>(path));
    if (now === undefined) return [];
    const changed = Object.entries(PIPELINE).flatMap(([name, unset]) => {
      const wanted = asRest(name, inputs[name] ?? unset);
      const actual = now.spec[snake(name)] ?? unset;
      return wanted === undefined || holds(name, wanted, actual) ? [] : [{ name, wanted, actual }];
    });
    // The call sets all of a pipeline's settings, so one call restores all that was changed.
    const body = { ...now.spec, ...Object.fromEntries(changed.map(({ name, wanted }) => [snake(name), wanted])) };
    const object = `pipeline ${text(inputs, "name") ?? id}`;
    return changed.map(({ name, wanted, actual }) => ({
      kind: "pipeline",
      object,
      property: name,
      deployed: shown(wanted),
      workspace: shown(actual),
      urn,
      fix: { method: "PUT", path, body },
    }));
  });
  return all.flat();
}

interface Paused {
  readonly pause_status?: string;
}
const SCHEDULES = ["schedule", "trigger", "continuous"] as const;

export async function schedules(api: WorkspaceApi, state: State): Promise<Difference[]> {
  const all = await mapped(state.of("Job"), async ({ id, urn, inputs }): Promise<Difference[]> => {
    const now = await found(api.get<{ settings: Record<string, unknown> }>("/api/2.2/jobs/get", { job_id: id }));
    if (now === undefined) return [];
    return SCHEDULES.flatMap((name): Difference[] => {
      const object = `job ${text(inputs, "name") ?? id}`;
      const wanted = inputs[name] as { pauseStatus?: string } | undefined;
      const actual = now.settings[name] as Paused | undefined;
      const [deployed, workspace] = [
        wanted && (wanted.pauseStatus ?? "UNPAUSED"),
        actual && (actual.pause_status ?? "UNPAUSED"),
      ];
      if (deployed === workspace) return [];
      const restored = { job_id: Number(id), new_settings: { [name]: { ...actual, pause_status: deployed } } };
      const fix =
        deployed && workspace ? ({ method: "POST", path: "/api/2.2/jobs/update", body: restored } as const) : "update";
      return [
        { kind: "schedule", object, property: name, deployed: shown(deployed), workspace: shown(workspace), urn, fix },
      ];
    });
  });
  return all.flat();
}
