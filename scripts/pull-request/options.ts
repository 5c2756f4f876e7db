/** The arguments of `npm run pull-request`. */
import { parseArgs } from "node:util";

export const USAGE = `npm run pull-request -- preview --stack S --output FILE [-- flags of pulumi preview]
  previews the stack with the policy pack and writes what it changes and violates as JSON; exit status: the preview's
npm run pull-request -- comment [parts] [flags]
  --preview FILE      what \`preview\` wrote
  --tests FOLDER      reports of \`npm test -- --report FILE\`, one for each job
  --data-diff FILE    what \`npm run data-diff -- --format markdown --output FILE\` wrote
  --environment FILE  what \`npm run environment -- up\` wrote
  --artifacts URL     where the page of the run and the reports are
  --commit SHA        what was checked
  --output FILE       writes the comment there; without it and --publish to the terminal
  --publish KEY       makes or updates the comment that KEY marks, on GitHub, GitLab or Azure DevOps
In a job of GitHub Actions, \`comment\` also writes the step summary, and violations and failing tests as annotations.`;

export class UsageError extends Error {}

export interface PreviewOptions {
  command: "preview";
  stack: string;
  output: string;
  flags: readonly string[];
}
export interface CommentOptions {
  command: "comment";
  preview?: string | undefined;
  tests?: string | undefined;
  "data-diff"?: string | undefined;
  environment?: string | undefined;
  artifacts?: string | undefined;
  commit?: string | undefined;
  output?: string | undefined;
  publish?: string | undefined;
}

/** @throws UsageError naming what is wrong and what would be right */
export function parseOptions(args: readonly string[]): PreviewOptions | CommentOptions | "help" {
  const [command, ...rest] = args;
  if (command === "--help" || command === "help") return "help";
  if (command === "preview") return previewOptions(rest);
  if (command === "comment") return commentOptions(rest);
  throw new UsageError(
    `${command === undefined ? "A command is missing" : `There is no command '${command}'`}: preview or comment.`,
  );
}

const text = { type: "string" } as const;

function previewOptions(args: readonly string[]): PreviewOptions {
  const { values, positionals } = read(() =>
    parseArgs({ args: [...args], allowPositionals: true, options: { stack: text, output: text } }),
  );
  if (!values.stack || !values.output) throw new UsageError("preview needs --stack NAME and --output FILE.");
  return { command: "preview", stack: values.stack, output: values.output, flags: positionals };
}

function commentOptions(args: readonly string[]): CommentOptions {
  const options = {
    preview: text,
    tests: text,
    "data-diff": text,
    environment: text,
    artifacts: text,
    commit: text,
    output: text,
    publish: text,
  };
  const { values } = read(() => parseArgs({ args: [...args], options }));
  const parts = [values.preview, values.tests, values["data-diff"], values.environment];
  if (parts.every((part) => part === undefined))
    throw new UsageError("comment needs at least one of --preview, --tests, --data-diff and --environment.");
  if (values.artifacts !== undefined && !URL.canParse(values.artifacts))
    throw new UsageError(`--artifacts is '${values.artifacts}': it must be a URL.`);
  return { command: "comment", ...values };
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
