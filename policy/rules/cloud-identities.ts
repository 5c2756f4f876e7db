/** Rules on what leads compute around Unity Catalog: images of others, and identities of the cloud. */
import { allowedBy, definitionsOf } from "../read/cluster-policies.ts";
import { CLUSTER_TYPES, clustersOf, within } from "../read/clusters.ts";
import { CONF_TYPES, confsOf } from "../read/confs.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { type Fields, isBlank, isTrue, objects, UNKNOWN, type Value } from "../values.ts";

const PROFILES = "https://docs.databricks.com/aws/en/connect/storage/tutorial-s3-instance-profile";

interface Place {
  readonly property: string;
  readonly value: Value;
}
const place = (property: string, value: Value): Place => ({ property, value });

/** Values that a cluster policy gives an attribute. */
const inPolicy = (props: Fields, attribute: string): Place[] =>
  definitionsOf(props).flatMap((one) =>
    one.attribute === attribute
      ? allowedBy(one.entry).map((value) => place(`${one.property} (${attribute})`, value))
      : [],
  );

/** Images that clusters run, or that pools and policies have ready for them. */
function images(type: string, props: Fields): Place[] {
  if (type === "ClusterPolicy") return inPolicy(props, "docker_image.url");
  if (type === "InstancePool")
    return objects(props.preloadedDockerImages).map(({ url }, at) => place(`preloadedDockerImages[${at}].url`, url));
  return clustersOf(type, props).flatMap(({ path, cluster }) =>
    objects(cluster.dockerImage).map(({ url }) => place(within(path, "dockerImage.url"), url)),
  );
}

