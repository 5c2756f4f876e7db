/** Rules on where code comes from, on legacy storage paths, and on secrets written in clear. */
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { type Fields, isBlank, isFields, objects, texts, type Value, walkTexts } from "../values.ts";
import { tasksOf } from "./jobs.ts";

export const sourceRules: readonly Rule[] = [
  resourceRule({
    name: "source-require-root",
    title: "Code lies under a shared root",
    level: "mandatory",
    severity: "high",
    why: "Code in a person's folder changes without review and goes when the person goes.",
    fix: "Upload to a folder under one of the roots that the pack's configuration allows.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/files/workspace",
    types: ["Pipeline", "Job", "Notebook", "WorkspaceFile"],
    limits: {
      roots: {
        type: "array",
        default: ["/Shared"],
        description: "Workspace folders that code may lie under; /Workspace in front makes no difference",
      },
    },
    check: ({ type, props }, { roots }) =>
      paths(type, props).flatMap(({ property, path }) => {
        const normal = normalPath(path);
        if (normal.startsWith("/Volumes/")) return [];
        if (normal === "") return [{ property, problem: "is not an absolute path" }];
        if (/^\/(Users|Repos)(\/|$)/i.test(normal)) return [{ property, problem: "is in a person's folder" }];
        return roots.some((root) => `${normal}/`.startsWith(`${normalPath(root)}/`))
          ? []
          : [{ property, problem: `is not under ${roots.join(" or ")}` }];
      }),
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
    types: ["Pipeline", "Job", "Cluster", "Library", "DbfsFile", "Mount"],
    check: ({ type, props }) =>
      type === "DbfsFile" || type === "Mount"
        ? [{ property: "the resource", problem: "is itself a file or mount of DBFS" }]
        : distinct(
            [...walkTexts(props)]
              .filter(({ path, text }) => path !== "description" && DBFS.test(straight(text)))
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
    types: ["Pipeline", "Job", "Cluster"],
    check: ({ props }) => distinct(secretLiterals(props)),
  }),
];

const DBFS = /(^|[^\w.-])dbfs:|(^|[^\w./-])\/+(dbfs|mnt)(\/|$|\W)|file:\/+(dbfs|mnt)\//i;

/** Without dot segments, and without the volumes that are written with DBFS' scheme. */
const straight = (text: string): string =>
  text
    .replace(/\/\.(?=\/)/g, "")
    .replace(/\/[^/\s]+\/\.\.(?=\/)/g, "")
    .replace(/dbfs:\/+Volumes\//gi, "");

/** Settings that are a place in DBFS whatever their path is (`clusterLogConf.dbfs`), also while the path is not known. */
function dbfsObjects(value: Value, path = ""): string[] {
  const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
  if (isFields(value)) {
    return Object.entries(value).flatMap(([key, child]) =>
      key === "dbfs" && !isBlank(child) ? [at(key)] : dbfsObjects(child, at(key)),
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
  const kept: string[] = [];
  for (const segment of text.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  if (kept[0]?.toLowerCase() === "workspace") kept.shift();
  return `/${kept.join("/")}`;
}

interface SourcePath {
  readonly property: string;
  readonly path: string;
}

function paths(type: string, props: Fields): SourcePath[] {
  const one = (property: string, value: unknown): SourcePath[] =>
    typeof value === "string" && value !== "" ? [{ property, path: value }] : [];
  if (type === "Notebook" || type === "WorkspaceFile") return one("path", props.path);
  if (type === "Pipeline") {
    return [
      ...one("rootPath", props.rootPath),
      ...objects(props.libraries).flatMap((library, at) => [
        ...objects(library.notebook).flatMap(({ path }) => one(`libraries[${at}].notebook.path`, path)),
        ...objects(library.file).flatMap(({ path }) => one(`libraries[${at}].file.path`, path)),
        ...objects(library.glob).flatMap(({ include }) => one(`libraries[${at}].glob.include`, include)),
        ...packages(library, `libraries[${at}]`),
      ]),
      ...objects(props.environment).flatMap(({ dependencies }) =>
        requirements(dependencies, "environment.dependencies"),
      ),
    ];
  }
  const fromGit = objects(props.gitSource).length > 0;
  const ofEnvironments = objects(props.environments).flatMap(({ spec }, at) =>
    objects(spec).flatMap(({ dependencies }) => requirements(dependencies, `environments[${at}].spec.dependencies`)),
  );
  const ofTasks = tasksOf(props).flatMap(({ path, task }) => {
    const relative = (source: unknown): boolean => source === "GIT" || (source === undefined && fromGit);
    const at = (property: string): string => (path === "the job" ? property : `${path}.${property}`);
    return [
      ...objects(task.notebookTask).flatMap(({ notebookPath, source }) =>
        relative(source) ? [] : one(at("notebookTask.notebookPath"), notebookPath),
      ),
      ...objects(task.sparkPythonTask).flatMap(({ pythonFile, source }) =>
        // A cloud URL or a DBFS path is not a workspace path; forbid-dbfs looks at the latter.
        relative(source) || (typeof pythonFile === "string" && /^[a-z0-9+]+:/i.test(pythonFile))
          ? []
          : one(at("sparkPythonTask.pythonFile"), pythonFile),
      ),
      ...objects(task.sqlTask)
        .flatMap(({ file }) => objects(file))
        .flatMap((file) => (relative(file.source) ? [] : one(at("sqlTask.file.path"), file.path))),
      ...objects(task.dbtTask).flatMap(({ projectDirectory, source }) =>
        relative(source) ? [] : one(at("dbtTask.projectDirectory"), projectDirectory),
      ),
      ...objects(task.libraries).flatMap((library, index) => packages(library, at(`libraries[${index}]`))),
    ];
  });
  return [...ofTasks, ...ofEnvironments];
}

/** Packages of a library that lie in the workspace, as opposed to a package index or a cloud. */
const packages = (library: Fields, property: string): SourcePath[] =>
  ["whl", "jar", "egg", "requirements"].flatMap((kind) => requirements(library[kind], `${property}.${kind}`));

/** Workspace paths among the lines of a requirements list: a wheel, `-r` of a file, `-e` of a folder. */
function requirements(value: Value, property: string): SourcePath[] {
  return texts(value).flatMap((line) => {
    const path = /^\s*(?:(?:-r|-e|--requirement|--editable)[\s=]*)?(?:file:\/\/)?(\/.*)$/.exec(line)?.[1];
    return path === undefined ? [] : [{ property, path }];
  });
}

/** Forms of well-known credentials; a match is a secret wherever it stands. */
const CREDENTIALS: readonly [string, RegExp][] = [
  ["a Databricks token", /\b(dapi|dose|dkea|dsapi)[0-9a-f]{32}\b/i],
  ["an AWS access key", /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/],
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./],
  ["a Slack token", /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ["a storage account key", /AccountKey=[A-Za-z0-9+/=]{20,}/i],
  ["a shared access signature", /[?&]sig=[A-Za-z0-9%+/=]{20,}/i],
  ["a Google API key", /\bAIza[0-9A-Za-z_-]{35}\b/],
  ["a Stripe key", /\b[rs]k_live_[0-9A-Za-z]{16,}/],
  ["a password in a URL", /[a-z][a-z0-9+.-]*:\/\/[^\s/:@{}]+:[^\s/@{}]+@/i],
  ["a password in a connection string", /(^|[;?&\s])(password|pwd)=(?!\s*(\{\{|$|;))[^;&\s]+/i],
];

const SECRET_NAME =
  /passw(or)?d|passphrase|(^|[._-])pass$|pwd$|secret|token|api[._ -]?key|private[._ -]?key|access[._ -]?key|account[._ -]?key|credential|sas[._-]?key|signing[._-]?key|encryption[._-]?key/i;
/** Names that speak of a secret without being one. */
const ABOUT_A_SECRET =
  /(scope|name|limit|count|ttl|expiry|expiration|lifetime|endpoint|ur[il]|provider(\.type)?|type|enabled|header|field|column|version|max[._-]?tokens|key[._-]?id)$/i;
/** A secret, or a value handed on at run time. */
const REFERENCE = /^\s*\{\{\s*(secrets\/[^/{}]+\/[^/{}]+|(job|tasks|input)[.\w\-[\]"']*)\s*\}\}\s*$/;

function isSecretName(name: string): boolean {
  const plainName = name.trim();
  return SECRET_NAME.test(plainName) && !ABOUT_A_SECRET.test(plainName);
}

/** Maps whose keys a user chooses. The names of the provider's own properties (tokens of its schema) are not looked at. */
const USER_MAPS =
  /(^|\.)(configuration|sparkConf|sparkEnvVars|baseParameters|namedParameters|parameters|jobParameters|pythonNamedParams|notebookParams)$/;

function secretLiterals(props: Fields): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text } of walkTexts(props)) {
    for (const [what, pattern] of CREDENTIALS) {
      if (pattern.test(text)) findings.push({ property: path, problem: `holds ${what}` });
    }
  }
  const named = (property: string, name: string, value: unknown): void => {
    if (typeof value === "string" && value.trim() !== "" && isSecretName(name) && !REFERENCE.test(value)) {
      findings.push({ property, problem: "is named like a secret and holds a literal" });
    }
  };
  const visit = (value: Fields, path: string): void => {
    for (const [key, child] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`;
      for (const [index, element] of objects(child).entries()) {
        const place = Array.isArray(child) ? `${at}[${index}]` : at;
        if (USER_MAPS.test(at) && !Array.isArray(child)) {
          for (const [name, content] of Object.entries(element)) named(`${at}["${name}"]`, name, content);
        }
        // Job parameters are a list of { name, default }.
        if (typeof element.name === "string") {
          named(`${place}.default`, element.name, element.default);
          named(`${place}.value`, element.name, element.value);
        }
        visit(element, place);
      }
      if (typeof child === "string") inJson(child, at);
      for (const [index, text] of (Array.isArray(child) ? texts(child) : []).entries())
        argument(text, `${at}[${index}]`);
    }
  };
  /** "--password=x" among the arguments of a script. */
  const argument = (text: string, property: string): void => {
    const [, name, value] = /^-{0,2}([\w.-]+)=(.*)$/s.exec(text) ?? [];
    if (name !== undefined) named(property, name, value);
    else inJson(text, property);
  };
  const inJson = (text: string, property: string): void => {
    if (!/^\s*[[{]/.test(text)) return;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return; // not JSON after all, for example {{secrets/…}}
    }
    const search = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [name, content] of Object.entries(value)) {
        named(property, name, content);
        search(content);
      }
    };
    search(parsed);
  };
  visit(props, "");
  return findings;
}
