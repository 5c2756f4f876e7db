/** The services of the workspace. Adding one touches its folder and this list. */
import type { Service } from "../core/service.ts";
import { compute } from "./compute/index.ts";
import { files } from "./files/index.ts";
import { identity } from "./identity/index.ts";
import { jobs } from "./jobs/index.ts";
import { permissions } from "./permissions/index.ts";
import { pipelines } from "./pipelines/index.ts";
import { records } from "./records/index.ts";
import { secrets } from "./secrets/index.ts";
import { settings } from "./settings/index.ts";
import { sql } from "./sql/index.ts";
import { sqlObjects } from "./sql-objects/index.ts";
import { tags } from "./tags/index.ts";
import { thrift } from "./thrift/index.ts";
import { unityCatalog } from "./unity-catalog/index.ts";
import { warehouses } from "./warehouses/index.ts";
import { web } from "./web/index.ts";
import { workspace } from "./workspace/index.ts";

export const services: readonly Service[] = [
  identity,
  permissions,
  unityCatalog,
  tags,
  secrets,
  settings,
  workspace,
  files,
  compute,
  warehouses,
  sql,
  sqlObjects,
  thrift,
  pipelines,
  jobs,
  records,
  web,
];
