/** Rules on tokens, secret scopes, networks, shares, and masks of personal data. */
import { coveredPercent } from "../networks.ts";
import { everyoneGroup } from "../read/principals.ts";
import { type Finding, type Rule, resourceRule, stackRule } from "../rule.ts";
import {
  asNumber,
  type Fields,
  hasUnknown,
  hasUnknownElements,
  isBlank,
  isFalseValue,
  objects,
  principalName,
  texts,
  UNKNOWN,
  type Value,
} from "../values.ts";

const DAY_SECONDS = 24 * 60 * 60;

const MAX_PERCENT = {
  maxPercent: {
    type: "integer",
    default: 1,
    minimum: 0,
    description: "Most percent of all IPv4 or IPv6 addresses that a list may allow; a network of /8 is 0.4",
  },
} as const;

function tooWide(property: string, networks: readonly string[], maxPercent: number): Finding[] {
  const percent = coveredPercent(networks);
  if (percent <= maxPercent) return [];
  const share = percent >= 100 ? "the whole internet" : `${percent.toFixed(1)} % of all addresses`;
  return [{ property, problem: `allows ${share}, more than ${maxPercent} %` }];
}

export const accessRules: readonly Rule[] = [
  resourceRule({
    name: "token-bound-lifetime",
    title: "Tokens expire",
    level: "mandatory",
    severity: "critical",
    why: "A token that never expires is found years later.",
    fix: "Set `lifetimeSeconds`, or use OAuth instead of a token.",
    source: "Security Analysis Tool, KICS",
    url: "https://docs.databricks.com/aws/en/dev-tools/auth/pat",
    ids: {
      sat: ["IA-4"],
      kics: ["7d05ca25-91b4-42ee-b6f6-b06611a87ce8", "23e1f5f0-12b7-4d7e-9087-f60f42ccd514"],
      cis: ["2.1.6"],
    },
    types: ["Token", "OboToken", "MwsWorkspaces"],
    limits: { maxDays: { type: "integer", default: 90, minimum: 1, description: "Longest lifetime in days" } },
    check: ({ type, props }, { maxDays }) => {
      const [token] = type === "MwsWorkspaces" ? objects(props.token) : [props];
      if (token === undefined || token.lifetimeSeconds === UNKNOWN) return [];
      const { lifetimeSeconds } = token;
      const seconds = asNumber(lifetimeSeconds) ?? 0;
      if (seconds > 0 && seconds <= maxDays * DAY_SECONDS) return [];
      const problem =
        seconds > 0 ? `is ${seconds}, more than ${maxDays} days` : "is not set, so the token never expires";
      return [{ property: type === "MwsWorkspaces" ? "token.lifetimeSeconds" : "lifetimeSeconds", problem }];
    },
  }),
  resourceRule({
    name: "secret-scope-acl",
    title: "Secret scopes are not everybody's",
    level: "mandatory",
    severity: "high",
    why: "Who may read a scope reads every secret in it, from any notebook.",
    fix: "Give MANAGE to a group of admins, and READ to the group that needs the secrets.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/security/auth/access-control/#secret-acls",
    types: ["SecretScope", "SecretAcl"],
    check: ({ type, props }) => {
      const property = type === "SecretScope" ? "initialManagePrincipal" : "principal";
      const group = everyoneGroup(props[property]);
      return group === undefined ? [] : [{ property, problem: `is '${group}', which holds everyone` }];
    },
  }),
  resourceRule({
    name: "ip-list-bounded",
    title: "Allowed networks are not the whole internet",
    level: "mandatory",
    severity: "high",
    why: "A list that allows every address is no list.",
    fix: "List the networks of your company and your CI.",
    source: "KICS",
    url: "https://docs.databricks.com/aws/en/security/network/front-end/ip-access-list",
    ids: { sat: ["NS-5", "NS-8", "NS-13"], kics: ["2c4fe4a9-f44b-4c70-b09b-5b75cd251805"] },
    types: ["IpAccessList"],
    limits: MAX_PERCENT,
    check: ({ props: { listType, ipAddresses, enabled } }, { maxPercent }) => [
      ...(isFalseValue(enabled)
        ? [{ property: "enabled", problem: "is false", fix: "Enable the list, or remove it." }]
        : []),
      ...(typeof listType === "string" && listType.trim().toUpperCase() === "ALLOW"
        ? tooWide("ipAddresses", texts(ipAddresses), maxPercent)
        : []),
    ],
  }),
  resourceRule({
    name: "recipient-bounded",
    title: "Token recipients expire and have an IP list",
    level: "mandatory",
    severity: "high",
    why: "An open share is read with nothing but a link.",
    fix: "Set `expirationTime` and `ipAccessList.allowedIpAddresses`, or share with a Databricks recipient.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/delta-sharing/create-recipient",
    types: ["Recipient"],
    ids: { sat: ["GOV-18", "GOV-19"] },
    limits: {
      ...MAX_PERCENT,
      maxDays: { type: "integer", default: 366, minimum: 1, description: "Most days until a recipient expires" },
    },
    check: ({ props }, { maxPercent, maxDays }) => {
      const { authenticationType } = props;
      if (typeof authenticationType !== "string" || authenticationType.trim().toUpperCase() !== "TOKEN") return [];
      const expires =
        hasUnknown(props.expirationTime) ||
        (asNumber(props.expirationTime) ?? 0) > 0 ||
        objects(props.tokens).some(
          ({ expirationTime }) => hasUnknown(expirationTime) || (asNumber(expirationTime) ?? 0) > 0,
        );
      const addresses = objects(props.ipAccessList).map(({ allowedIpAddresses }) => allowedIpAddresses);
      const listed =
        props.ipAccessList === UNKNOWN ||
        addresses.some((list) => hasUnknown(list) || texts(list).some((address) => address.trim() !== ""));
      return [
        ...(expires || props.tokens === UNKNOWN ? [] : [{ property: "expirationTime", problem: "is not set" }]),
        ...([props.expirationTime, ...objects(props.tokens).map(({ expirationTime }) => expirationTime)] as Value[])
          .map((time) => asNumber(time) ?? 0)
          .filter((time) => time > Date.now() + maxDays * DAY_SECONDS * 1000)
          .slice(0, 1)
          .map(() => ({ property: "expirationTime", problem: `is more than ${maxDays} days away` })),
        ...(listed ? [] : [{ property: "ipAccessList", problem: "has no allowed addresses" }]),
        ...tooWide("ipAccessList.allowedIpAddresses", addresses.flatMap(texts), maxPercent),
      ];
    },
  }),
  stackRule({
    name: "pii-require-mask",
    title: "Personal data is masked",
    level: "production",
    severity: "critical",
    why: "A tag says that a column holds personal data; only a mask keeps it from who may not see it.",
    fix: "Add a PolicyInfo with a column mask that matches the tag, on the column's table, schema or catalog.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/abac/",
    types: ["EntityTagAssignment", "PolicyInfo"],
    limits: {
      tagKeys: { type: "array", default: ["pii", "personal_data"], description: "Tag keys that mark personal data" },
      everyone: { type: "array", default: ["account users"], description: "Groups whom a mask must apply to" },
    },
    check: (resources, { tagKeys, everyone }) => {
      const masks = resources
        .filter(
          ({ type, props }) =>
            type === "PolicyInfo" &&
            (props.policyType === UNKNOWN ||
              (typeof props.policyType === "string" && /COLUMN_MASK/i.test(props.policyType))) &&
            isForEveryone(props, everyone),
        )
        .map(({ props }) => ({ on: props.onSecurableFullname, asked: askedBy(props) }));
      // A mask whose place is not known yet may be on any column's.
      const byPlace = Map.groupBy(masks, ({ on }) => (typeof on === "string" ? principalName(on) : ""));
      const over = (column: Value): typeof masks =>
        typeof column === "string"
          ? ["", ...placesOf(principalName(column))].flatMap((place) => byPlace.get(place) ?? [])
          : masks;
      return resources
        .filter(
          ({ type, props }) =>
            type === "EntityTagAssignment" &&
            typeof props.entityType === "string" &&
            /^columns?$/i.test(props.entityType.trim()) &&
            markedBy(props.tagKey, tagKeys) !== undefined,
        )
        .filter(({ props }) => !over(props.entityName).some(({ asked }) => asksFor(asked, props)))
        .map(({ urn, name, props }) => ({
          urn,
          name,
          property: "entityName",
          problem: `is a column tagged '${markedBy(props.tagKey, tagKeys)}' that no column mask for everyone matches`,
        }));
    },
  }),
];

