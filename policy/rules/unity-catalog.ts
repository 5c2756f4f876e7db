/** Rules on catalogs, schemas, volumes and external locations. */
import { isPlaceholder } from "../placeholders.ts";
import { type Rule, resourceRule } from "../rule.ts";
import { isBlank, isTrue, UNKNOWN, visible } from "../values.ts";

const BEST_PRACTICES = "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices";

export const unityCatalogRules: readonly Rule[] = [
  resourceRule({
    name: "uc-name-convention",
    title: "Securables have plain lower-case names",
    level: "mandatory",
    severity: "medium",
    why: "Other names need quoting in every query, and a random suffix gives a new object on each replacement.",
    fix: "Set `name` to lower-case letters, digits and underscores, starting with a letter.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-names",
    types: ["Catalog", "Schema", "Volume"],
    limits: {
      pattern: {
        type: "string",
        default: "^[a-z][a-z0-9_]{0,62}$",
        isPattern: true,
        description: "Regular expression of allowed names",
      },
    },
    check: ({ props: { name } }, { pattern }) => {
      if (isBlank(name)) return [{ property: "name", problem: "is not set" }];
      if (name === UNKNOWN || new RegExp(pattern).test(String(name))) return [];
      return [{ property: "name", problem: `does not match ${pattern}` }];
    },
  }),
  resourceRule({
    name: "uc-require-comment",
    title: "Securables have a comment",
    level: "mandatory",
    severity: "low",
    why: "The catalog is where people look for what data means.",
    fix: "Set `comment` to a sentence that says what the securable holds.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/comments/",
    types: ["Catalog", "Schema", "Volume", "RegisteredModel", "ExternalLocation", "Share", "Connection"],
    limits: {
      minLength: { type: "integer", default: 10, minimum: 1, description: "Least length of a comment in characters" },
    },
    check: ({ props: { comment } }, { minLength }) => {
      if (isBlank(comment)) return [{ property: "comment", problem: "is missing" }];
      if (typeof comment !== "string") return [];
      if (isPlaceholder(comment))
        return [
          {
            property: "comment",
            problem: "says nothing",
            fix: "Say what the securable holds, for example: Orders as the shop delivered them, one row an order.",
          },
        ];
      const { length } = visible(comment);
      return length >= minLength
        ? []
        : [{ property: "comment", problem: `has ${length} characters, fewer than ${minLength}` }];
    },
  }),
  resourceRule({
    name: "catalog-require-isolation",
    title: "Catalogs are isolated to their workspaces",
    level: "production",
    severity: "high",
    why: "An open catalog is visible from every workspace of the metastore.",
    fix: 'Set `isolationMode: "ISOLATED"` and bind the catalog to its workspaces.',
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types: ["Catalog"],
    check: ({ props: { isolationMode } }) => {
      if (isBlank(isolationMode)) return [{ property: "isolationMode", problem: "is not set, which means OPEN" }];
      if (typeof isolationMode !== "string" || isolationMode === "ISOLATED") return [];
      return [{ property: "isolationMode", problem: "is not ISOLATED" }];
    },
  }),
  resourceRule({
    name: "storage-prefer-isolation",
    title: "External locations and credentials are bound to their workspaces",
    level: "advisory",
    severity: "medium",
    why: "An open one is used from every workspace of the metastore, those for experiments included.",
    fix: 'Set `isolationMode: "ISOLATION_MODE_ISOLATED"`, with a WorkspaceBinding for each workspace that needs it.',
    source: "Unity Catalog best practices",
    url: "https://docs.databricks.com/aws/en/connect/unity-catalog/cloud-storage/external-locations",
    types: ["ExternalLocation", "StorageCredential", "Credential", "MetastoreDataAccess"],
    check: ({ props: { isolationMode } }) => {
      if (isBlank(isolationMode)) return [{ property: "isolationMode", problem: "is not set, which means open" }];
      return typeof isolationMode === "string" && !/ISOLATED$/i.test(isolationMode.trim())
        ? [{ property: "isolationMode", problem: "is not isolated" }]
        : [];
    },
  }),
  resourceRule({
    name: "uc-forbid-force-destroy",
    title: "Nothing is destroyed with its contents",
    level: "production",
    severity: "critical",
    why: "With it, a deletion takes all that is inside without asking.",
    fix: "Remove the property, and empty what has to go on purpose.",
    source: "own",
    url: "https://www.pulumi.com/registry/packages/databricks/api-docs/catalog/",
    types: [
      "Catalog",
      "Schema",
      "ExternalLocation",
      "StorageCredential",
      "Credential",
      "Metastore",
      "MetastoreDataAccess",
      "DatabaseInstance",
      "PostgresProject",
      "PostgresBranch",
      "Directory",
      "User",
      "ServicePrincipal",
    ],
    check: ({ props }) =>
      (["forceDestroy", "purgeOnDelete", "deleteRecursive", "forceDeleteHomeDir", "forceDeleteRepos"] as const)
        .filter((property) => isTrue(props[property]))
        .map((property) => ({ property, problem: "is true" })),
  }),
  resourceRule({
    name: "uc-require-protection",
    title: "Catalogs, schemas, volumes, pipelines and what else holds data are protected",
    level: "production",
    severity: "high",
    why: "A mistaken destroy or rename would delete them with their data; a pipeline takes its tables with it.",
    fix: "Set the resource option `protect: true`.",
    source: "own",
    url: "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    types: [
      "Catalog",
      "Schema",
      "Volume",
      "Pipeline",
      "SqlTable",
      "RegisteredModel",
      "DatabaseInstance",
      "PostgresProject",
      "ExternalLocation",
      "StorageCredential",
      "Metastore",
    ],
    check: ({ protect }) => (protect ? [] : [{ property: "the option protect", problem: "is not set" }]),
  }),
  resourceRule({
    name: "volume-prefer-managed",
    title: "Volumes are managed",
    level: "advisory",
    severity: "low",
    why: "Managed volumes are governed, secured and cleaned up by Unity Catalog.",
    fix: 'Use `volumeType: "MANAGED"`, or a location under a root that the pack\'s configuration allows.',
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types: ["Volume"],
    limits: {
      allowedExternalRoots: { type: "array", default: [], description: "URLs under which external volumes may lie" },
    },
    check: ({ props: { volumeType, storageLocation } }, { allowedExternalRoots }) => {
      if (typeof volumeType !== "string" || volumeType.toUpperCase() === "MANAGED") return [];
      if (typeof storageLocation !== "string") return isBlank(storageLocation) ? external : [];
      return allowedExternalRoots.some((root) => isUnder(storageLocation, root)) ? [] : external;
    },
  }),
  resourceRule({
    name: "external-location-narrow",
    title: "External locations are folders, not whole buckets",
    level: "mandatory",
    severity: "high",
    why: "Whoever may read a bucket's root reads what is put into it later, too, managed tables included.",
    fix: "Give each purpose a folder of its own: s3://bucket/folder.",
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types: ["ExternalLocation"],
    check: ({ props: { url } }) =>
      typeof url === "string" && placeOf(url).folders.length === 0
        ? [{ property: "url", problem: "is the root of a bucket or container" }]
        : [],
  }),
  resourceRule({
    name: "external-location-safe",
    title: "External locations and credentials are checked, and locations read-only where data lands",
    level: "advisory",
    severity: "medium",
    why: "A landing location needs no writes, and an unchecked one may point anywhere.",
    fix: "Set `readOnly: true` for landing, leave `skipValidation` and `fallback` off.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/connect/unity-catalog/cloud-storage/external-locations",
    types: ["ExternalLocation", "StorageCredential", "Credential", "MetastoreDataAccess"],
    limits: {
      landingPattern: {
        type: "string",
        default: "landing|ingest|(^|[^a-z])raw",
        isPattern: true,
        description: "Regular expression (any case) of names and URLs that are for landing",
      },
    },
    check: ({ type, props }, { landingPattern }) => {
      const places = type === "ExternalLocation" ? [props.name, props.url] : [];
      const landing = places.some((text) => typeof text === "string" && new RegExp(landingPattern, "i").test(text));
      return [
        ...(landing && props.readOnly !== UNKNOWN && !isTrue(props.readOnly)
          ? [{ property: "readOnly", problem: "is not true on a landing location" }]
          : []),
        ...(isTrue(props.skipValidation) ? [{ property: "skipValidation", problem: "is true" }] : []),
        ...(isTrue(props.fallback) ? [{ property: "fallback", problem: "is true" }] : []),
      ];
    },
  }),
];

const external = [{ property: "volumeType", problem: "is EXTERNAL outside the allowed roots" }];

/** A URL's bucket or container, and the folders below it; dot segments are resolved first, so that `root/../other` is outside. */
function placeOf(url: string): { readonly root: string; readonly folders: readonly string[] } {
  const [, scheme = "", rest = ""] = /^([a-z0-9+.-]+:\/\/)?(.*)$/i.exec(url.trim()) ?? [];
  const [bucket = "", ...segments] = rest.split("/");
  const folders: string[] = [];
  for (const segment of segments) {
    if (segment === "..") folders.pop();
    else if (segment !== "" && segment !== ".") folders.push(segment);
  }
  return { root: `${scheme.toLowerCase()}${bucket}`, folders };
}

function isUnder(location: string, root: string): boolean {
  const normal = (url: string): string => {
    const place = placeOf(url);
    return `${[place.root, ...place.folders].join("/")}/`;
  };
  return normal(location).startsWith(normal(root));
}
