/** All rules of the pack, by family. */
import type { Rule } from "../rule.ts";
import { accessRules } from "./access.ts";
import { accountRules } from "./account.ts";
import { adminRules } from "./admins.ts";
import { appRules } from "./apps.ts";
import { cloudIdentityRules } from "./cloud-identities.ts";
import { clusterCodeRules } from "./cluster-code.ts";
import { clusterPolicyRules } from "./cluster-policies.ts";
import { clusterRules } from "./clusters.ts";
import { computeRules } from "./compute.ts";
import { databaseRules } from "./databases.ts";
import { grantFileRules } from "./grant-files.ts";
import { grantRules } from "./grants.ts";
import { historyRules } from "./history.ts";
import { jobRules } from "./jobs.ts";
import { modelRules } from "./models.ts";
import { nameRules } from "./names.ts";
import { peopleRules } from "./people.ts";
import { pipelineRules } from "./pipelines.ts";
import { settingRules } from "./settings.ts";
import { sharingRules } from "./sharing.ts";
import { sourceRules } from "./sources.ts";
import { transportRules } from "./transport.ts";
import { unityCatalogRules } from "./unity-catalog.ts";
import { workspaceConfRules } from "./workspace-conf.ts";

export const rules: readonly Rule[] = [
  ...unityCatalogRules,
  ...grantRules,
  ...peopleRules,
  ...pipelineRules,
  ...historyRules,
  ...sourceRules,
  ...computeRules,
  ...clusterRules,
  ...clusterCodeRules,
  ...clusterPolicyRules,
  ...jobRules,
  ...accessRules,
  ...modelRules,
  ...settingRules,
  ...workspaceConfRules,
  ...accountRules,
  ...adminRules,
  ...transportRules,
  ...sharingRules,
  ...nameRules,
  ...grantFileRules,
  ...databaseRules,
  ...cloudIdentityRules,
  ...appRules,
];
