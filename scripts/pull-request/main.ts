/**
 * `npm run pull-request -- preview | comment`: what the workflows of GitHub, GitLab and Azure DevOps run for a pull request.
 * Each check writes its part to a file; `comment` puts the parts together. `--help` has the arguments.
 */
import { appendFileSync, existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onStack } from "../stack/place.ts";
import { PROJECT } from "../stack/stack.ts";
import { annotations } from "./annotations.ts";
import { hostOf } from "./hosts.ts";
import { markdown } from "./markdown.ts";
import type { Environment, Preview, PullRequest, TestResults } from "./model.ts";
import { type CommentOptions, type PreviewOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { previewStack } from "./preview.ts";

const note = (line: string): void => void process.stderr.write(`${line}\n`);

const NOTHING: Omit<Preview, "stack" | "errors"> = {
  project: PROJECT,
  ok: false,
  seconds: 0,
  unchanged: 0,
  changes: [],
  violations: [],
  exemptions: [],
};

async function preview({ stack, output, flags }: PreviewOptions): Promise<number> {
  // What fails before the preview, as settings that are refused, is as good a reason for the comment.
  const failed = (error: Error): Preview => ({ ...NOTHING, stack, errors: [error.message] });
  const found = await onStack(stack, (place) => previewStack(place, stack, flags)).catch(failed);
  writeFileSync(output, `${JSON.stringify(found, null, 2)}\n`);
  for (const error of found.errors) note(error);
  for (const { level, rule, message } of found.violations) note(`${level} ${rule}: ${message}`);
  return found.ok ? 0 : 1;
}

/** Reads the parts; one that its job did not write is named in the comment. */
function collect(options: CommentOptions): PullRequest {
  const missing: string[] = [];
  function part<T>(what: string, file: string | undefined, parse: (text: string) => T): T | undefined {
    if (file === undefined) return undefined;
    if (existsSync(file)) return parse(readFileSync(file, "utf8"));
    missing.push(what);
    return undefined;
  }
  const json = <T>(text: string): T => JSON.parse(text) as T;
  const reports = options.tests === undefined ? undefined : globSync("**/*.json", { cwd: options.tests }).sort();
  if (reports?.length === 0) missing.push("the tests");
  return {
    preview: part<Preview>("the preview", options.preview, json),
    tests: reports?.map((file) => json<TestResults>(readFileSync(join(options.tests!, file), "utf8"))),
    dataDiff: part("the data diff", options["data-diff"], (text) => text),
    environment: part<Environment>("the environment", options.environment, json),
    artifacts: options.artifacts,
    commit: options.commit,
    missing,
  };
}

async function comment(options: CommentOptions): Promise<number> {
  const pull = collect(options);
  const text = markdown(pull);
  if (options.output !== undefined) writeFileSync(options.output, text);
  else if (options.publish === undefined) process.stdout.write(text);
  if (process.env.GITHUB_STEP_SUMMARY) appendFileSync(process.env.GITHUB_STEP_SUMMARY, text);
  if (process.env.GITHUB_ACTIONS) for (const line of annotations(pull)) process.stdout.write(`${line}\n`);
  if (options.publish !== undefined) await hostOf(process.env).publish(options.publish, text);
  return 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(`${USAGE}\n`);
  else process.exitCode = options.command === "preview" ? await preview(options) : await comment(options);
} catch (error) {
  note((error as Error).message);
  if (error instanceof UsageError) note(`npm run pull-request -- --help shows the arguments`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
