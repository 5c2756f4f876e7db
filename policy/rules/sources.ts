/** Rules on where code comes from, on legacy storage paths, and on secrets written in clear. */

import { within } from "../read/clusters.ts";
import { accessControls, everyoneGroup, isApplicationId } from "../read/principals.ts";
import { tasksOf } from "../read/tasks.ts";
import { EVERY_TYPE, type Finding, type Resource, type Rule, resourceRule } from "../rule.ts";
import { isUserMap, secretLiterals } from "../secrets/literals.ts";
import { type Fields, isFields, objects, texts, UNKNOWN, type Value, walkTexts } from "../values.ts";

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
const PLACED = ["Pipeline", "Job", "Cluster", "ClusterPolicy", "Library", ...Object.keys(PATH_PROPERTIES)];

export const sourceRules: readonly Rule[] = [
  resourceRule({
    name: "source-require-root",
    title: "Code, dashboards and apps lie in a folder of the team's",
    level: "mandatory",
    severity: "high",
    why: "What lies in a person's folder changes without review and goes when the person goes.",
    fix: "Upload to a folder under one of the roots that the pack's configuration allows, or to a service principal's.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/files/workspace",
    types: PLACED,
    limits: {
      roots: {
        type: "array",
        default: [],
        holdsPaths: true,
        description:
          "Workspace folders that code may lie under, beside a service principal's own; with none, every folder that is no person's. /Workspace in front makes no difference",
      },
    },
    check: ({ type, props }, { roots }) =>
      paths(type, props).flatMap(({ property, path }) => {
        const normal = normalPath(path);
        if (normal.startsWith("/Volumes/")) return [];
        if (normal === "") return [{ property, problem: "is not an absolute path" }];
        if (isPrincipalsFolder(normal)) return [];
        if (/^\/(Users|Repos)(\/|$)/i.test(normal)) return [{ property, problem: "is in a person's folder" }];
        return roots.length === 0 || roots.some((root) => isUnder(normal, normalPath(root)))
          ? []
          : [{ property, problem: `is not under ${roots.join(" or ")}` }];
      }),
  }),
  resourceRule({
    name: "source-forbid-open-folder",
    title: "Code does not lie where everybody may change it",
    level: "mandatory",
    severity: "critical",
    why: "All users of a workspace hold CAN_MANAGE below /Shared; whoever changes a job's code acts with the job's rights.",
    fix: "Use a folder of its own, such as /Workspace/<team>, with permissions for its roles alone.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/security/auth/access-control/",
    types: [...PLACED, "Permissions"],
    limits: {
      open: {
        type: "array",
        default: ["/Shared"],
        holdsPaths: true,
        description: "Workspace folders that everybody may write to",
      },
    },
    check: ({ type, props }, { open }) =>
      type === "Permissions"
        ? []
        : paths(type, props).flatMap(({ property, path }) => {
            const normal = normalPath(path);
            return open.some((folder) => isUnder(normal.toLowerCase(), normalPath(folder).toLowerCase()))
              ? [{ property, problem: "is where every user may write" }]
              : [];
          }),
    stack: {
      looksUp: ["Directory"],
      check: (resources) => {
        const folders = openedFolders(resources);
        return folders.length === 0
          ? []
          : resources.flatMap(({ type, props, urn, name }) =>
              PLACED.includes(type)
                ? paths(type, props).flatMap(({ property, path }) =>
                    folders.some((folder) => isUnder(normalPath(path), folder))
                      ? [{ urn, name, property, problem: "is in a folder that the program lets every user write to" }]
                      : [],
                  )
                : [],
            );
      },
    },
  }),
  resourceRule({
    name: "forbid-dbfs",
    title: "No DBFS paths and mounts",
    level: "mandatory",
    severity: "high",
    why: "Everybody in the workspace can read the DBFS root and its mounts; Unity Catalog does not govern them.",
    fix: "Use a volume: /Volumes/<catalog>/<schema>/<volume>/….",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/dbfs/unity-catalog",
    ids: { sat: ["GOV-10", "GOV-11", "GOV-25"] },
    types: [EVERY_TYPE],
    check: ({ type, props }) =>
      type === "DbfsFile" || type === "Mount"
        ? [{ property: "the resource", problem: "is itself a file or mount of DBFS" }]
        : distinct(
            [...walkTexts(props)]
              .filter(({ path, text }) => !DESCRIPTION.test(path) && DBFS.test(straight(text)))
              .map(({ path }) => path)
              .concat(dbfsObjects(props))
              .map((property) => ({ property, problem: "refers to DBFS or a mount" })),
          ),
  }),
  resourceRule({
    name: "forbid-secret-literals",
    title: "No secrets in clear",
    level: "mandatory",
    severity: "critical",
    why: "Configuration is readable for everybody who may view the resource, and it stays in the state.",
    fix: "Put the value into a secret scope and refer to it as {{secrets/<scope>/<key>}}.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/security/secrets/",
    ids: { sat: ["DP-1"] },
    types: [EVERY_TYPE],
    check: (resource) => distinct(secretLiterals(resource)),
  }),
];

