/** Rules on clusters wherever they occur, and on instance pools and what is installed on them. */
import { CLUSTER_TYPES, clustersOf, within } from "../read/clusters.ts";
import { CONF_TYPES, type Conf, confsOf } from "../read/confs.ts";
import { type Finding, type Rule, resourceRule, stackRule } from "../rule.ts";
import {
  asNumber,
  type Fields,
  isBlank,
  isFalseValue,
  isTrue,
  objects,
  texts,
  UNKNOWN,
  type Value,
} from "../values.ts";

const CONFIGURE = "https://docs.databricks.com/aws/en/compute/configure";
const RUNTIMES = "https://docs.databricks.com/aws/en/release-notes/runtime/";

/** Access modes in which Unity Catalog governs; the older names are those of the API. */
const GOVERNED = /^(USER_ISOLATION|SINGLE_USER|DATA_SECURITY_MODE_(AUTO|STANDARD|DEDICATED))$/;

export const isGoverned = (mode: string): boolean => GOVERNED.test(mode.trim().toUpperCase());

/** Spark settings that switch the legacy kinds of access control, on or off, or Unity Catalog off. */
const isLegacy = ({ key, value }: Conf): boolean => {
  if (value === UNKNOWN || isBlank(value)) return false;
  if (/^spark\.databricks\.acl\./i.test(key)) return true;
  if (/^spark\.databricks\.passthrough\./i.test(key)) return isTrue(value);
  if (/^spark\.databricks\.unityCatalog\.enabled$/i.test(key)) return isFalseValue(value);
  // The older access mode for many users; "singleNode" is about workers.
  return /^spark\.databricks\.cluster\.profile$/i.test(key) && /^\s*serverless\s*$/i.test(String(value));
};

/** "16.4" of "16.4.x-scala2.12"; undefined for custom images and the aliases of cluster policies. */
const release = (version: string): readonly [number, number] | undefined => {
  const [, major, minor] = /^\s*(\d+)\.(\d+|x)/.exec(version) ?? [];
  return major === undefined ? undefined : [Number(major), minor === "x" ? 0 : Number(minor)];
};

export function isOlder(version: string, oldest: string): boolean {
  const least = release(oldest) ?? [0, 0];
  const found = release(version);
  return found !== undefined && (found[0] < least[0] || (found[0] === least[0] && found[1] < least[1]));
}

/** Runtimes that a resource names, with their paths. */
function runtimes(type: string, props: Fields): { property: string; version: string }[] {
  if (type === "InstancePool") {
    return texts(props.preloadedSparkVersions).map((version, at) => ({
      property: `preloadedSparkVersions[${at}]`,
      version,
    }));
  }
  return clustersOf(type, props).flatMap(({ path, cluster }) =>
    typeof cluster.sparkVersion === "string"
      ? [{ property: within(path, "sparkVersion"), version: cluster.sparkVersion }]
      : [],
  );
}

