/** Rules on what leaves the metastore: shares, engines of others, and masks that leave nobody out. */
import { everyoneGroup } from "../read/principals.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import {
  type Fields,
  hasUnknown,
  hasUnknownElements,
  isBlank,
  isTrue,
  objects,
  principalName,
  texts,
  type Value,
} from "../values.ts";

const WHOLE = /^(SCHEMA|DATABASE|CATALOG)$/i;
/** A condition that holds for no table. */
const NEVER = /^\s*\(*\s*(false|0\s*=\s*1|1\s*=\s*0|not\s+true|!\s*true)\s*\)*\s*$/i;
const PROTECTING = /COLUMN_MASK|ROW_FILTER/i;

export const sharingRules: readonly Rule[] = [
  resourceRule({
    name: "share-narrow",
    title: "Shares list their tables",
    level: "production",
    severity: "high",
    why: "Of a schema or catalog that is shared whole, everything goes out that anybody puts into it later.",
    fix: "List tables, views and volumes one by one, or add the schema to `whole` in the pack's configuration.",
    source: "Databricks documentation",
    url: "https://docs.databricks.com/aws/en/delta-sharing/create-share",
    types: ["Share"],
    limits: {
      whole: { type: "array", default: [], description: "Full names of schemas that may be shared whole" },
    },
    check: ({ props }, { whole }) => {
      const allowed = whole.map(principalName);
      return objects(props.objects).flatMap(({ dataObjectType, name }, at): Finding[] => {
        if (typeof name === "string" && allowed.includes(principalName(name))) return [];
        if (typeof dataObjectType === "string" && WHOLE.test(dataObjectType.trim()))
          return [{ property: `objects[${at}].dataObjectType`, problem: "shares everything in it, now and later" }];
        return typeof name === "string" && name.includes("*")
          ? [{ property: `objects[${at}].name`, problem: "has a wildcard" }]
          : [];
      });
    },
  }),
  resourceRule({
    name: "metastore-restrict-external-access",
    title: "Engines outside of Databricks are kept out of the metastore",
    level: "production",
    severity: "medium",
    why: "With it, whoever holds EXTERNAL USE SCHEMA gets credentials for whole tables, past masks and warehouses.",
    fix: "Leave `externalAccessEnabled` off, or exempt the metastore with the engines' names as the reason.",
    source: "Unity Catalog documentation",
    url: "https://docs.databricks.com/aws/en/external-access/admin",
    types: ["Metastore"],
    check: ({ props }) =>
      isTrue(props.externalAccessEnabled) ? [{ property: "externalAccessEnabled", problem: "is true" }] : [],
  }),
  resourceRule({
    name: "abac-policy-effective",
    title: "Masks and row filters apply to somebody",
    level: "mandatory",
    severity: "critical",
    why: "A policy that excepts everyone looks like protection and is none.",
    fix: "Name in `toPrincipals` whom it is for, such as account users, and except the few groups that need the data.",
    source: "Databricks documentation",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/abac/",
    types: ["PolicyInfo"],
    limits: {
      everyone: { type: "array", default: ["account users", "users"], description: "Groups that hold everyone" },
    },
    check: ({ props }, { everyone }) => {
      if (!isProtecting(props)) return [];
      const { toPrincipals, exceptPrincipals, whenCondition } = props;
      const excepted = new Set(texts(exceptPrincipals).map(principalName));
      const named = texts(toPrincipals).filter((name) => !isBlank(name));
      const known = !hasUnknown(toPrincipals);
      const isEveryone = (name: string): boolean => everyoneGroup(name, everyone) !== undefined;
      return [
        ...listed(exceptPrincipals).flatMap((principal, at) => {
          const group = everyoneGroup(principal, everyone);
          return group === undefined
            ? []
            : [{ property: `exceptPrincipals[${at}]`, problem: `is '${group}', so that the policy is for nobody` }];
        }),
        ...(known && named.length === 0 ? [{ property: "toPrincipals", problem: "names nobody" }] : []),
        ...(known && named.length > 0 && named.every((name) => excepted.has(principalName(name)) && !isEveryone(name))
          ? [{ property: "exceptPrincipals", problem: "excepts all that `toPrincipals` names" }]
          : []),
        ...(typeof whenCondition === "string" && NEVER.test(whenCondition)
          ? [{ property: "whenCondition", problem: "never holds" }]
          : []),
        ...objects(props.matchColumns).flatMap(({ condition }, at) =>
          typeof condition === "string" && NEVER.test(condition)
            ? [{ property: `matchColumns[${at}].condition`, problem: "never holds" }]
            : [],
        ),
      ];
    },
  }),
];

/** A mask or a filter; a policy of which nothing is known yet may be another. */
const isProtecting = ({ policyType, columnMask, rowFilter }: Fields): boolean =>
  (typeof policyType === "string" && PROTECTING.test(policyType)) ||
  objects(columnMask).length > 0 ||
  objects(rowFilter).length > 0;

const listed = (list: Value): readonly Value[] =>
  Array.isArray(list) ? (list as readonly Value[]) : hasUnknownElements(list) || isBlank(list) ? [] : [list];