const DBFS =
  /(^|[^\w.-])dbfs:|(^|[^\w.-])wasbs?:\/\/|(^|["'\s=])\/FileStore(\/|$)|(^|[^\w./-])\/+(dbfs|mnt)(?![\w-])|file:\/+(dbfs|mnt)\//i;
/** Prose of a job and its tasks, which may well speak of what is gone. */
const DESCRIPTION =
  /^(tasks(\[\d+\])?\.(forEachTask\.task\.)?)?(description|comment|displayName|customBody|customSubject|customDescription|customSummary)$|^(contentBase64|md5|source)$/;

/** Without dot segments, and without the volumes that are written with DBFS' scheme. */
const straight = (text: string): string =>
  text
    .replace(/\/[^\s"'`,;=()[\]{}<>|]*/g, (path) => (path.includes("/.") ? `/${segments(path).join("/")}` : path))
    .replace(/dbfs:\/+Volumes\//gi, "");

/** What a path consists of, without dot segments and doubled slashes. */
function segments(path: string): string[] {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return kept;
}

/** Settings that are a place in DBFS whatever their path is (`clusterLogConf.dbfs`), also while the path is not known. */
function dbfsObjects(value: Value, path = ""): string[] {
  const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
  if (isFields(value)) {
    return Object.entries(value).flatMap(([key, child]) =>
      key === "dbfs" && (child === UNKNOWN || typeof child === "object") && child !== null && !isUserMap(path)
        ? [at(key)]
        : dbfsObjects(child, at(key)),
    );
  }
  return Array.isArray(value)
    ? (value as readonly Value[]).flatMap((element, index) => dbfsObjects(element, `${path}[${index}]`))
    : [];
}

/** Findings of one property are one finding: JSON inside of a text is walked twice. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.property} ${finding.problem}`, finding])).values()];
}

/** Absolute workspace path without /Workspace, doubled slashes and dot segments; empty when not absolute. */
function normalPath(path: string): string {
  const text = path.trim();
  if (!text.startsWith("/")) return "";
  const kept = segments(text);
  if (kept[0]?.toLowerCase() === "workspace") kept.shift();
  return `/${kept.join("/")}`;
}

const isUnder = (path: string, root: string): boolean => root === "/" || `${path}/`.startsWith(`${root}/`);

interface SourcePath {
  readonly property: string;
  readonly path: string;
}

/** A service principal's own folder is named by its application id; only it and admins write there. */
const isPrincipalsFolder = (path: string): boolean => isApplicationId(/^\/Users\/([^/]+)/i.exec(path)?.[1] ?? "");

/** Folders that the program's own permissions open to everybody. */
function openedFolders(resources: readonly Resource[]): string[] {
  const directories = new Map(
    resources.flatMap(({ urn, type, props }) => (type === "Directory" ? [[urn, props.path] as const] : [])),
  );
  return resources.flatMap(({ type, props, propertyDependencies }) => {
    if (type !== "Permissions") return [];
    const opens = accessControls(props).some(
      ({ who, level }) => everyoneGroup(who) !== undefined && ["CAN_EDIT", "CAN_MANAGE"].includes(level),
    );
    if (!opens) return [];
    const made = ["directoryPath", "directoryId"].flatMap((property) =>
      (propertyDependencies[property] ?? []).map((urn) => directories.get(urn)),
    );
    return texts([props.directoryPath, ...made])
      .map(normalPath)
      .filter((path) => path !== "");
  });
}

function paths(type: string, props: Fields): SourcePath[] {
  const own = PATH_PROPERTIES[type];
  // A dashboard or query without a folder lies in its maker's home, which the program runs as.
  if (own !== undefined) return own.flatMap((property) => pathIn(property, props[property]));
  if (type === "Library") return packages(props, "");
  if (type === "Cluster" || type === "ClusterPolicy")
    return [
      ...initScripts(props, ""),
      ...objects(props.libraries).flatMap((library, at) => packages(library, `libraries[${at}]`)),
    ];
  if (type === "Pipeline") {
    return [
      ...one("rootPath", props.rootPath),
      ...objects(props.libraries).flatMap((library, at) => [
        ...objects(library.notebook).flatMap(({ path }) => one(`libraries[${at}].notebook.path`, path)),
        ...objects(library.file).flatMap(({ path }) => one(`libraries[${at}].file.path`, path)),
        ...objects(library.glob).flatMap(({ include }) => one(`libraries[${at}].glob.include`, include)),
        ...packages(library, `libraries[${at}]`),
      ]),
      ...objects(props.clusters).flatMap((cluster, at) => initScripts(cluster, `clusters[${at}]`)),
      ...objects(props.environment).flatMap(({ dependencies }) =>
        requirements(dependencies, "environment.dependencies"),
      ),
    ];
  }
  const { gitSource } = props;
  const ofEnvironments = objects(props.environments).flatMap(({ spec }, at) =>
    objects(spec).flatMap((environment) =>
      ["dependencies", "javaDependencies", "baseEnvironment"].flatMap((key) =>
        requirements(environment[key], `environments[${at}].spec.${key}`),
      ),
    ),
  );
  const ofClusters = objects(props.jobClusters).flatMap(({ newCluster }, at) =>
    objects(newCluster).flatMap((cluster) => initScripts(cluster, `jobClusters[${at}].newCluster`)),
  );
  const ofTasks = tasksOf(props).flatMap(({ path, task }) => {
    const inWorkspace = (property: string, path: Value, source: Value): SourcePath[] => {
      if (source === "GIT" || (source === undefined && objects(gitSource).length > 0)) return [];
      const mayBeGit = source === UNKNOWN || (source === undefined && gitSource === UNKNOWN);
      // Below a Git repository paths are relative, so an absolute one is the workspace's.
      return mayBeGit ? absolute(property, path) : one(property, path);
    };
    const at = (property: string): string => (path === "the job" ? property : `${path}.${property}`);
    return [
      ...objects(task.notebookTask).flatMap(({ notebookPath, source }) =>
        inWorkspace(at("notebookTask.notebookPath"), notebookPath, source),
      ),
      ...objects(task.sparkPythonTask).flatMap(({ pythonFile, source }) =>
        // A cloud URL or a DBFS path is not a workspace path; forbid-dbfs looks at the latter.
        typeof pythonFile === "string" && /^\s*[a-z0-9+]+:/i.test(pythonFile)
          ? absolute(at("sparkPythonTask.pythonFile"), pythonFile)
          : inWorkspace(at("sparkPythonTask.pythonFile"), pythonFile, source),
      ),
      ...objects(task.sqlTask)
        .flatMap(({ file }) => objects(file))
        .flatMap((file) => inWorkspace(at("sqlTask.file.path"), file.path, file.source)),
      ...objects(task.dbtTask).flatMap(({ projectDirectory, source }) =>
        inWorkspace(at("dbtTask.projectDirectory"), projectDirectory, source),
      ),
      ...MORE_PATHS.flatMap(([kind, ...keys]) =>
        objects(task[kind]).flatMap((of) => keys.flatMap((key) => absolute(at(`${kind}.${key}`), of[key]))),
      ),
      ...objects(task.newCluster).flatMap((cluster) => initScripts(cluster, at("newCluster"))),
      ...objects(task.libraries).flatMap((library, index) => packages(library, at(`libraries[${index}]`))),
    ];
  });
  return [...ofTasks, ...ofEnvironments, ...ofClusters];
}

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
