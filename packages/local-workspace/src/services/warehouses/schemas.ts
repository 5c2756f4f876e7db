/** Requests of the SQL Warehouses API. */
import { z } from "zod";

const SIZES = [
  "2X-Small",
  "X-Small",
  "Small",
  "Medium",
  "Large",
  "X-Large",
  "2X-Large",
  "3X-Large",
  "4X-Large",
  "5X-Large",
] as const;

const fields = {
  name: z.string().min(1).max(100).optional(),
  cluster_size: z.enum(SIZES).optional(),
  min_num_clusters: z.int().min(1).optional(),
  max_num_clusters: z.int().min(1).max(40).optional(),
  auto_stop_mins: z.int().min(0).optional(),
  spot_instance_policy: z.enum(["POLICY_UNSPECIFIED", "COST_OPTIMIZED", "RELIABILITY_OPTIMIZED"]).optional(),
  enable_photon: z.boolean().optional(),
  enable_serverless_compute: z.boolean().optional(),
  warehouse_type: z.enum(["TYPE_UNSPECIFIED", "CLASSIC", "PRO"]).optional(),
  channel: z.looseObject({ name: z.string().optional(), dbsql_version: z.string().optional() }).optional(),
  tags: z
    .looseObject({ custom_tags: z.array(z.looseObject({ key: z.string(), value: z.string() })).optional() })
    .optional(),
};

export const createRequest = z.looseObject({ ...fields, name: z.string().min(1).max(100) });
export const editRequest = z.looseObject(fields);
export const idParams = z.object({ id: z.string() });
export type WarehouseSettings = z.infer<typeof editRequest>;

export const DEFAULTS = {
  cluster_size: "2X-Small",
  min_num_clusters: 1,
  max_num_clusters: 1,
  auto_stop_mins: 120,
  spot_instance_policy: "COST_OPTIMIZED",
  enable_photon: true,
  enable_serverless_compute: true,
  warehouse_type: "PRO",
  channel: { name: "CHANNEL_NAME_CURRENT" },
  tags: {},
} as const;
