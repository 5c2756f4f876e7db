/** Rules on privileges to write files, to make securables of them and to set tags, which belong to few. */
import { GRANT_TYPES, granted, privilegesOf } from "../read/principals.ts";
import { type Rule, resourceRule } from "../rule.ts";
import { isBlank, principalName, type Value } from "../values.ts";

const PRIVILEGES = [
  ...["WRITE_FILES", "CREATE_EXTERNAL_TABLE", "CREATE_EXTERNAL_VOLUME", "CREATE_MANAGED_STORAGE"],
  ...["CREATE_EXTERNAL_LOCATION", "CREATE_STORAGE_CREDENTIAL", "CREATE_SERVICE_CREDENTIAL", "CREATE_CONNECTION"],
  ...["CREATE_FOREIGN_CATALOG", "CREATE_FOREIGN_SECURABLE"],
];

const OF_CREDENTIALS = ["WRITE_FILES", "CREATE_EXTERNAL_TABLE"];

const WIDE = {
  wide: {
    type: "string",
    default:
      "^(?!.*(engineer|develop|platform|admin|steward|ingest|etl|loader|pipeline|service|ops)).*(analyst|reader|viewer|consumer|business|employee|everyone|everybody|staff|(^|[^a-z])(all|bi|interns?|external|sales|finance|marketing|hr)([^a-z]|$)|users|guest|partner|contractor|report|dashboard)",
    isPattern: true,
    description: "Regular expression (any case) of groups of many, who read and do not build",
  },
} as const;

/** Principals of a wide group, by the configured pattern. */
const isWide = (principal: Value, wide: string): boolean =>
  typeof principal === "string" && new RegExp(wide, "i").test(principalName(principal));

export const grantFileRules: readonly Rule[] = [
  resourceRule({
    name: "grant-restrict-files",
    title: "Wide groups write no files, and make no tables of them",
    level: "mandatory",
    severity: "high",
    why: "Whoever writes files of an external location changes the tables on them past every grant, and whoever makes tables and connections of them decides who reads what.",
    fix: "Grant it to engineers or to the pipelines' service principal, and tables and volumes to those who read.",
    source: "Unity Catalog best practices",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices",
    types: GRANT_TYPES,
    limits: WIDE,
    check: (resource, { wide }) => {
      return granted(resource).flatMap(({ path, principal, privileges }) => {
        if (!isWide(principal, wide)) return [];
        const names = privilegesOf(privileges);
        // Those on a credential are grant-forbid-credential-use's.
        const found = PRIVILEGES.filter(
          (one) =>
            names.includes(privilegesOf([one])[0]!) &&
            (isBlank(resource.props.storageCredential) || !OF_CREDENTIALS.includes(one)),
        );
        return found.length === 0
          ? []
          : [{ property: `${path}privileges`, problem: `gives ${found.join(", ")} to a wide group` }];
      });
    },
  }),
  resourceRule({
    name: "grant-restrict-tags",
    title: "Wide groups set no tags",
    level: "mandatory",
    severity: "high",
    why: "Masks and filters follow tags: whoever takes the tag off a column, or puts another on, takes the mask off.",
    fix: "Grant APPLY_TAG to data stewards.",
    source: "Databricks documentation",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/abac/",
    types: GRANT_TYPES,
    limits: WIDE,
    check: (resource, { wide }) =>
      granted(resource).flatMap(({ path, principal, privileges }) =>
        isWide(principal, wide) && privilegesOf(privileges).includes("APPLYTAG")
          ? [{ property: `${path}privileges`, problem: "gives APPLY_TAG to a wide group" }]
          : [],
      ),
  }),
];
