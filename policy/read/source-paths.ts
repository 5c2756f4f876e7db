/** Where code, dashboards and results lie: the paths of a resource that are in the workspace. */
import { type Fields, objects, texts, UNKNOWN, type Value } from "../values.ts";
import { clustersOf, within } from "./clusters.ts";
import { type Task, tasksOf } from "./tasks.ts";

/** Types with code, dashboards or results in a folder of the workspace, and the properties that name it. */
const PATH_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  Notebook: ["path"],
  WorkspaceFile: ["path"],
  Directory: ["path"],
  Repo: ["path"],
  Dashboard: ["parentPath"],
  Query: ["parentPath"],
  Alert: ["parentPath"],
  AlertV2: ["parentPath"],
  App: ["sourceCodePath"],
  QualityMonitor: ["assetsDir"],
  LakehouseMonitor: ["assetsDir"],
  MlflowExperiment: ["name"],
  EnvironmentsWorkspaceBaseEnvironment: ["filepath"],
};
export const PLACED = ["Pipeline", "Job", "Cluster", "ClusterPolicy", "Library", ...Object.keys(PATH_PROPERTIES)];

/** What a path consists of, without dot segments and doubled slashes. */
export function segments(path: string): string[] {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return kept;
}

/** Absolute workspace path without /Workspace, doubled slashes and dot segments; empty when not absolute. */
export function normalPath(path: string): string {
  const text = path.trim();
  if (!text.startsWith("/")) return "";
  const kept = segments(text);
  if (kept[0]?.toLowerCase() === "workspace") kept.shift();
  return `/${kept.join("/")}`;
}

export const isUnder = (path: string, root: string): boolean => root === "/" || `${path}/`.startsWith(`${root}/`);

interface SourcePath {
  readonly property: string;
  readonly path: string;
}

/** The paths of a resource; of a type with none, an empty list. */
export function sourcePaths(type: string, props: Fields): SourcePath[] {
  const own = PATH_PROPERTIES[type];
  // A dashboard or query without a folder lies in its maker's home, which the program runs as.
  if (own !== undefined) return own.flatMap((property) => pathIn(property, props[property]));
  if (type === "Library") return packages(props, "");
  if (type === "Pipeline") return ofPipeline(props);
  if (type === "Job") return ofJob(props);
  if (type === "ClusterPolicy") return allPackages(props.libraries, "libraries");
  return type === "Cluster" ? [...ofClusters(type, props), ...allPackages(props.libraries, "libraries")] : [];
}

const ofPipeline = (props: Fields): SourcePath[] => [
  ...one("rootPath", props.rootPath),
  ...objects(props.libraries).flatMap((library, at) => [
    ...objects(library.notebook).flatMap(({ path }) => one(`libraries[${at}].notebook.path`, path)),
    ...objects(library.file).flatMap(({ path }) => one(`libraries[${at}].file.path`, path)),
    ...objects(library.glob).flatMap(({ include }) => one(`libraries[${at}].glob.include`, include)),
    ...packages(library, `libraries[${at}]`),
  ]),
  ...ofClusters("Pipeline", props),
  ...objects(props.environment).flatMap(({ dependencies }) => requirements(dependencies, "environment.dependencies")),
];

const ofJob = (job: Fields): SourcePath[] => [
  ...tasksOf(job).flatMap((task) => ofTask(task, job.gitSource)),
  ...objects(job.environments).flatMap(({ spec }, at) =>
    objects(spec).flatMap((environment) =>
      ["dependencies", "javaDependencies", "baseEnvironment"].flatMap((key) =>
        requirements(environment[key], `environments[${at}].spec.${key}`),
      ),
    ),
  ),
  ...ofClusters("Job", job),
];

const ofClusters = (type: string, props: Fields): SourcePath[] =>
  clustersOf(type, props).flatMap(({ path, cluster }) => initScripts(cluster, path));

