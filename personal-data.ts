/** Personal data: masked for everyone but those who need it, by the declaration that the notebooks read, too. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { sdk } from "./components/databricks.ts";
import { SensitiveData, type Task } from "./components/index.ts";
import type { Settings } from "./settings.ts";

interface Declaration {
  tag: { key: string };
  columns: { column: string; kind: string }[];
  unparsed: { column: string; kind: string }[];
  /** SQL expression of what others see, by kind. */
  masks: Record<string, string>;
  /** `<schema>.<table>`. */
  tables: string[];
}

export const DECLARED = JSON.parse(
  readFileSync(join(import.meta.dirname, "notebooks", "olist", "personal_data.json"), "utf8"),
) as Declaration;

export interface PersonalDataArgs {
  settings: Settings;
  dataStewards: pulumi.Input<string> | undefined;
  catalog: pulumi.Input<string>;
  /** `<catalog>.<schema>` for the functions of the masks. */
  functions: pulumi.Input<string>;
  warehouseId: pulumi.Input<string>;
  protectData: boolean;
}

/**
 * Masks and policies. The columns get their tags from the job's task `protect`, since the pipelines make the tables.
 * Stewards see the data, and who runs the pipelines, which must compute on it.
 */
export function personalData({
  settings,
  dataStewards,
  protectData,
  ...args
}: PersonalDataArgs): SensitiveData<string> {
  const runsPipelines = settings.runAs ?? sdk.getCurrentUserOutput({}).userName;
  return new SensitiveData("personal-data", {
    on: { catalog: args.catalog },
    functions: args.functions,
    warehouseId: args.warehouseId,
    tagKey: DECLARED.tag.key,
    tagPolicy: settings.personalData?.tagPolicy ?? false,
    kinds: Object.fromEntries(Object.entries(DECLARED.masks).map(([kind, mask]) => [kind, { mask }])),
    exempt: [...(dataStewards ? [dataStewards] : []), runsPipelines],
    protectData,
  });
}

/**
 * Tags the columns of the tables that the tasks `after` make. Whatever became of these: what they have made is masked, then
 * the task fails as they did.
 */
export const protectTask = <const Key extends string>(
  catalog: pulumi.Input<string>,
  after: readonly Key[],
): Task<Key> => ({
  description: "Tags the columns with personal data, which the masks go by",
  dependsOn: after,
  runIf: "ALL_DONE",
  retries: { max: 1 },
  notebook: {
    notebookPath: "operations/protect",
    baseParameters: { catalog, upstream: after.map((key) => `{{tasks.${key}.result_state}}`).join(",") },
  },
});
