/** Rules on databases (Lakebase), and on the size of what runs without clusters: databases, search, models and apps. */
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { asNumber, type Fields, isFalseValue, isTrue, objects, principalName, texts, type Value } from "../values.ts";

const upper = (value: Value): string => (typeof value === "string" ? value.trim().toUpperCase() : "");
const SUPERUSER = /^DATABRICKS_SUPERUSER$|^(RDS_|CLOUD_)?SUPERUSER$/;

/** GPU sizes of several cards, or of the largest. */
const LARGE_GPU = /^(MULTIGPU|GPU_(LARGE|XLARGE|MEDIUM_\d|LARGE_\d))/;

interface Bounds {
  readonly maxAutoscaled: number;
  readonly maxReplicas: number;
}

const over = (property: string, value: Value, most: number): Finding[] => {
  const number = asNumber(value);
  return number !== undefined && number > most ? [{ property, problem: `is ${number}, more than ${most}` }] : [];
};
const units = (capacity: Value): number | undefined => asNumber(/^CU_(\d+)$/.exec(upper(capacity))?.[1]);

/** Compute of a database that grows with its load, in whatever block it stands. */
const autoscaled = (property: string, block: Value, { maxAutoscaled, maxReplicas }: Bounds): Finding[] =>
  objects(block).flatMap((spec) => [
    ...over(`${property}.autoscalingLimitMaxCu`, spec.autoscalingLimitMaxCu, maxAutoscaled),
    ...objects(spec.group).flatMap(({ max }) => over(`${property}.group.max`, max, maxReplicas)),
  ]);

const served = (props: Fields): Finding[] =>
  objects(props.config).flatMap((config) =>
    (["servedEntities", "servedModels"] as const).flatMap((list) =>
      objects(config[list]).flatMap(({ workloadSize, workloadType, scaleToZeroEnabled }, at): Finding[] => {
        const path = `config.${list}[${at}]`;
        const gpu = /GPU/.test(upper(workloadType));
        return [
          ...(/^(X-?)?LARGE$/.test(upper(workloadSize))
            ? [{ property: `${path}.workloadSize`, problem: "is Large or more" }]
            : []),
          ...(LARGE_GPU.test(upper(workloadType))
            ? [{ property: `${path}.workloadType`, problem: "is of the largest GPUs" }]
            : []),
          ...(gpu && isFalseValue(scaleToZeroEnabled)
            ? [{ property: `${path}.scaleToZeroEnabled`, problem: "is false on a GPU" }]
            : []),
        ];
      }),
    ),
  );

export const databaseRules: readonly Rule[] = [
  resourceRule({
    name: "serverless-bound-cost",
    title: "Databases, search endpoints, models and apps are small",
    level: "advisory",
    severity: "medium",
    why: "They are paid for by the hour, used or not.",
    fix: "Choose a smaller size, let it scale to zero, or raise the limit in the pack's configuration.",
    source: "Databricks cost optimization best practices",
    url: "https://docs.databricks.com/aws/en/lakehouse-architecture/cost-optimization/best-practices",
    types: [
      ...["DatabaseInstance", "OnlineStore", "PostgresEndpoint", "PostgresProject"],
      ...["VectorSearchEndpoint", "AiSearchEndpoint", "ModelServing", "App"],
    ],
    limits: {
      maxUnits: {
        type: "integer",
        default: 2,
        minimum: 1,
        description: "Most capacity units (CU, 16 GB each) of a database instance",
      },
      maxAutoscaled: {
        type: "integer",
        default: 16,
        minimum: 1,
        description: "Most compute units (2 GB each) that an endpoint of a database grows to",
      },
      maxReplicas: { type: "integer", default: 2, minimum: 1, description: "Most nodes, replicas or instances" },
      maxQueries: { type: "integer", default: 100, minimum: 1, description: "Most queries a second asked for" },
    },
    check: ({ type, props }, bounds) => {
      const { maxUnits, maxReplicas, maxQueries } = bounds;
      return [
        ...over("capacity", units(props.capacity), maxUnits),
        ...over("nodeCount", props.nodeCount, maxReplicas),
        ...over("readReplicaCount", props.readReplicaCount, maxReplicas),
        ...over("replicaCount", props.replicaCount, maxReplicas),
        ...over("targetQps", props.targetQps, maxQueries),
        ...objects(props.scalingInfo).flatMap(({ requestedTargetQps }) =>
          over("scalingInfo.requestedTargetQps", requestedTargetQps, maxQueries),
        ),
        ...autoscaled("spec", props.spec, bounds),
        ...autoscaled("initialEndpointSpec", props.initialEndpointSpec, bounds),
        ...objects(props.spec).flatMap(({ defaultEndpointSettings }) =>
          autoscaled("spec.defaultEndpointSettings", defaultEndpointSettings, bounds),
        ),
        ...(type === "ModelServing" ? served(props) : []),
        ...(/LARGE$/.test(upper(props.computeSize)) ? [{ property: "computeSize", problem: "is LARGE or more" }] : []),
        ...over("computeMaxInstances", props.computeMaxInstances, maxReplicas),
      ];
    },
  }),
  resourceRule({
    name: "database-restrict-access",
    title: "Nobody is superuser of a database, and its API answers sites of yours",
    level: "mandatory",
    severity: "high",
    why: "A superuser reads past row-level security; an API for every origin is called from any page that a user opens.",
    fix: "Grant what the role needs, and list the origins.",
    source: "Databricks Lakebase documentation",
    url: "https://docs.databricks.com/aws/en/oltp/",
    types: ["PostgresRole", "PostgresDataApi"],
    limits: {
      admins: {
        type: "array",
        default: ["platform-admins"],
        description: "Roles of people that may be superusers; a service principal may own its database",
      },
    },
    check: ({ type, props }, { admins }) =>
      objects(props.spec).flatMap((spec): Finding[] =>
        type === "PostgresDataApi"
          ? texts(spec.serverCorsAllowedOrigins).flatMap((origin, at) =>
              /^(https?:\/\/)?\*\/?$/i.test(origin.trim())
                ? [{ property: `spec.serverCorsAllowedOrigins[${at}]`, problem: "is every site" }]
                : [],
            )
          : isAdmin(spec, admins)
            ? []
            : [
                ...texts(spec.membershipRoles).flatMap((role, at) =>
                  SUPERUSER.test(upper(role))
                    ? [{ property: `spec.membershipRoles[${at}]`, problem: "makes it a superuser" }]
                    : [],
                ),
                ...objects(spec.attributes).flatMap((attributes) =>
                  isTrue(attributes.bypassrls) ? [{ property: "spec.attributes.bypassrls", problem: "is true" }] : [],
                ),
              ],
      ),
  }),
];

const isAdmin = ({ identityType, postgresRole }: Fields, admins: readonly string[]): boolean =>
  upper(identityType) === "SERVICE_PRINCIPAL" ||
  (typeof postgresRole === "string" && admins.map(principalName).includes(principalName(postgresRole)));