function ofTask({ path, task }: Task, gitSource: Value): SourcePath[] {
  const at = (property: string): string => (path === "the job" ? property : `${path}.${property}`);
  const code = (property: string, place: Value, source: Value): SourcePath[] =>
    inWorkspace(at(property), place, source, gitSource);
  return [
    ...objects(task.notebookTask).flatMap(({ notebookPath, source }) =>
      code("notebookTask.notebookPath", notebookPath, source),
    ),
    ...objects(task.sparkPythonTask).flatMap(({ pythonFile, source }) =>
      // A cloud URL or a DBFS path is not a workspace path; forbid-dbfs looks at the latter.
      typeof pythonFile === "string" && /^\s*[a-z0-9+]+:/i.test(pythonFile)
        ? absolute(at("sparkPythonTask.pythonFile"), pythonFile)
        : code("sparkPythonTask.pythonFile", pythonFile, source),
    ),
    ...objects(task.sqlTask)
      .flatMap(({ file }) => objects(file))
      .flatMap((file) => code("sqlTask.file.path", file.path, file.source)),
    ...objects(task.dbtTask).flatMap(({ projectDirectory, source }) =>
      code("dbtTask.projectDirectory", projectDirectory, source),
    ),
    ...MORE_PATHS.flatMap(([kind, ...keys]) =>
      objects(task[kind]).flatMap((of) => keys.flatMap((key) => absolute(at(`${kind}.${key}`), of[key]))),
    ),
    ...allPackages(task.libraries, at("libraries")),
  ];
}

/** A task's path, unless its code comes from Git. */
function inWorkspace(property: string, path: Value, source: Value, gitSource: Value): SourcePath[] {
  if (source === "GIT" || (source === undefined && objects(gitSource).length > 0)) return [];
  const mayBeGit = source === UNKNOWN || (source === undefined && gitSource === UNKNOWN);
  // Below a Git repository paths are relative, so an absolute one is the workspace's.
  return mayBeGit ? absolute(property, path) : one(property, path);
}

const allPackages = (libraries: Value, property: string): SourcePath[] =>
  objects(libraries).flatMap((library, at) => packages(library, `${property}[${at}]`));

/** Settings of kinds of tasks that are a workspace path when they are absolute. */
const MORE_PATHS: readonly (readonly [kind: string, ...keys: string[]])[] = [
  ["dbtTask", "profilesDirectory"],
  ["sparkJarTask", "jarUri"],
  ["alertTask", "workspacePath"],
  ["genAiComputeTask", "trainingScriptPath", "yamlParametersFilePath"],
  ["aiRuntimeTask", "codeSourcePath"],
];

/** "/Workspace/Users/x" and "folders/123", of which the latter says nothing. */
const pathIn = (property: string, value: Value): SourcePath[] =>
  typeof value === "string" && /^\s*folders\/\d+\s*$/.test(value) ? [] : one(property, value);

const one = (property: string, value: Value): SourcePath[] =>
  typeof value === "string" && value !== "" ? [{ property, path: value }] : [];

/** A text that is an absolute path or a file URL of the workspace; other texts are no workspace paths. */
const absolute = (property: string, value: Value): SourcePath[] =>
  typeof value === "string" ? one(property, ABSOLUTE.exec(value)?.[1]) : [];
const ABSOLUTE = /^\s*(?:file:\/*(?=\/Workspace\/))?(\/.*)$/is;

/** Init scripts of a cluster that lie in the workspace. */
const initScripts = (cluster: Fields, property: string): SourcePath[] =>
  objects(cluster.initScripts).flatMap(({ workspace, file }, at) => [
    ...objects(workspace).flatMap(({ destination }) =>
      one(within(property, `initScripts[${at}].workspace.destination`), destination),
    ),
    // A file may also come with the cluster's image.
    ...objects(file)
      .filter(({ destination }) => typeof destination === "string" && /^\s*(file:)?\/+Workspace\//i.test(destination))
      .flatMap(({ destination }) => absolute(within(property, `initScripts[${at}].file.destination`), destination)),
  ]);

/** Packages of a library that lie in the workspace, as opposed to a package index or a cloud. */
const packages = (library: Fields, property: string): SourcePath[] =>
  ["whl", "jar", "egg", "requirements"].flatMap((kind) => requirements(library[kind], within(property, kind)));

/** Workspace paths among the lines of a requirements list: a wheel, `name @` a wheel, `-r` of a file, `-e` of a folder. */
function requirements(value: Value, property: string): SourcePath[] {
  return texts(value).flatMap((line) => {
    const path = /^\s*(?:(?:-r|-e|-c|-f|--[a-z-]+)[\s=]*|[^/@]*@\s*)?(?:file:\/\/)?(\/.*)$/.exec(line)?.[1];
    return path === undefined ? [] : [{ property, path }];
  });
}
