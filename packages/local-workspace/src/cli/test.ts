/** `lakehouse test`: the unit tests of a pipeline, of a folder on disk or of a deployed one, by the engine's own runner. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { PYTHON_PATH } from "lakehouse-engine";
import { ensureEngine } from "lakehouse-toolchain/engine";
import type { WorkspaceApi } from "../client.ts";
import { ControlError } from "../control/index.ts";
import { canonical } from "../core/workspace-path.ts";
import { requireWorkspace } from "./workspace.ts";

interface TestOptions {
  dataDir: string;
  pipeline?: string;
  root?: string;
  catalog?: string;
  schema?: string;
  include?: string[];
  configuration?: Record<string, string>;
  parameter?: Record<string, string>;
  requireCoverage?: number;
}

/** What the runner is told of a pipeline. */
interface Target {
  name: string;
  root: string;
  place?: string;
  catalog: string;
  schema: string;
  include: readonly string[];
  configuration: Readonly<Record<string, string>>;
  parameters: Readonly<Record<string, string>>;
}

interface Library {
  glob?: { include: string };
  notebook?: { path: string };
  file?: { path: string };
}

interface Pipeline {
  pipeline_id: string;
  name: string;
  spec: {
    catalog?: string;
    schema?: string;
    target?: string;
    root_path?: string;
    libraries?: Library[];
    configuration?: Record<string, string>;
    parameters?: Record<string, string>;
  };
}

interface WorkspaceObject {
  path: string;
  object_type: "DIRECTORY" | "NOTEBOOK" | "FILE" | string;
  language?: "PYTHON" | "SQL" | string;
}

const ENDINGS: Readonly<Record<string, string>> = { PYTHON: ".py", SQL: ".sql" };

const collect = (value: string, before: string[] = []): string[] => [...before, value];

function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write KEY=VALUE.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function percentage(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 100)) {
    throw new InvalidArgumentError("It must be a percentage from 0 to 100.");
  }
  return value;
}

export function testCommand(command: Command, finish: (status: number) => void): Command {
  return command
    .argument("[pytest...]", "arguments of pytest, after --")
    .option("--pipeline <name-or-id>", "a pipeline that is deployed in the running workspace")
    .option("--root <folder>", "the root of a pipeline on disk; its tests are below it")
    .option("--catalog <name>", "the pipeline's default catalog")
    .option("--schema <name>", "the pipeline's default schema")
    .option(
      "--include <glob>",
      "sources, relative to the root (may be repeated; default transformations/** or all)",
      collect,
    )
    .option("--configuration <key=value>", "a value of the pipeline's configuration (may be repeated)", pair)
    .option("--parameter <key=value>", "a value of the pipeline's parameters (may be repeated)", pair)
    .option(
      "--require-coverage <percent>",
      "exit status 3 when fewer datasets and expectations were exercised",
      percentage,
    )
    .action(async (pytest: string[], options: TestOptions, command: Command) => {
      const missing = (["root", "catalog", "schema"] as const).filter((name) => options[name] === undefined);
      if (options.pipeline === undefined && missing.length > 0) {
        const names = missing.map((name) => `--${name}`).join(", ");
        command.error(
          `error: name a deployed pipeline with --pipeline, or a folder with --root, --catalog and --schema; missing: ${names}`,
        );
      }
      finish(await test(pytest, options));
    });
}

async function test(pytest: readonly string[], options: TestOptions): Promise<number> {
  const download = mkdtempSync(join(tmpdir(), "lakehouse-pipeline-"));
  try {
    const target = options.pipeline === undefined ? ofFolder(options) : await deployed(options, download);
    const { python, engineEnv } = await ensureEngine({ onProgress: (line) => process.stderr.write(`  ${line}\n`) });
    const args = ["-m", "lakehouse_engine.unit_tests", ...argumentsOf(target, options), "--", ...pytest];
    return await run(python, args, { ...process.env, ...engineEnv, PYTHONPATH: PYTHON_PATH });
  } finally {
    rmSync(download, { recursive: true, force: true });
  }
}

function argumentsOf(target: Target, { requireCoverage }: TestOptions): string[] {
  const { name, root, place, catalog, schema, include, configuration, parameters } = target;
  return [
    ...["--root", root, "--catalog", catalog, "--schema", schema, "--name", name],
    ...(place === undefined ? [] : ["--place", place]),
    ...include.flatMap((glob) => ["--include", glob]),
    ...Object.entries(configuration).flatMap(([key, value]) => ["--configuration", `${key}=${value}`]),
    ...Object.entries(parameters).flatMap(([key, value]) => ["--parameter", `${key}=${value}`]),
    ...(requireCoverage === undefined ? [] : ["--require-coverage", String(requireCoverage)]),
  ];
}

