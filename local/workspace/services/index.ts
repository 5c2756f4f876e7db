/** The services of the workspace. Adding one touches its folder and this list. */
import type { Service } from "../core/service.ts";
import { identity } from "./identity/index.ts";
import { jobs } from "./jobs/index.ts";
import { pipelines } from "./pipelines/index.ts";
import { unityCatalog } from "./unity-catalog/index.ts";
import { warehouses } from "./warehouses/index.ts";

export const services: readonly Service[] = [identity, unityCatalog, warehouses, pipelines, jobs];
