/** The arguments of `npm run deploy`. */
import { parseArgs } from "node:util";

export const USAGE = `npm run deploy -- --stack S [flags] [-- flags of pulumi up]
  (neither)          previews with the policy pack, then updates with it
  --save-plan DIR    previews only, and writes the plan and what it does into DIR, to be looked at and approved
  --plan DIR         updates what the plan in DIR says and nothing else: refuses when the preview is not what it was
  --help             this text
The policy pack runs each time; a mandatory violation stops the command before the first resource.`;

export class UsageError extends Error {}

export interface DeployOptions {
  stack: string;
  savePlan?: string | undefined;
  plan?: string | undefined;
  flags: readonly string[];
}

/** @throws UsageError naming the flag, what it got and what is allowed */
export function parseOptions(args: readonly string[]): DeployOptions | "help" {
  const text = { type: "string" } as const;
  try {
    const options = { stack: text, "save-plan": text, plan: text, help: { type: "boolean" } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (values.help) return "help";
    if (!values.stack) throw new UsageError("--stack NAME is missing.");
    if (values["save-plan"] !== undefined && values.plan !== undefined)
      throw new UsageError("--save-plan writes a plan and --plan runs one: give one of them.");
    for (const name of ["save-plan", "plan"] as const)
      if (values[name] === "") throw new UsageError(`--${name} is empty: it must be a folder.`);
    return { stack: values.stack, savePlan: values["save-plan"], plan: values.plan, flags: positionals };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}
