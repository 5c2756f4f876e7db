/** What Databricks checks in a pipeline's settings. */
import { ApiError, invalid } from "../../core/errors.ts";
import type { Database } from "../../store/database.ts";
import type { PipelineSettings } from "./schemas.ts";
import { listPipelines } from "./store.ts";

const KINDS = ["notebook", "file", "glob", "jar", "maven", "whl"] as const;

function checkLibraries({ libraries = [] }: PipelineSettings): void {
  const seen = new Set<string>();
  for (const [index, library] of libraries.entries()) {
    const kinds = KINDS.filter((kind) => library[kind] !== undefined && library[kind] !== null);
    if (kinds.length !== 1) {
      throw invalid(
        `libraries[${index}] must have exactly one of ${KINDS.join(", ")}, got ${kinds.join(", ") || "none"}.`,
      );
    }
    const kind = kinds[0]!;
    if (kind === "jar" || kind === "maven" || kind === "whl") {
      throw invalid(`libraries[${index}]: ${kind} libraries are not supported; use notebook, file or glob.`);
    }
    const path = library.notebook?.path ?? library.file?.path ?? library.glob?.include ?? "";
    if (!path.startsWith("/")) throw invalid(`libraries[${index}].${kind}: the path must be absolute, got '${path}'.`);
    if (kind === "glob" && /[*?[\]{}]/.test(path.replace(/\/\*\*$/, ""))) {
      throw invalid(`libraries[${index}].glob.include: '${path}' must be a path, or a folder followed by /**.`);
    }
    if (seen.has(path)) throw invalid(`libraries[${index}]: '${path}' is listed twice.`);
    seen.add(path);
  }
}

/** @see https://docs.databricks.com/aws/en/ldp/parameters and the bound that the API's reference names */
export function checkParameters(parameters: Readonly<Record<string, string>> = {}): void {
  for (const key of Object.keys(parameters)) {
    if (!/^[\w.-]+$/.test(key)) {
      throw invalid(`parameters: '${key}' may only have letters, digits, underscores, hyphens and periods.`);
    }
  }
  const { length } = JSON.stringify(parameters);
  if (length > 10_000) throw invalid(`parameters: ${length} characters as JSON; at most 10000 are allowed.`);
}

export function checkSettings(db: Database, settings: PipelineSettings, self?: string): void {
  const { name, catalog, schema, target, storage, serverless, clusters, configuration } = settings;
  if (schema !== undefined && target !== undefined) throw invalid("Only one of schema and target may be set.");
  if (catalog !== undefined && storage !== undefined) {
    throw invalid("storage cannot be set for a pipeline that publishes to Unity Catalog (catalog is set).");
  }
  if (schema !== undefined && catalog === undefined)
    throw invalid("schema needs catalog: set the catalog to publish to.");
  if (serverless && clusters?.length)
    throw invalid("You cannot provide cluster settings when using serverless compute.");
  for (const key of Object.keys(configuration ?? {})) {
    if (/\s/.test(key) || key === "") throw invalid(`configuration: '${key}' is not a configuration key.`);
  }
  checkParameters(settings.parameters);
  checkLibraries(settings);
  if (name && !settings.allow_duplicate_names) {
    const other = listPipelines(db).find((pipeline) => pipeline.name === name && pipeline.pipelineId !== self);
    if (other) {
      throw new ApiError(
        "RESOURCE_CONFLICT",
        `The pipeline name '${name}' is already used by another pipeline. This check can be skipped by setting ` +
          "`allow_duplicate_names = true` in the request.",
      );
    }
  }
}

/** What Databricks fills in; everything else stays as it was sent. */
export function withDefaults(settings: PipelineSettings, pipelineId: string): PipelineSettings {
  return {
    ...settings,
    id: pipelineId,
    name: settings.name ?? `Untitled pipeline ${pipelineId}`,
    // A pipeline outside of Unity Catalog has its files there.
    ...(settings.catalog === undefined ? { storage: settings.storage ?? `dbfs:/pipelines/${pipelineId}` } : {}),
    pipeline_type: "WORKSPACE",
  };
}
