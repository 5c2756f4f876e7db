/** `lakehouse diff CATALOG_A CATALOG_B`: exit status 0 when the data is the same, 2 when it differs, 1 when that cannot be said. */
import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { WorkspaceApi } from "../client.ts";
import { ControlError, findWorkspace } from "../control/index.ts";
import { compareCatalogs } from "../diff/compare.ts";
import { FORMATS, type Format, headline, render } from "../diff/render.ts";
import { requireWorkspace } from "./workspace.ts";

interface DiffOptions {
  dataDir: string;
  format: Format;
  output?: string;
  samples: number;
  ignoreColumn?: RegExp;
  ignoreDataset?: RegExp;
  mask?: RegExp;
}

export const DIFFERENT = 2;

function pattern(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`, "i");
  } catch (error) {
    throw new InvalidArgumentError(`It must be a regular expression: ${(error as Error).message}.`);
  }
}

function samples(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError("It must be a whole number up to 999.");
  return Number(text);
}

export function diffCommand(command: Command, finish: (status: number) => void): Command {
  return command
    .argument("<before>", "a catalog")
    .argument("<after>", "the catalog that it is compared with")
    .addOption(new Option("--format <format>", "how to show the differences").choices(FORMATS).default("text"))
    .option("--output <file>", "write there instead of to the terminal, which then gets one line")
    .option("--samples <number>", "rows shown of each dataset", samples, 5)
    .option("--ignore-column <regex>", "columns that differ between any two runs", pattern)
    .option("--ignore-dataset <regex>", "datasets (schema.table) to leave out; event logs always are", pattern)
    .option(
      "--mask <regex>",
      "columns whose values are not shown, beside those with a mask or a tag for personal data",
      pattern,
    )
    .action(async (before: string, after: string, options: DiffOptions) => finish(await diff(before, after, options)));
}

/** The workspace of the data folder, else the one that DATABRICKS_HOST and DATABRICKS_TOKEN name. */
async function workspace(options: DiffOptions): Promise<WorkspaceApi> {
  const { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token } = process.env;
  const found = await findWorkspace(options.dataDir);
  if (found) return found.api;
  if (host && token) return new WorkspaceApi(host, token);
  return (await requireWorkspace(options)).api;
}

async function diff(before: string, after: string, options: DiffOptions): Promise<number> {
  const api = await workspace(options);
  const found = await compareCatalogs(api, {
    before,
    after,
    samples: options.samples,
    ...(options.ignoreColumn ? { ignoreColumns: options.ignoreColumn } : {}),
    ...(options.ignoreDataset ? { ignoreDatasets: options.ignoreDataset } : {}),
    ...(options.mask ? { maskColumns: options.mask } : {}),
  }).catch((error: Error) => {
    throw new ControlError(`${before} and ${after} cannot be compared: ${error.message}`);
  });
  const text = render(found, options.format);
  if (options.output === undefined) process.stdout.write(text);
  else {
    try {
      writeFileSync(options.output, text);
    } catch (error) {
      throw new ControlError(`${options.output} cannot be written: ${(error as Error).message}`);
    }
    process.stdout.write(`${headline(found)} ${options.output} has the details.\n`);
  }
  return found.same ? 0 : DIFFERENT;
}