/** A column's full name and what holds it: catalog.schema.table.column, catalog.schema.table, catalog.schema, catalog. */
const placesOf = (column: string): string[] => {
  const parts = column.split(".");
  return parts.map((_, at) => parts.slice(0, at + 1).join("."));
};

/** The configured key that a tag's key is. */
const markedBy = (tagKey: Value, tagKeys: readonly string[]): string | undefined =>
  typeof tagKey === "string" ? tagKeys.find((key) => key.toLowerCase() === tagKey.trim().toLowerCase()) : undefined;

/** A mask that leaves out whom it should apply to, or excepts everyone, masks nothing. */
function isForEveryone({ toPrincipals, exceptPrincipals }: Fields, everyone: readonly string[]): boolean {
  const wanted = everyone.map(principalName);
  const holdsEveryone = (list: Value): boolean => texts(list).some((name) => wanted.includes(principalName(name)));
  return (hasUnknown(toPrincipals) || holdsEveryone(toPrincipals)) && !holdsEveryone(exceptPrincipals);
}

/** A tag that a mask asks for; without a value it asks for any. */
interface Asked {
  readonly key: string;
  readonly value: string | undefined;
}

/** The tags of columns that a mask is on; undefined while it is not known yet, which is given the benefit. */
function askedBy(mask: Fields): readonly Asked[] | undefined {
  if (isBlank(mask.onSecurableFullname)) return [];
  if (hasUnknownElements(mask.matchColumns)) return undefined;
  // Of several matched columns the mask is on one; the others are arguments of its function.
  const masked = objects(mask.columnMask).map(({ onColumn }) => onColumn)[0];
  const conditions = objects(mask.matchColumns)
    .filter(({ alias }) => typeof masked !== "string" || typeof alias !== "string" || alias.trim() === masked.trim())
    .map(({ condition }) => condition);
  return conditions.includes(UNKNOWN) ? undefined : texts(conditions).flatMap(tagsIn);
}

/** has_tag('key') or has_tag_value('key', 'value') of attribute-based access control, unless negated. */
const tagsIn = (condition: string): Asked[] =>
  [
    ...condition.matchAll(
      /((?:\bnot\b|!)[\s(]*)?\b(has_?tag|has_?tag_?value)\s*\(\s*['"]([^'"]+)['"]\s*(?:,\s*['"]([^'"]*)['"]\s*)?\)/gi,
    ),
  ].flatMap(([, negation, name, key, value]) =>
    negation === undefined ? [{ key: key!, value: /value/i.test(name!) ? (value ?? "") : undefined }] : [],
  );

/** Keys of tags are case-sensitive. */
const asksFor = (asked: readonly Asked[] | undefined, { tagKey, tagValue }: Fields): boolean =>
  asked === undefined ||
  asked.some(
    ({ key, value }) =>
      key === String(tagKey).trim() && (value === undefined || tagValue === UNKNOWN || value === (tagValue ?? "")),
  );
