/** Shapes of the workspace service. */
import { z } from "zod";

export const language = z.enum(["PYTHON", "SQL", "SCALA", "R"]);
export const importFormat = z.enum(["SOURCE", "HTML", "JUPYTER", "DBC", "R_MARKDOWN", "AUTO", "RAW"]);
export const exportFormat = z.enum(["SOURCE", "HTML", "JUPYTER", "DBC", "R_MARKDOWN", "AUTO", "RAW"]);

/** In multipart forms everything is text. */
const flag = z
  .union([
    z.boolean(),
    z.enum(["true", "false", "True", "False", "1", "0"]).transform((text) => /^(true|1)$/i.test(text)),
  ])
  .optional();

export const importBody = z.object({
  path: z.string(),
  format: importFormat.optional(),
  language: language.optional(),
  content: z.string().optional().meta({ description: "Base64" }),
  overwrite: flag,
});
export const pathBody = z.object({ path: z.string() });
export const deleteBody = z.object({ path: z.string(), recursive: flag });
export const statusQuery = z.object({ path: z.string(), return_export_info: flag });
export const listQuery = z.object({ path: z.string(), notebooks_modified_after: z.coerce.number().optional() });
export const exportQuery = z.object({
  path: z.string(),
  format: exportFormat.optional(),
  direct_download: flag,
  outputs: z.string().optional(),
});
export const importFileQuery = z.object({ overwrite: flag });

export const objectInfo = z.looseObject({
  object_id: z.number(),
  object_type: z.enum(["DIRECTORY", "NOTEBOOK", "FILE", "DASHBOARD", "ALERT"]),
  path: z.string(),
  resource_id: z.string(),
  language: language.optional(),
  created_at: z.number().optional(),
  modified_at: z.number().optional(),
  size: z.number().optional(),
});
export const objectList = z.object({ objects: z.array(objectInfo).optional() });