export const clusterRules: readonly Rule[] = [
  resourceRule({
    name: "compute-require-access-mode",
    title: "Clusters have an access mode that Unity Catalog governs",
    level: "mandatory",
    severity: "high",
    why: "Without isolation every user of a cluster sees the data and the credentials of the others.",
    fix: 'Set `dataSecurityMode` to "USER_ISOLATION" or "SINGLE_USER".',
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/compute/access-mode-limitations",
    ids: { sat: ["GOV-12"], cis: ["2.1.5"] },
    types: CONF_TYPES,
    check: ({ type, props }) => [
      ...(typeof props.securityPolicy === "string" && !/^\s*(DATA_ACCESS_CONTROL)?\s*$/i.test(props.securityPolicy)
        ? [{ property: "securityPolicy", problem: "leaves warehouses without access control" }]
        : []),
      ...confsOf(type, props)
        .filter(isLegacy)
        .map(({ property }) => ({
          property,
          problem: "switches legacy access control",
          fix: "Remove it, and use an access mode of Unity Catalog.",
        })),
      // Clusters of pipelines have no access mode of their own.
      ...(type === "Pipeline" ? [] : clustersOf(type, props)).flatMap(({ path, cluster }) => {
        const { dataSecurityMode } = cluster;
        const property = within(path, "dataSecurityMode");
        if (dataSecurityMode === UNKNOWN) return [];
        // A policy may set it, where its defaults are applied.
        if (isBlank(dataSecurityMode))
          return isTrue(cluster.applyPolicyDefaultValues) || !isBlank(cluster.kind)
            ? []
            : [{ property, problem: "is not set, which leaves it to the workspace" }];
        return typeof dataSecurityMode === "string" && isGoverned(dataSecurityMode)
          ? []
          : [{ property, problem: "is a mode without isolation or of the legacy kind" }];
      }),
    ],
  }),
  resourceRule({
    name: "compute-forbid-old-runtime",
    title: "Runtimes are supported",
    level: "mandatory",
    severity: "high",
    why: "A runtime past its end of support gets no security patches.",
    fix: "Use a current LTS runtime.",
    source: "Security Analysis Tool",
    url: RUNTIMES,
    ids: { sat: ["GOV-5"] },
    types: [...CLUSTER_TYPES, "InstancePool"],
    limits: {
      oldest: {
        type: "string",
        default: "14.3",
        description: "Oldest release that is supported (ends in February 2027)",
      },
    },
    check: ({ type, props }, { oldest }) => {
      return runtimes(type, props).flatMap(({ property, version }) =>
        isOlder(version, oldest) ? [{ property, problem: `is older than ${oldest}` }] : [],
      );
    },
  }),
  resourceRule({
    name: "compute-prefer-lts-runtime",
    title: "Runtimes have long-term support",
    level: "advisory",
    severity: "low",
    why: "Other releases end after six months.",
    fix: "Use an LTS runtime, or add a newer one to `releases` in the pack's configuration.",
    source: "KICS",
    url: RUNTIMES,
    ids: { kics: ["5a627dfa-a4dd-4020-a4c6-5f3caf4abcd6"] },
    types: [...CLUSTER_TYPES, "InstancePool"],
    limits: {
      releases: {
        type: "array",
        default: ["14.3", "15.4", "16.4", "17.3", "18"],
        description: "Releases with long-term support",
      },
    },
    check: ({ type, props }, { releases }) =>
      runtimes(type, props).flatMap(({ property, version }) => {
        const found = release(version);
        if (found === undefined) return [];
        const isLts = releases.some((one) => one === String(found[0]) || one === `${found[0]}.${found[1]}`);
        // Older ones are compute-forbid-old-runtime's.
        const old = releases.every((one) => Number.parseInt(one, 10) > found[0]);
        return isLts || old ? [] : [{ property, problem: "is no LTS release" }];
      }),
  }),
  resourceRule({
    name: "compute-encrypt-disks",
    title: "Clusters encrypt their local disks",
    level: "production",
    severity: "low",
    why: "Shuffle files and caches hold the data that is being worked on.",
    fix: "Set `enableLocalDiskEncryption: true`.",
    source: "Security Analysis Tool",
    url: `${CONFIGURE}#local-disk-encryption`,
    ids: { sat: ["DP-2"] },
    types: CLUSTER_TYPES,
    check: ({ type, props }) =>
      clustersOf(type, props).flatMap(({ path, cluster }) => {
        // Google Cloud encrypts local disks by itself.
        const onGoogle = objects(cluster.gcpAttributes).length > 0;
        const known = cluster.enableLocalDiskEncryption !== UNKNOWN && cluster.gcpAttributes !== UNKNOWN;
        return known && !onGoogle && !isTrue(cluster.enableLocalDiskEncryption)
          ? [{ property: within(path, "enableLocalDiskEncryption"), problem: "is not true" }]
          : [];
      }),
  }),
  resourceRule({
    name: "compute-forbid-ssh",
    title: "Nobody logs in to the machines of a cluster",
    level: "mandatory",
    severity: "high",
    why: "Whoever has the key reads the data of everyone on the cluster, and no audit log knows of it.",
    fix: "Remove `sshPublicKeys`.",
    source: "own",
    url: CONFIGURE,
    types: CLUSTER_TYPES,
    check: ({ type, props }) =>
      clustersOf(type, props).flatMap(({ path, cluster }) =>
        Array.isArray(cluster.sshPublicKeys) && cluster.sshPublicKeys.length > 0
          ? [{ property: within(path, "sshPublicKeys"), problem: "lets holders of a key log in" }]
          : [],
      ),
  }),
  resourceRule({
    name: "compute-bound-size",
    title: "Clusters of jobs and people have a limit of workers",
    level: "mandatory",
    severity: "medium",
    why: "A mistake in one number costs as much as a car.",
    fix: "Lower `numWorkers` or `autoscale.maxWorkers`, or set `maxWorkers` in the pack's configuration.",
    source: "KICS, own",
    url: CONFIGURE,
    ids: { kics: ["953c0cc6-5f30-44cb-a803-bf4ef2571be8"] },
    types: ["Cluster", "Job"],
    limits: { maxWorkers: { type: "integer", default: 20, minimum: 1, description: "Most workers of a cluster" } },
    check: ({ type, props }, { maxWorkers }) =>
      clustersOf(type, props).flatMap(({ path, cluster }): Finding[] => {
        const scale = objects(cluster.autoscale)[0];
        const asked: [string, Value][] = [
          [within(path, "numWorkers"), cluster.numWorkers],
          [within(path, "autoscale.maxWorkers"), scale?.maxWorkers],
        ];
        const tooMany = asked.flatMap(([property, value]) => {
          const workers = asNumber(value);
          return workers !== undefined && workers > maxWorkers
            ? [{ property, problem: `is ${workers}, more than ${maxWorkers}` }]
            : [];
        });
        const half = scale !== undefined && (isBlank(scale.maxWorkers) || isBlank(scale.minWorkers));
        return [
          ...tooMany,
          ...(half
            ? [
                {
                  property: within(path, "autoscale"),
                  problem: "has not both limits",
                  fix: "Set `minWorkers` and `maxWorkers`.",
                },
              ]
            : []),
        ];
      }),
  }),
  resourceRule({
    name: "job-cluster-require-policy",
    title: "Clusters of jobs have a policy",
    level: "mandatory",
    severity: "medium",
    why: "Only a policy holds for what somebody changes by hand, too.",
    fix: "Set `policyId`, or run the job on serverless compute.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/admin/clusters/policies",
    types: ["Job"],
    check: ({ type, props }) =>
      clustersOf(type, props).flatMap(({ path, cluster }) =>
        isBlank(cluster.policyId) ? [{ property: within(path, "policyId"), problem: "is not set" }] : [],
      ),
  }),
  resourceRule({
    name: "compute-keep-driver",
    title: "The driver is no spot machine",
    level: "advisory",
    severity: "low",
    why: "A driver that is taken away takes the run with it.",
    fix: "Set `firstOnDemand: 1` or more, with fallback to machines on demand.",
    source: "KICS",
    url: `${CONFIGURE}#spot-instances`,
    ids: {
      kics: [
        "b0749c53-e3ff-4d09-bbe4-dca94e2e7a38",
        "38028698-e663-4ef7-aa92-773fef0ca86f",
        "539e4557-d2b5-4d57-a001-cb01140a4e2d",
      ],
    },
    types: CLUSTER_TYPES,
    check: ({ type, props }) =>
      clustersOf(type, props).flatMap(({ path, cluster }) =>
        (["awsAttributes", "azureAttributes", "gcpAttributes"] as const).flatMap((cloud) =>
          objects(cluster[cloud]).flatMap(({ availability, firstOnDemand }) => {
            const spot = typeof availability === "string" && /^(SPOT|PREEMPTIBLE)/i.test(availability.trim());
            const fallback = typeof availability === "string" && /FALLBACK/i.test(availability);
            if (!spot || firstOnDemand === UNKNOWN || (asNumber(firstOnDemand) ?? (fallback ? 1 : 0)) >= 1) return [];
            return [
              { property: within(path, `${cloud}.firstOnDemand`), problem: "leaves the driver on a spot machine" },
            ];
          }),
        ),
      ),
  }),
  resourceRule({
    name: "pool-bound-cost",
    title: "Instance pools are small and let machines go",
    level: "mandatory",
    severity: "medium",
    why: "Idle machines of a pool are paid for.",
    fix: "Set `idleInstanceAutoterminationMinutes`, `minIdleInstances` and `maxCapacity` within the limits.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/compute/pool-best-practices",
    types: ["InstancePool"],
    limits: {
      maxIdleMinutes: {
        type: "integer",
        default: 60,
        minimum: 1,
        description: "Most minutes before an idle machine goes",
      },
      maxIdle: { type: "integer", default: 2, minimum: 0, description: "Most machines that are kept idle" },
      maxCapacity: { type: "integer", default: 50, minimum: 1, description: "Most machines of a pool" },
    },
    check: ({ props }, limits) => {
      const over = (property: string, most: number, needed: boolean): Finding[] => {
        const value = props[property];
        if (value === UNKNOWN) return [];
        const number = asNumber(value);
        if (number === undefined) return needed ? [{ property, problem: "is not set" }] : [];
        return number > most ? [{ property, problem: `is ${number}, more than ${most}` }] : [];
      };
      return [
        ...over("idleInstanceAutoterminationMinutes", limits.maxIdleMinutes, true),
        ...over("minIdleInstances", limits.maxIdle, false),
        ...over("maxCapacity", limits.maxCapacity, true),
      ];
    },
  }),
  stackRule({
    name: "compute-bound-total",
    title: "All compute of a program together is bounded",
    level: "advisory",
    severity: "low",
    why: "Many small clusters cost as much as one that somebody would have refused.",
    fix: "Share warehouses and pools, or raise `maxWorkers` in the pack's configuration.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/lakehouse-architecture/cost-optimization/best-practices",
    types: [...CLUSTER_TYPES, "SqlEndpoint"],
    limits: {
      maxWorkers: {
        type: "integer",
        default: 500,
        minimum: 1,
        description: "Most workers of all clusters and warehouses",
      },
    },
    check: (resources, { maxWorkers }) => {
      let total = 0;
      let over = false;
      return resources.flatMap(({ type, props, urn, name }) => {
        total +=
          type === "SqlEndpoint"
            ? warehouseWorkers(props)
            : clustersOf(type, props).reduce((sum, { cluster }) => sum + workersOf(cluster), 0);
        if (total <= maxWorkers || over) return [];
        over = true;
        return [
          { urn, name, property: "its compute", problem: `brings the program to more than ${maxWorkers} workers` },
        ];
      });
    },
  }),
];

const workersOf = ({ numWorkers, autoscale }: Fields): number =>
  asNumber(objects(autoscale)[0]?.maxWorkers) ?? asNumber(numWorkers) ?? 0;

/** Workers of one cluster of a warehouse by its size, as the warehouse's documentation lists them. */
export const WAREHOUSE_WORKERS: Readonly<Record<string, number>> = {
  "2X-SMALL": 1,
  "X-SMALL": 2,
  SMALL: 4,
  MEDIUM: 8,
  LARGE: 16,
  "X-LARGE": 32,
  "2X-LARGE": 64,
  "3X-LARGE": 128,
  "4X-LARGE": 256,
  "5X-LARGE": 512,
};
const warehouseWorkers = ({ clusterSize, maxNumClusters }: Fields): number =>
  (WAREHOUSE_WORKERS[String(clusterSize).trim().toUpperCase()] ?? 0) * (asNumber(maxNumClusters) ?? 1);
