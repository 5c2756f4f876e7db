/**
 * Checks of other tools that are about Databricks: which rule makes one stands with the rule; `none` says why no rule does, `note` what a
 * rule leaves out.
 */
export interface ForeignCheck {
  readonly id: string;
  readonly title: string;
  readonly none?: string;
  readonly note?: string;
}

const ZONE = "The zone is left to the program, as is whether workers may wait for spot machines.";

/** All Terraform queries of KICS for the Databricks provider (assets/queries/terraform/databricks, November 2026). */
export const KICS_QUERIES: readonly ForeignCheck[] = [
  { id: "953c0cc6-5f30-44cb-a803-bf4ef2571be8", title: "Autoscaling has both limits" },
  { id: "b0749c53-e3ff-4d09-bbe4-dca94e2e7a38", title: "Attributes of clusters on AWS", note: ZONE },
  { id: "38028698-e663-4ef7-aa92-773fef0ca86f", title: "Attributes of clusters on Azure", note: ZONE },
  { id: "539e4557-d2b5-4d57-a001-cb01140a4e2d", title: "Attributes of clusters on Google Cloud", note: ZONE },
  {
    id: "a4edb7e1-c0e0-4f7f-9d7c-d1b603e81ad5",
    title: "Clusters and jobs have permissions, and their owner is no person",
    note: "A cluster without permissions is for its maker and the admins alone.",
  },
  {
    id: "23c3067a-8cc9-480c-b645-7c1e0ad4bf60",
    title: "Groups have a user or an instance profile",
    none: "The identity provider or another program fills a group; an empty one gives nobody anything.",
  },
  { id: "23e1f5f0-12b7-4d7e-9087-f60f42ccd514", title: "On-behalf-of tokens expire" },
  { id: "7d05ca25-91b4-42ee-b6f6-b06611a87ce8", title: "Tokens expire" },
  { id: "2c4fe4a9-f44b-4c70-b09b-5b75cd251805", title: "IP access lists do not allow every address" },
  { id: "5a627dfa-a4dd-4020-a4c6-5f3caf4abcd6", title: "Runtimes have long-term support" },
  { id: "375cdab9-3f94-4ae0-b1e3-8fbdf9cdf4d7", title: "No spark-submit tasks" },
];

const AZURE = "It looks at the workspace as a resource of the Azure provider.";

/** All checks of Checkov on Databricks (checkov/terraform and checkov/arm, November 2026). */
export const CHECKOV_CHECKS: readonly ForeignCheck[] = [
  { id: "CKV_AZURE_158", title: "Workspaces are not public", none: AZURE },
  { id: "CKV2_AZURE_48", title: "The DBFS root has a customer-managed key", none: AZURE },
];

/**
 * Section 2.1 of the CIS Microsoft Azure Foundations Benchmark 5.0, the only one of CIS on Databricks. A rule that carries a number asks the same
 * of the resources of the Databricks provider, whatever the cloud.
 */
export const CIS_RECOMMENDATIONS: readonly ForeignCheck[] = [
  { id: "2.1.1", title: "Workspaces are in a customer-managed network" },
  { id: "2.1.2", title: "Subnets have network security groups", none: "They are resources of the Azure provider." },
  {
    id: "2.1.3",
    title: "Traffic between workers is encrypted",
    none: "An init script does it, whose effect no resource shows.",
  },
  {
    id: "2.1.4",
    title: "Users and groups come from Microsoft Entra ID",
    none: "The identity provider's synchronization is no resource of the provider.",
  },
  { id: "2.1.5", title: "Unity Catalog is used" },
  { id: "2.1.6", title: "Tokens are restricted and expire" },
  { id: "2.1.7", title: "Diagnostic logs are delivered" },
  { id: "2.1.8", title: "Customer-managed keys" },
  { id: "2.1.9", title: "No public addresses of clusters" },
  { id: "2.1.10", title: "No public network access" },
  { id: "2.1.11", title: "Private endpoints" },
];
