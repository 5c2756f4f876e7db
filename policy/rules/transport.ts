/** Rules on what goes over the network, and on applications that log in for people. */
import { openOptions } from "../read/open-options.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { asNumber, isFalseValue, objects, texts, UNKNOWN, type Value, walkTexts } from "../values.ts";

/** Properties with an address that is called, and types that have one. */
const CALLED =
  /(^|\.)(config\.\w+\.(url|channelUrl)|httpUrlSpec\.url|oidcPolicy\.(issuer|jwksUri)|(maven|pypi|cran)\.repo|recipientProfileStr\.endpoint|externalModel\.\w+\.\w*(Url|Host|ApiBase)|direct\.baseUrl)$/;
const CALLING = [
  ...["Job", "Pipeline", "Cluster", "ClusterPolicy", "Library", "NotificationDestination", "MlflowWebhook"],
  ...["ServicePrincipalFederationPolicy", "AccountFederationPolicy", "CustomAppIntegration", "PublishedAppIntegration"],
  ...["Connection", "SqlTable", "Catalog", "FeatureEngineeringKafkaConfig", "ModelServing", "SqlGlobalConfig"],
  "AiGatewayModelProviderService",
];
/** In a requirement: an index, or where the package itself is fetched from. Not in a comment. */
const FETCHED = /^(?:(?!\s#).)*?(?:^|[\s@=+])http:\/\/(?!(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$))/i;
const TRUSTED_HOST = /^\s*--trusted-host\b/i;
const DEPENDENCIES = /(^|\.)((dependencies|javaDependencies)\[\d+\]|pypi\.package|whl)$/;
/** Parts of a JDBC address that turn encryption off, or leave the server's certificate unchecked. */
const OPEN_JDBC =
  /^\s*(?:jdbc:|[a-z][a-z0-9+.-]{1,30}:\/\/).*[?&;](sslmode=(disabled?|allow|prefer(red)?)|(use)?ssl=(false|0)|encrypt=(false|no|optional)|(trustServerCertificate|trust_server_certificate)=true|verifyServerCertificate=false)\b/i;
const isOpen = (text: string): boolean => /^\s*http:\/\//i.test(text);
const isLocal = (text: string): boolean => /^\s*http:\/\/(localhost|127\.0\.0\.1|\[::1\])([:/]|$)/i.test(text);

export const transportRules: readonly Rule[] = [
  resourceRule({
    name: "transport-require-encryption",
    title: "Packages, webhooks, logins and connections to databases are encrypted",
    level: "mandatory",
    severity: "high",
    why: "Whoever is on the way reads what is sent, and changes the code that is fetched.",
    fix: "Use https, and leave certificates checked.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/security/",
    types: CALLING,
    check: ({ type, props }) => [
      ...[...walkTexts(props)].flatMap(({ path, text }): Finding[] => {
        const plain = path.replace(/\[\d+\]/g, "");
        if (DEPENDENCIES.test(path) && FETCHED.test(text)) return [{ property: path, problem: "is not encrypted" }];
        if (OPEN_JDBC.test(text))
          return [{ property: path, problem: "turns off encryption or the check of certificates" }];
        if (DEPENDENCIES.test(path) && TRUSTED_HOST.test(text))
          return [{ property: path, problem: "leaves a certificate unchecked" }];
        const called = CALLED.test(plain) || plain === "redirectUrls";
        return called && isOpen(text) && !isLocal(text) ? [{ property: path, problem: "is not encrypted" }] : [];
      }),
      ...objects(props.httpUrlSpec)
        .filter(({ enableSslVerification }) => isFalseValue(enableSslVerification))
        .map(() => ({ property: "httpUrlSpec.enableSslVerification", problem: "is false" })),
      ...openOptions(type, props),
    ],
  }),
  resourceRule({
    name: "app-integration-bounded",
    title: "Applications log in for people to one address and for a while",
    level: "mandatory",
    severity: "high",
    why: "A code that goes to any host of a wildcard, and a token that is renewed for years, act with the person's rights.",
    fix: "List the callbacks one by one, and set `tokenAccessPolicy.refreshTokenTtlInMinutes` within the limit.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/integrations/enable-disable-oauth",
    types: ["CustomAppIntegration", "PublishedAppIntegration"],
    limits: {
      maxDays: { type: "integer", default: 90, minimum: 1, description: "Most days that a login may be renewed" },
    },
    check: ({ props }, { maxDays }) => [
      ...(Array.isArray(props.redirectUrls) ? (props.redirectUrls as readonly Value[]) : []).flatMap((url, at) =>
        typeof url === "string" && url.includes("*")
          ? [{ property: `redirectUrls[${at}]`, problem: "has a wildcard" }]
          : [],
      ),
      ...objects(props.tokenAccessPolicy).flatMap(({ refreshTokenTtlInMinutes }) => {
        const minutes = asNumber(refreshTokenTtlInMinutes);
        return minutes !== undefined && minutes > maxDays * 24 * 60
          ? [{ property: "tokenAccessPolicy.refreshTokenTtlInMinutes", problem: `is more than ${maxDays} days` }]
          : [];
      }),
    ],
  }),
  resourceRule({
    name: "database-require-oauth",
    title: "Databases are logged in to by OAuth",
    level: "advisory",
    severity: "medium",
    why: "A password of a database's own outlives the person, and no identity provider knows of it.",
    fix: "Leave `enablePgNativeLogin` off, and use `LAKEBASE_OAUTH_V1` as the role's `authMethod`.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/oltp/instances/authentication",
    types: ["DatabaseInstance", "PostgresProject", "PostgresRole"],
    check: ({ props }) => [
      ...[props, ...objects(props.spec)]
        .filter(({ enablePgNativeLogin }) => enablePgNativeLogin === true || enablePgNativeLogin === "true")
        .map((_, at) => ({
          property: at === 0 ? "enablePgNativeLogin" : "spec.enablePgNativeLogin",
          problem: "is true",
        })),
      ...objects(props.spec).flatMap(({ authMethod }) =>
        authMethod !== UNKNOWN && texts(authMethod).some((method) => /PASSWORD/i.test(method))
          ? [{ property: "spec.authMethod", problem: "is a password" }]
          : [],
      ),
    ],
  }),
];
