/** All rules of the pack, by family. */
import type { Rule } from "../rule.ts";
import { accessRules } from "./access.ts";
import { computeRules } from "./compute.ts";
import { grantRules } from "./grants.ts";
import { jobRules } from "./jobs.ts";
import { pipelineRules } from "./pipelines.ts";
import { sourceRules } from "./sources.ts";
import { unityCatalogRules } from "./unity-catalog.ts";

export const rules: readonly Rule[] = [
  ...unityCatalogRules,
  ...grantRules,
  ...pipelineRules,
  ...sourceRules,
  ...computeRules,
  ...jobRules,
  ...accessRules,
];
