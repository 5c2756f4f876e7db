/** Requests of the Statement Execution API. */
import { z } from "zod";

export const executeRequest = z.looseObject({
  statement: z
    .string()
    .min(1)
    .max(16 * 1024 * 1024),
  warehouse_id: z.string().min(1),
  catalog: z.string().optional(),
  schema: z.string().optional(),
  session_id: z.string().optional(),
  disposition: z.enum(["INLINE", "EXTERNAL_LINKS", "INLINE_OR_EXTERNAL_LINKS"]).optional(),
  format: z.enum(["JSON_ARRAY", "ARROW_STREAM", "CSV"]).optional(),
  /** Results are never compressed: the manifest says so, and clients go by it. */
  result_compression: z.enum(["LZ4_FRAME", "GZIP", "NONE"]).nullish(),
  wait_timeout: z.string().optional(),
  on_wait_timeout: z.enum(["CONTINUE", "CANCEL"]).optional(),
  parameters: z
    .array(
      z.looseObject({
        /** One without a name stands for a `?`, in the order of `ordinal`. */
        name: z.string().nullish(),
        ordinal: z.coerce.number().int().min(0).optional(),
        value: z.string().nullish(),
        type: z.string().nullish(),
      }),
    )
    .optional(),
  row_limit: z.coerce.number().int().min(0).optional(),
  byte_limit: z.coerce.number().int().min(0).optional(),
});
export type Execute = z.infer<typeof executeRequest>;

/** Where the path names the warehouse, and the session, too. */
export const executeInSession = executeRequest.partial({ warehouse_id: true });

export const sessionRequest = z.looseObject({
  warehouse_id: z.string().min(1),
  catalog: z.string().optional(),
  schema: z.string().optional(),
  session_confs: z.record(z.string(), z.string()).optional(),
});
export const sessionOfWarehouse = sessionRequest.partial({ warehouse_id: true });
export type SessionOfWarehouse = z.infer<typeof sessionOfWarehouse>;
export const warehouseParams = z.object({ warehouse_id: z.string() });
export const sessionParams = z.object({ session_id: z.string() });
export const scopedParams = z.object({ warehouse_id: z.string(), session_id: z.string() });
export const sessionQuery = z.looseObject({ warehouse_id: z.string().optional() });

export const statementParams = z.object({ statement_id: z.string() });
export const chunkParams = z.object({ statement_id: z.string(), chunk_index: z.coerce.number().int().min(0) });
export type StatementParams = z.infer<typeof statementParams> & Partial<z.infer<typeof scopedParams>>;
export const linkQuery = z.object({ expires: z.coerce.number().int(), signature: z.string() });
export const historyQuery = z.looseObject({
  max_results: z.coerce.number().int().optional(),
  page_token: z.string().optional(),
});
