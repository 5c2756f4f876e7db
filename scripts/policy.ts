/**
 * `npm run policy -- --stack NAME [-- PREVIEW FLAGS]`: previews a stack with the policy pack and its configuration. Stack `local` is previewed on
 * the local workspace; another stack with the backend and the Databricks credentials of the environment.
 * `--format sarif|json|markdown|text` writes a report of the violations, to `--output FILE` or the terminal. `--program DIR` previews another
 * Pulumi program, with the configuration of `--config FILE`.
 * With `--write-config FILE` it writes that configuration instead, for `pulumi preview --policy-pack policy --policy-pack-config FILE`.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { problemsOf } from "databricks-governance";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { preview } from "./policy/events.ts";
import { FORMATS, type Format, render } from "./policy/formats.ts";
import { packArgs, packConfig } from "./stack/pack.ts";
import { PROJECT_DIR } from "./stack/paths.ts";
import { onStack } from "./stack/place.ts";
import { runPulumi, STACK } from "./stack/stack.ts";

const USAGE =
  "npm run policy -- [--stack local|dev|pr|prod] [--format text|markdown|json|sarif [--output FILE]] [--program DIR [--config FILE]] [--write-config FILE] [-- flags of pulumi preview]";
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

interface Wanted {
  readonly format?: Format;
  readonly output?: string;
}

/** Previews with the pack, as the CLI shows it or as a report. The exit status is the preview's. */
async function check(
  tools: Toolchain,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  { format, output }: Wanted,
  where: { cwd: string; stack: string },
): Promise<number> {
  if (format === undefined)
    return runPulumi(tools, env, ["preview", ...args, ...(args.includes("--cwd") ? [] : ["--cwd", where.cwd])]);
  const { code, report } = await preview(tools.pulumi, args, { ...where, env });
  const text = render(format, report);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
  return code;
}

/** Another program: its own stack and credentials, the pack of this repository. */
async function otherProgram(
  dir: string,
  stack: string,
  config: string | undefined,
  flags: readonly string[],
  wanted: Wanted,
): Promise<number> {
  const cwd = resolve(dir);
  if (!existsSync(join(cwd, "Pulumi.yaml"))) throw new Error(`There is no Pulumi.yaml in ${cwd}`);
  const given: unknown = config === undefined ? {} : JSON.parse(readFileSync(config, "utf8"));
  const problems = problemsOf(given);
  if (problems.length > 0)
    throw new Error(`${config} cannot be used:\n${problems.map((one) => `  ${one}`).join("\n")}`);
  const tools = await ensureToolchain({ parts: ["pulumi"], onProgress: progress });
  const pack = [
    "--policy-pack",
    join(PROJECT_DIR, "policy"),
    ...(config === undefined ? [] : ["--policy-pack-config", resolve(config)]),
  ];
  const args = ["--non-interactive", ...pack, ...flags, "--stack", stack];
  return check(tools, { ...process.env, ...tools.pulumiEnv }, args, wanted, { cwd, stack });
}

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const options = { stack: text, "write-config": text, format: text, output: text, program: text, config: text };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const { stack = STACK, "write-config": file, format, output, program, config } = values;
  if (format !== undefined && !FORMATS.includes(format as Format))
    throw new UsageError(`There is no format '${format}'; there are: ${FORMATS.join(", ")}`);
  if (output !== undefined && format === undefined) throw new UsageError("--output needs --format");
  if (config !== undefined && program === undefined)
    throw new UsageError("--config is for --program; a stack of this project has policy/config/<stack>.json");
  const wanted: Wanted = { format: format as Format | undefined, output };
  if (program !== undefined) {
    if (values.stack === undefined) throw new UsageError("--program needs --stack, the stack of that program");
    return otherProgram(program, stack, config, positionals, wanted);
  }
  return onStack(stack, async ({ tools, env }) => {
    if (file !== undefined) {
      writeFileSync(file, `${JSON.stringify(await packConfig(tools, env, stack, positionals), null, 2)}\n`);
      return 0;
    }
    const pack = await packArgs(tools, env, stack, positionals);
    const args = ["--non-interactive", ...pack, ...positionals, "--stack", stack];
    return check(tools, env, args, wanted, { cwd: PROJECT_DIR, stack });
  });
}

class UsageError extends Error {}

try {
  process.exitCode = await main();
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  const wrongFlag = error instanceof UsageError || (code?.startsWith("ERR_PARSE_ARGS") ?? false);
  process.stderr.write(`${message}${wrongFlag ? `\n${USAGE}` : ""}\n`);
  process.exitCode = wrongFlag ? 2 : 1;
}