/** The options have been checked: all three are there. */
function ofFolder({ root, catalog, schema, include = [], configuration = {}, parameter = {} }: TestOptions): Target {
  const place = { name: posix.basename(root!), root: root!, catalog: catalog!, schema: schema! };
  return { ...place, include, configuration, parameters: parameter };
}

/** A deployed pipeline's code, as it lies in the workspace now. Options given beside it win over its settings. */
async function deployed(options: TestOptions, folder: string): Promise<Target> {
  const { api } = await requireWorkspace(options);
  const { name, spec } = await find(api, options.pipeline!);
  const root = spec.root_path;
  if (!root) {
    throw new ControlError(`Pipeline ${name} has no root folder (root_path), below which its tests would be.`);
  }
  const place = canonical(root);
  const notebooks = await copy(api, root, place, folder);
  const include = (spec.libraries ?? []).map((library) => {
    const path = canonical(library.glob?.include ?? library.notebook?.path ?? library.file?.path ?? "");
    if (!`${path}/`.startsWith(`${place}/`)) {
      throw new ControlError(`Pipeline ${name} has the source ${path}, which is not below its root ${place}.`);
    }
    return posix.relative(place, notebooks.get(path) ?? path);
  });
  return {
    name,
    root: options.root ?? folder,
    place: `/Workspace${place}`,
    catalog: options.catalog ?? spec.catalog ?? "main",
    schema: options.schema ?? spec.schema ?? spec.target ?? "default",
    include: options.include ?? include,
    configuration: { ...spec.configuration, ...options.configuration },
    parameters: { ...spec.parameters, ...options.parameter },
  };
}

async function find(api: WorkspaceApi, pipeline: string): Promise<Pipeline> {
  const { statuses = [] } = await api.get<{ statuses?: { pipeline_id: string; name: string }[] }>(
    "/api/2.0/pipelines",
    {
      max_results: 100,
      filter: `name LIKE '${pipeline.replaceAll("'", "''")}'`,
    },
  );
  const named = statuses.filter(({ name }) => name === pipeline);
  if (named.length > 1) {
    throw new ControlError(
      `${named.length} pipelines are named ${pipeline}; give an id: ${named.map(({ pipeline_id }) => pipeline_id).join(", ")}.`,
    );
  }
  const id = named[0]?.pipeline_id ?? pipeline;
  return await api.get<Pipeline>(`/api/2.0/pipelines/${encodeURIComponent(id)}`).catch((error: Error) => {
    throw new ControlError(`There is no pipeline ${pipeline} in the workspace: ${error.message}`);
  });
}

/** Copies everything below a folder of the workspace. Answers the paths of notebooks with the endings that they get. */
async function copy(api: WorkspaceApi, path: string, place: string, folder: string): Promise<Map<string, string>> {
  const notebooks = new Map<string, string>();
  const { objects = [] } = await api.get<{ objects?: WorkspaceObject[] }>("/api/2.0/workspace/list", { path });
  for (const object of objects) {
    const from = canonical(object.path);
    if (object.object_type === "DIRECTORY") {
      for (const [name, ending] of await copy(api, object.path, place, folder)) notebooks.set(name, ending);
      continue;
    }
    const notebook = object.object_type === "NOTEBOOK";
    if (!notebook && object.object_type !== "FILE") continue;
    const to = notebook ? `${from}${ENDINGS[object.language ?? ""] ?? ""}` : from;
    if (notebook) notebooks.set(from, to);
    const format = notebook ? "SOURCE" : "AUTO";
    const { content } = await api.get<{ content: string }>("/api/2.0/workspace/export", { path: object.path, format });
    const file = join(folder, posix.relative(place, to));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(content, "base64"));
  }
  return notebooks;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, [...args], { env, stdio: "inherit" });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  // A terminal sends Ctrl-C to the whole group; pytest then ends with its summary.
  const wait = (): void => {};
  process.on("SIGINT", wait);
  process.on("SIGTERM", passOn);
  return new Promise<number>((resolve, reject) => {
    child.on("error", (error) => reject(new ControlError(`${command} did not start: ${error.message}`)));
    child.on("exit", (code, signal) => resolve(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1)));
  }).finally(() => {
    process.off("SIGINT", wait);
    process.off("SIGTERM", passOn);
  });
}
