/** What the components take from programs in other languages: all that is not a function or a resource of TypeScript. */
import type { AccessGrantsArgs } from "../grants.ts";
import type {
  BudgetPolicyArgs,
  DeployIdentityArgs,
  GroupsArgs,
  LakehouseCatalogArgs,
  LakehouseDashboardArgs,
  LakehouseJobArgs,
  LakehousePipelineArgs,
  LakehouseSecretScopeArgs,
  NotebookFolderArgs,
  QualityAlertArgs,
  SchemaPlans,
  SensitiveDataArgs,
  SqlWarehouseArgs,
} from "../index.ts";

/** Matrices by the keys of a `LakehouseCatalog` need that object: other languages name their securables. */
type OfCatalog = "lakehouse" | "catalog" | "schemas" | "volumes";

export interface Arguments {
  LakehouseCatalog: LakehouseCatalogArgs;
  AccessGrants: Omit<AccessGrantsArgs<string, SchemaPlans>, OfCatalog>;
  NotebookFolder: NotebookFolderArgs;
  LakehousePipeline: LakehousePipelineArgs;
  LakehouseJob: LakehouseJobArgs<string>;
  SensitiveData: SensitiveDataArgs<string>;
  SqlWarehouse: SqlWarehouseArgs;
  LakehouseDashboard: LakehouseDashboardArgs;
  QualityAlert: QualityAlertArgs;
  LakehouseSecretScope: LakehouseSecretScopeArgs;
  Groups: GroupsArgs;
  DeployIdentity: DeployIdentityArgs;
  BudgetPolicy: BudgetPolicyArgs;
}
