/** Shapes of tags, tag policies and ABAC policies. */
import { z } from "zod";

export const assignment = z.object({
  entity_type: z.string(),
  entity_name: z.string(),
  tag_key: z.string(),
  tag_value: z.string().optional(),
});
export const shownAssignment = assignment.extend({
  source_type: z.string().optional(),
  update_time: z.string().optional(),
  updated_by: z.string().optional(),
});
export const entityParams = z.object({ entity_type: z.string(), entity_name: z.string() });
export const tagParams = entityParams.extend({ tag_key: z.string() });
export const page = z.object({ max_results: z.coerce.number().int().optional(), page_token: z.string().optional() });
export const maskQuery = z.object({ update_mask: z.string().optional() });

export const tagPolicy = z.object({
  tag_key: z.string(),
  description: z.string().optional(),
  values: z.array(z.object({ name: z.string() })).optional(),
  id: z.string().optional(),
  create_time: z.string().optional(),
  update_time: z.string().optional(),
});

const argument = z.looseObject({ alias: z.string().optional(), constant: z.string().optional() });
const action = z.looseObject({ function_name: z.string(), using: z.array(argument).optional() });
export const policyBody = z.object({
  name: z.string(),
  policy_type: z.enum(["POLICY_TYPE_ROW_FILTER", "POLICY_TYPE_COLUMN_MASK", "POLICY_TYPE_GRANT", "POLICY_TYPE_DENY"]),
  on_securable_type: z.string(),
  on_securable_fullname: z.string(),
  for_securable_type: z.string(),
  to_principals: z.array(z.string()).min(1),
  except_principals: z.array(z.string()).optional(),
  comment: z.string().optional(),
  when_condition: z.string().optional(),
  match_columns: z.array(z.object({ alias: z.string().optional(), condition: z.string().optional() })).optional(),
  row_filter: action.optional(),
  column_mask: action.extend({ on_column: z.string() }).optional(),
});
export type PolicyBody = z.infer<typeof policyBody>;
export const shownPolicy = z.looseObject({ name: z.string(), id: z.string() });
export const policyParams = z.object({ type: z.string(), full_name: z.string() });
