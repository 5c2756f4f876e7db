/** Rules on tokens, secret scopes, networks, shares, and masks of personal data. */
import { type Rule, resourceRule, stackRule } from "../rule.ts";
import { asNumber, hasUnknown, isBlank, objects, texts, UNKNOWN, type Value } from "../values.ts";

const DAY_SECONDS = 24 * 60 * 60;

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
    types: ["Token", "OboToken"],
    limits: { maxDays: { type: "integer", default: 90, minimum: 1, description: "Longest lifetime in days" } },
    check: ({ props: { lifetimeSeconds } }, { maxDays }) => {
      if (lifetimeSeconds === UNKNOWN) return [];
      const seconds = asNumber(lifetimeSeconds) ?? 0;
      if (seconds > 0 && seconds <= maxDays * DAY_SECONDS) return [];
      const problem =
        seconds > 0 ? `is ${seconds}, more than ${maxDays} days` : "is not set, so the token never expires";
      return [{ property: "lifetimeSeconds", problem }];
    },
  }),
  resourceRule({
    name: "secret-scope-acl",
    title: "Secret scopes are not everybody's to manage",
    level: "mandatory",
    severity: "high",
    why: "Who manages a scope reads and changes every secret in it.",
    fix: "Give MANAGE to a group of admins, and READ to who needs the secrets.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/security/auth/access-control/#secret-acls",
    types: ["SecretScope", "SecretAcl"],
    check: ({ type, props }) => {
      const everyone = (who: Value): boolean => typeof who === "string" && who.trim().toLowerCase() === "users";
      if (type === "SecretScope") {
        return everyone(props.initialManagePrincipal)
          ? [{ property: "initialManagePrincipal", problem: "is 'users', which holds everyone" }]
          : [];
      }
      const manages = typeof props.permission === "string" && props.permission.toUpperCase() === "MANAGE";
      return manages && everyone(props.principal) ? [{ property: "principal", problem: "is 'users' with MANAGE" }] : [];
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
    types: ["IpAccessList"],
    check: ({ props: { listType, ipAddresses } }) =>
      typeof listType === "string" && listType.toUpperCase() === "ALLOW" && coversInternet(texts(ipAddresses))
        ? [{ property: "ipAddresses", problem: "allows the whole internet" }]
        : [],
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
    check: ({ props }) => {
      if (typeof props.authenticationType !== "string" || props.authenticationType.toUpperCase() !== "TOKEN") return [];
      const expires =
        hasUnknown(props.expirationTime) ||
        (asNumber(props.expirationTime) ?? 0) > 0 ||
        objects(props.tokens).some(
          ({ expirationTime }) => hasUnknown(expirationTime) || (asNumber(expirationTime) ?? 0) > 0,
        );
      const addresses = objects(props.ipAccessList).map(({ allowedIpAddresses }) => allowedIpAddresses);
      const listed =
        props.ipAccessList === UNKNOWN || addresses.some((list) => hasUnknown(list) || texts(list).length > 0);
      const everywhere = coversInternet(addresses.flatMap(texts));
      return [
        ...(expires || props.tokens === UNKNOWN ? [] : [{ property: "expirationTime", problem: "is not set" }]),
        ...(listed ? [] : [{ property: "ipAccessList", problem: "has no allowed addresses" }]),
        ...(everywhere ? [{ property: "ipAccessList", problem: "allows the whole internet" }] : []),
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
    },
    check: (resources, { tagKeys }) => {
      const masks = resources.filter(
        ({ type, props }) =>
          type === "PolicyInfo" && typeof props.policyType === "string" && /COLUMN_MASK/i.test(props.policyType),
      );
      return resources
        .filter(
          ({ type, props }) => type === "EntityTagAssignment" && isColumnTag(props.entityType, props.tagKey, tagKeys),
        )
        .filter(({ props }) => !masks.some((mask) => covers(mask.props, props)))
        .map(({ urn, name, props }) => ({
          urn,
          name,
          property: typeof props.entityName === "string" ? `the column ${props.entityName}` : "its column",
          problem: `is tagged '${String(props.tagKey)}' and no column mask matches it`,
        }));
    },
  }),
];

const isColumnTag = (entityType: Value, tagKey: Value, tagKeys: readonly string[]): boolean =>
  entityType === "columns" &&
  typeof tagKey === "string" &&
  tagKeys.some((key) => key.toLowerCase() === tagKey.toLowerCase());

/** Whether a mask lies on the column's table, schema or catalog, and its condition asks for the tag. Unknown names are given the benefit. */
function covers(mask: { readonly [key: string]: Value }, tag: { readonly [key: string]: Value }): boolean {
  const on = mask.onSecurableFullname;
  if (typeof on === "string" && typeof tag.entityName === "string") {
    if (!`${tag.entityName.toLowerCase()}.`.startsWith(`${on.toLowerCase()}.`)) return false;
  }
  if (isBlank(on)) return false;
  const conditions = objects(mask.matchColumns).map(({ condition }) => condition);
  return conditions.some(
    (condition) => hasUnknown(condition) || (typeof condition === "string" && asksFor(condition, tag)),
  );
}

/** has_tag('key') or has_tag_value('key', 'value') of attribute-based access control. */
function asksFor(condition: string, tag: { readonly [key: string]: Value }): boolean {
  for (const [, name, key, value] of condition.matchAll(
    /\b(has_?tag|has_?tag_?value)\s*\(\s*['"]([^'"]+)['"]\s*(?:,\s*['"]([^'"]*)['"]\s*)?\)/gi,
  )) {
    if (key?.toLowerCase() !== String(tag.tagKey).toLowerCase()) continue;
    if (/value/i.test(name ?? "") && typeof tag.tagValue === "string" && value !== tag.tagValue) continue;
    return true;
  }
  return false;
}

/** Whether IPv4 or IPv6 networks together hold all public addresses, also when split into parts such as two halves. */
export function coversInternet(networks: readonly string[]): boolean {
  const v4: [bigint, bigint][] = [];
  const v6: [bigint, bigint][] = [];
  for (const network of networks) {
    const [address = "", prefix] = network.trim().split("/");
    const bits = address.includes(":") ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    const start = bits === 32 ? parseV4(address) : parseV6(address);
    if (start === undefined || !Number.isInteger(length) || length < 0 || length > bits) continue;
    const size = 1n << BigInt(bits - length);
    (bits === 32 ? v4 : v6).push([start - (start % size), start - (start % size) + size]);
  }
  return uncovered(v4, 32) === 0n || uncovered(v6, 128) === 0n;
}

function uncovered(ranges: [bigint, bigint][], bits: number): bigint {
  let open = 0n;
  let at = 0n;
  for (const [start, end] of ranges.sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    if (start > at) open += start - at;
    if (end > at) at = end;
  }
  return open + ((1n << BigInt(bits)) - at);
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const [head = "", tail] = text.split("::");
  const groups = (part: string | undefined): string[] => (part ? part.split(":") : []);
  const front = groups(head);
  const back = groups(tail);
  const fill = tail === undefined ? 0 : 8 - front.length - back.length;
  const all = [...front, ...Array<string>(Math.max(0, fill)).fill("0"), ...back];
  if (all.length !== 8 || all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
