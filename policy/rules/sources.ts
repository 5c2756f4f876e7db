/** Rules on where code comes from, on legacy storage paths, and on secrets written in clear. */

import { accessControls, everyoneGroup, isApplicationId } from "../read/principals.ts";
import { isUnder, normalPath, PLACED, segments, sourcePaths } from "../read/source-paths.ts";
import { EVERY_TYPE, type Finding, type Resource, type Rule, resourceRule } from "../rule.ts";
import { isUserMap, secretLiterals } from "../secrets/literals.ts";
import { isFields, texts, UNKNOWN, type Value, walkTexts } from "../values.ts";

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
      sourcePaths(type, props).flatMap(({ property, path }) => {
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
        : sourcePaths(type, props).flatMap(({ property, path }) => {
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
                ? sourcePaths(type, props).flatMap(({ property, path }) =>
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
