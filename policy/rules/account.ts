/** Rules on what an account has: workspaces, networks, audit logs, metastores, and what its identities may do. */
import { coveredPercent } from "../networks.ts";
import { type Finding, type Rule, resourceRule, stackRule } from "../rule.ts";
import { asNumber, hasUnknown, isBlank, isFalseValue, isTrue, objects, texts, UNKNOWN } from "../values.ts";
import { ASSIGNMENTS } from "./admins.ts";

/** Of all addresses, as ip-list-bounded has it. */
const MOST_PERCENT = 1;
const DAY_SECONDS = 24 * 60 * 60;
const NETWORK = "https://docs.databricks.com/aws/en/security/network/";

const text = (value: unknown): string => (typeof value === "string" ? value.trim().toUpperCase() : "");

export const accountRules: readonly Rule[] = [
  resourceRule({
    name: "workspace-require-network",
    title: "Workspaces are in networks of their own, without public addresses",
    level: "production",
    severity: "high",
    why: "Without a network of yours, nobody controls where data may go to.",
    fix: "Set `networkId` and `privateAccessSettingsId`, and leave `isNoPublicIpEnabled` on.",
    source: "Security Analysis Tool",
    url: `${NETWORK}classic/customer-managed-vpc`,
    ids: { sat: ["NS-3", "NS-4", "NS-6", "NS-7"], cis: ["2.1.1", "2.1.9", "2.1.10", "2.1.11"] },
    types: ["MwsWorkspaces", "MwsPrivateAccessSettings"],
    check: ({ type, props }) => {
      if (type === "MwsPrivateAccessSettings")
        return isTrue(props.publicAccessEnabled) ? [{ property: "publicAccessEnabled", problem: "is true" }] : [];
      // Serverless workspaces have no network of their own.
      if (text(props.computeMode) === "SERVERLESS" || props.computeMode === UNKNOWN) return [];
      return [
        ...(["networkId", "privateAccessSettingsId"] as const)
          .filter((property) => isBlank(props[property]))
          .map((property): Finding => ({ property, problem: "is not set" })),
        ...(isFalseValue(props.isNoPublicIpEnabled) ? [{ property: "isNoPublicIpEnabled", problem: "is false" }] : []),
      ];
    },
  }),
  resourceRule({
    name: "workspace-require-keys",
    title: "Workspaces have keys of yours",
    level: "production",
    severity: "medium",
    why: "With a key of your own you can withdraw it.",
    fix: "Set `managedServicesCustomerManagedKeyId` and `storageCustomerManagedKeyId`.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/security/keys/customer-managed-keys",
    ids: { sat: ["DP-3"], cis: ["2.1.8"] },
    types: ["MwsWorkspaces"],
    check: ({ props }) =>
      (["managedServicesCustomerManagedKeyId", "storageCustomerManagedKeyId"] as const)
        .filter((property) => isBlank(props[property]) && isBlank(props.customerManagedKeyId))
        .map((property) => ({ property, problem: "is not set" })),
  }),
  resourceRule({
    name: "network-policy-restrict",
    title: "Network policies restrict what goes out and comes in",
    level: "mandatory",
    severity: "high",
    why: "Serverless compute with full access sends data anywhere.",
    fix: 'Set `restrictionMode: "RESTRICTED_ACCESS"` with the destinations that you need, and enforce it for all products.',
    source: "Security Analysis Tool",
    url: `${NETWORK}serverless-network-security/network-policies`,
    ids: { sat: ["NS-9", "NS-12"] },
    types: ["AccountNetworkPolicy"],
    check: ({ props }) => {
      const open = (mode: unknown): boolean => typeof mode === "string" && text(mode) !== "RESTRICTED_ACCESS";
      const access = objects(props.egress).flatMap(({ networkAccess }) => objects(networkAccess));
      return [
        ...(isBlank(props.egress) ? [{ property: "egress", problem: "is not set, which means full access" }] : []),
        ...access
          .filter(({ restrictionMode }) => open(restrictionMode))
          .map(() => ({ property: "egress.networkAccess.restrictionMode", problem: "is full access" })),
        ...access
          .flatMap(({ policyEnforcement }) => objects(policyEnforcement))
          .filter(
            ({ enforcementMode, dryRunModeProductFilters }) =>
              text(enforcementMode) === "DRY_RUN" || texts(dryRunModeProductFilters).length > 0,
          )
          .map(() => ({ property: "egress.networkAccess.policyEnforcement", problem: "only tries the policy" })),
        ...objects(props.ingress)
          .flatMap(({ publicAccess }) => objects(publicAccess))
          .filter(({ restrictionMode }) => open(restrictionMode))
          .map(() => ({ property: "ingress.publicAccess.restrictionMode", problem: "is full access" })),
        ...access
          .flatMap(({ allowedInternetDestinations }) => objects(allowedInternetDestinations))
          .filter(
            ({ destination }) => typeof destination === "string" && /^(\*\.?)?[a-z]*\.?$/i.test(destination.trim()),
          )
          .map(() => ({
            property: "egress.networkAccess.allowedInternetDestinations",
            problem: "has a wildcard for all sites",
          })),
        ...objects(props.ingress)
          .flatMap(({ publicAccess }) => objects(publicAccess))
          .flatMap(({ allowRules }) => objects(allowRules))
          .flatMap(({ origin }) => objects(origin))
          .filter(({ allIpRanges, includedIpRanges }) => {
            const ranges = objects(includedIpRanges).flatMap(({ ipRanges }) => texts(ipRanges));
            return isTrue(allIpRanges) || coveredPercent(ranges) > MOST_PERCENT;
          })
          .map(() => ({ property: "ingress.publicAccess.allowRules", problem: "allow the whole internet" })),
      ];
    },
  }),
  resourceRule({
    name: "audit-keep-delivery",
    title: "Audit logs are delivered",
    level: "mandatory",
    severity: "high",
    why: "What was done cannot be found out afterwards.",
    fix: 'Set `status: "ENABLED"`, for all workspaces.',
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/admin/account-settings/audit-logs",
    ids: { sat: ["GOV-3"], cis: ["2.1.7"] },
    types: ["MwsLogDelivery"],
    check: ({ props }) =>
      text(props.logType) === "AUDIT_LOGS" && text(props.status) === "DISABLED"
        ? [{ property: "status", problem: "is DISABLED" }]
        : [],
  }),
  stackRule({
    name: "audit-require-logs",
    title: "Who makes a metastore or a workspace makes its audit logs readable",
    level: "production",
    severity: "high",
    why: "What was done cannot be found out afterwards.",
    fix: 'Add a SystemSchema with `schema: "access"`, or an MwsLogDelivery of AUDIT_LOGS.',
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/admin/system-tables/",
    ids: { sat: ["GOV-3", "GOV-34"], cis: ["2.1.7"] },
    types: ["Metastore", "MwsWorkspaces"],
    looksUp: ["SystemSchema", "MwsLogDelivery"],
    check: (resources) => {
      const logged = resources.some(
        ({ type, props }) =>
          (type === "SystemSchema" && (props.schema === UNKNOWN || text(props.schema) === "ACCESS")) ||
          (type === "MwsLogDelivery" && (props.logType === UNKNOWN || text(props.logType) === "AUDIT_LOGS")),
      );
      if (logged) return [];
      return resources
        .filter(({ type }) => type === "Metastore" || type === "MwsWorkspaces")
        .map(({ urn, name }) => ({
          urn,
          name,
          property: "its audit logs",
          problem: "are neither delivered nor in system tables",
        }));
    },
  }),
  resourceRule({
    name: "sharing-bound-lifetime",
    title: "Sharing with outsiders ends",
    level: "mandatory",
    severity: "high",
    why: "A sharing token without an end is read by whoever finds it.",
    fix: "Set `deltaSharingRecipientTokenLifetimeInSeconds` within the limit, or share INTERNAL only.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/delta-sharing/set-up",
    ids: { sat: ["GOV-17"] },
    types: ["Metastore"],
    limits: { maxDays: { type: "integer", default: 90, minimum: 1, description: "Longest lifetime in days" } },
    check: ({ props }, { maxDays }) => {
      const property = "deltaSharingRecipientTokenLifetimeInSeconds";
      if (text(props.deltaSharingScope) !== "INTERNAL_AND_EXTERNAL" || props[property] === UNKNOWN) return [];
      const seconds = asNumber(props[property]) ?? 0;
      if (seconds > 0 && seconds <= maxDays * DAY_SECONDS) return [];
      return [{ property, problem: seconds > 0 ? `is ${seconds}, more than ${maxDays} days` : "sets no end" }];
    },
  }),
  resourceRule({
    name: "identity-forbid-compute",
    title: "Nobody makes clusters without a policy",
    level: "mandatory",
    severity: "high",
    why: "The entitlement leads around every cluster policy.",
    fix: "Leave `allowClusterCreate` and `allowInstancePoolCreate` off, and give CAN_USE on a cluster policy.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/security/auth/entitlements",
    types: ["Entitlements", "Group", "User", "ServicePrincipal", ...ASSIGNMENTS],
    check: ({ props }) => [
      ...(["allowClusterCreate", "allowInstancePoolCreate"] as const)
        .filter((property) => isTrue(props[property]))
        .map((property) => ({ property, problem: "is true" })),
      ...(texts(props.entitlements).some((one) => /(CLUSTER|POOL)_?-?CREATE/.test(text(one)))
        ? [{ property: "entitlements", problem: "let clusters or pools be made" }]
        : []),
    ],
  }),
  resourceRule({
    name: "secret-of-principal-bounded",
    title: "Secrets of service principals end",
    level: "mandatory",
    severity: "high",
    why: "A secret that is never changed is known to more people every year; the default is two years.",
    fix: 'Set `lifetime`, for example "7776000s", or use a federation policy instead of a secret.',
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m",
    ids: { sat: ["IA-9"] },
    types: ["ServicePrincipalSecret"],
    limits: { maxDays: { type: "integer", default: 365, minimum: 1, description: "Longest lifetime in days" } },
    check: ({ props: { lifetime } }, { maxDays }) => {
      if (hasUnknown(lifetime)) return [];
      const seconds = typeof lifetime === "string" ? Number(/^\s*(\d+)(\.\d+)?s\s*$/.exec(lifetime)?.[1]) : Number.NaN;
      if (seconds > 0 && seconds <= maxDays * DAY_SECONDS) return [];
      return [
        {
          property: "lifetime",
          problem: Number.isNaN(seconds) ? "is not set in seconds" : `is not within ${maxDays} days`,
        },
      ];
    },
  }),
];