/** Registries that a cloud account has to itself; every other host serves images of anybody, or is not known here. */
const OWN_REGISTRY =
  /^([0-9]{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?|[a-z0-9]+\.azurecr\.(io|cn|us)|[a-z0-9-]+-docker\.pkg\.dev|([a-z]+\.)?gcr\.io)\//i;

/** `host/repository/image`, as registries are compared: without scheme, tag and digest. */
const imageName = (url: string): string =>
  url
    .trim()
    .replace(/^[a-z]+:\/\//i, "")
    .toLowerCase();

const isListed = (url: string, registries: readonly string[]): boolean =>
  registries.some((one) => {
    const allowed = imageName(one).replace(/\/+$/, "");
    const name = imageName(url);
    return !name.includes("/..") && (name.startsWith(`${allowed}/`) || name.replace(/[:@].*$/, "") === allowed);
  });

/** Identities of AWS and Google Cloud that compute acts with. */
function identities(type: string, props: Fields): Place[] {
  const of = (path: string, owner: Fields): Place[] => [
    ...objects(owner.awsAttributes).map(({ instanceProfileArn }) =>
      place(within(path, "awsAttributes.instanceProfileArn"), instanceProfileArn),
    ),
    ...objects(owner.gcpAttributes).map(({ googleServiceAccount }) =>
      place(within(path, "gcpAttributes.googleServiceAccount"), googleServiceAccount),
    ),
  ];
  if (type === "ClusterPolicy")
    return [
      ...inPolicy(props, "aws_attributes.instance_profile_arn"),
      ...inPolicy(props, "gcp_attributes.google_service_account"),
    ];
  if (type === "ModelServing")
    return objects(props.config).flatMap((config) =>
      (["servedEntities", "servedModels"] as const).flatMap((list) =>
        objects(config[list]).map(({ instanceProfileArn }, at) =>
          place(`config.${list}[${at}].instanceProfileArn`, instanceProfileArn),
        ),
      ),
    );
  // One that instance-profile-safe refuses is refused once.
  if (type === "InstanceProfile" && (isTrue(props.isMetaInstanceProfile) || isTrue(props.skipValidation))) return [];
  if (/InstanceProfile$/.test(type)) {
    const property = type === "InstanceProfile" ? "instanceProfileArn" : "instanceProfileId";
    return [place(property, props[property])];
  }
  if (/Role$/.test(type))
    return typeof props.role === "string" && /:instance-profile\//.test(props.role) ? [place("role", props.role)] : [];
  return [
    place("instanceProfileArn", props.instanceProfileArn),
    place("googleServiceAccount", props.googleServiceAccount),
    ...of("", type === "InstancePool" ? props : {}),
    ...clustersOf(type, props).flatMap(({ path, cluster }) => of(path, cluster)),
  ];
}

/** Settings with which Hadoop logs in to storage itself. */
const OWN_LOGIN =
  /^(spark\.hadoop\.)?(google\.cloud\.auth\..*|fs\.(s3[an]?\.(.*\.)?(access\.key|secret\.key|session\.token|awsAccessKeyId|awsSecretAccessKey|credentialsType|stsAssumeRole\..*|aws\.credentials\.provider|assumed\.role\..*)|azure\.(account\.(key|auth|oauth)|sas)\b.*|gs\.auth\..*))$/i;

export const cloudIdentityRules: readonly Rule[] = [
  resourceRule({
    name: "compute-allowed-images",
    title: "Clusters run images of registries of yours",
    level: "mandatory",
    severity: "high",
    why: "An image runs as root on machines that hold the data and credentials of everybody on the cluster; a public one changes when its maker wants.",
    fix: "Use a runtime of Databricks with libraries, or add the registry to `registries` in the pack's configuration.",
    source: "Databricks security best practices",
    url: "https://docs.databricks.com/aws/en/compute/custom-containers",
    types: [...CLUSTER_TYPES, "InstancePool", "ClusterPolicy"],
    limits: {
      registries: {
        type: "array",
        default: [],
        description:
          "Registries, up to repository or image, that clusters may run images of; with none, those of an account of Amazon ECR, Azure Container Registry and Google Artifact Registry",
      },
    },
    check: ({ type, props }, { registries }) =>
      images(type, props).flatMap(({ property, value }): Finding[] => {
        if (typeof value !== "string" || value.trim() === "") return [];
        if (registries.length === 0 ? OWN_REGISTRY.test(imageName(value)) : isListed(value, registries)) return [];
        const problem =
          registries.length === 0
            ? "is an image of a registry that others write to, or that is not known"
            : "is an image of no registry that the configuration allows";
        return [{ property, problem }];
      }),
  }),
  resourceRule({
    name: "compute-forbid-cloud-identity",
    title: "Compute reaches storage through Unity Catalog, not by an identity of its own",
    level: "production",
    severity: "high",
    why: "Whoever may use the compute has all rights of its instance profile, service account or key, past every grant, mask and audit.",
    fix: "Use external locations, volumes and service credentials, or add the identity to `identities` in the pack's configuration.",
    source: "Unity Catalog best practices",
    url: PROFILES,
    types: [
      ...new Set([...CONF_TYPES, "InstancePool", "SqlEndpoint", "ModelServing"]),
      ...["InstanceProfile", "GroupInstanceProfile", "UserInstanceProfile"],
      ...["GroupRole", "UserRole", "ServicePrincipalRole"],
    ],
    limits: {
      identities: {
        type: "array",
        default: [],
        description: "ARNs of instance profiles and addresses of service accounts that compute may have",
      },
    },
    check: ({ type, props }, { identities: allowed }) => [
      ...identities(type, props)
        .filter(({ value }) => !isBlank(value) && !(typeof value === "string" && allowed.includes(value.trim())))
        // What is not known yet may be one that is allowed.
        .filter(({ value }) => value !== UNKNOWN || allowed.length === 0)
        .map(({ property }) => ({ property, problem: "gives compute an identity of the cloud" })),
      ...confsOf(type, props)
        .filter(({ key, value }) => OWN_LOGIN.test(key) && !isBlank(value))
        .map(({ property }) => ({ property, problem: "logs in to storage past Unity Catalog" })),
    ],
  }),
  resourceRule({
    name: "instance-profile-safe",
    title: "Instance profiles are checked, and pass nobody's credentials on",
    level: "mandatory",
    severity: "high",
    why: "A meta instance profile is for credential passthrough, which Unity Catalog replaces; an unchecked one fails, or works with more than it should, in the first run.",
    fix: "Leave `isMetaInstanceProfile` and `skipValidation` off.",
    source: "Databricks documentation",
    url: "https://docs.databricks.com/aws/en/archive/credential-passthrough/",
    types: ["InstanceProfile"],
    check: ({ props }) =>
      (["isMetaInstanceProfile", "skipValidation"] as const)
        .filter((property) => isTrue(props[property]))
        .map((property) => ({ property, problem: "is true" })),
  }),
];
