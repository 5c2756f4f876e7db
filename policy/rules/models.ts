/** Rules on models, serving, sharing with outsiders and monitoring. */
import { accessControls, everyoneGroup } from "../read/principals.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { isBlank, objects, UNKNOWN } from "../values.ts";

export const modelRules: readonly Rule[] = [
  resourceRule({
    name: "model-require-unity-catalog",
    title: "Models are in Unity Catalog",
    level: "mandatory",
    severity: "medium",
    why: "The workspace's own registry has no grants, no lineage and no audit across workspaces.",
    fix: "Use RegisteredModel, and serve it by its full name: catalog.schema.model.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/machine-learning/manage-model-lifecycle/",
    ids: { sat: ["GOV-28"] },
    types: ["MlflowModel", "ModelServing", "MlflowWebhook"],
    check: ({ type, props }) => {
      if (type !== "ModelServing") {
        return [{ property: "the resource", problem: "is of the workspace's own model registry" }];
      }
      const config = objects(props.config);
      return [
        ...config
          .flatMap(({ servedModels }) => objects(servedModels))
          .map(({ modelName }): Finding | undefined => inRegistry(modelName, "config.servedModels")),
        ...config
          .flatMap(({ servedEntities }) => objects(servedEntities))
          .map(({ entityName, externalModel }): Finding | undefined =>
            isBlank(externalModel) ? inRegistry(entityName, "config.servedEntities") : undefined,
          ),
      ].filter((finding) => finding !== undefined);
    },
  }),
  resourceRule({
    name: "serving-limit-rate",
    title: "Calls of models of other providers are limited",
    level: "advisory",
    severity: "medium",
    why: "An endpoint without limits is paid by the token, whoever calls it.",
    fix: "Set `aiGateway.rateLimits`, or `config.rateLimits` of the service.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/ai-gateway/configure-ai-gateway-endpoints",
    types: ["ModelServing", "AiGatewayModelProviderService", "AiGatewayModelService"],
    check: ({ type, props }) => {
      if (type !== "ModelServing")
        return objects(props.config)
          .filter(({ rateLimits }) => rateLimits !== UNKNOWN && objects(rateLimits).length === 0)
          .map(() => ({ property: "config.rateLimits", problem: "is not set" }));
      const external = objects(props.config)
        .flatMap(({ servedEntities }) => objects(servedEntities))
        .some(({ externalModel }) => objects(externalModel).length > 0);
      const gateways = objects(props.aiGateway);
      const limited =
        props.aiGateway === UNKNOWN ||
        gateways.some(({ rateLimits }) => rateLimits === UNKNOWN || objects(rateLimits).length > 0);
      return external && !limited ? [{ property: "aiGateway.rateLimits", problem: "is not set" }] : [];
    },
  }),
  resourceRule({
    name: "serving-restrict-query",
    title: "Models and agents are queried by who needs them",
    level: "advisory",
    severity: "medium",
    why: "Everybody's queries are paid for, and an agent answers with data that its own rights reach.",
    fix: "Give CAN_QUERY to the group or service principal that calls it.",
    source: "Databricks AI Security Framework",
    url: "https://docs.databricks.com/aws/en/machine-learning/model-serving/manage-serving-endpoints",
    types: ["Permissions"],
    check: ({ props }) =>
      accessControls(props).flatMap(({ path, who, level }): Finding[] => {
        const group = level === "CAN_QUERY" ? everyoneGroup(who) : undefined;
        return group === undefined ? [] : [{ property: path, problem: `gives CAN_QUERY to '${group}'` }];
      }),
  }),
  resourceRule({
    name: "git-allowed-repository",
    title: "Code comes from repositories of yours",
    level: "mandatory",
    severity: "high",
    why: "A job that runs a fork runs what a stranger pushes.",
    fix: "Use https and a repository that `repositories` in the pack's configuration allows.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/repos/repos-setup",
    types: ["Job", "Repo", "App", "AppsSettingsCustomTemplate"],
    limits: {
      repositories: {
        type: "array",
        default: [],
        description:
          "URLs, up to owner or repository, that code may come from; with none, every repository may be used",
      },
    },
    check: ({ props }, { repositories }) => {
      const found: [string, unknown][] = [
        ["url", props.url],
        ["gitRepo", props.gitRepo],
        ...objects(props.gitSource).map(({ url }): [string, unknown] => ["gitSource.url", url]),
        ...objects(props.gitRepository).map(({ url }): [string, unknown] => ["gitRepository.url", url]),
      ];
      return found.flatMap(([property, url]) => {
        if (typeof url !== "string" || url.trim() === "") return [];
        if (/^\s*http:/i.test(url)) return [{ property, problem: "is not encrypted" }];
        if (repositories.length === 0 || repositories.some((one) => isUnder(url, one))) return [];
        return [{ property, problem: "is no repository that the configuration allows" }];
      });
    },
  }),
];

const inRegistry = (name: unknown, property: string): Finding | undefined =>
  typeof name === "string" && name.split(".").length !== 3 && !name.startsWith("databricks-")
    ? { property, problem: "serves a model of the workspace's own registry" }
    : undefined;

/** host/owner/repository, however a repository's URL is written. */
const repository = (url: string): string =>
  url
    .trim()
    .replace(/^(git@|ssh:\/\/git@)([^/:]+)[:/]/i, "https://$2/")
    .replace(/^[a-z]+:\/\/([^/@]*@)?/i, "")
    .replace(/(\.git)?\/*$/i, "")
    .toLowerCase();
const isUnder = (url: string, allowed: string): boolean =>
  !/\/\.\.?(\/|$)/.test(url) && `${repository(url)}/`.startsWith(`${repository(allowed)}/`);
