/**
 * Previews a stack with the policy pack for a pull request, and writes what a reviewer wants to see as Markdown.
 * node scripts/ci/preview.ts --stack dev --output preview.md [-- more flags of pulumi preview]
 * Exit status: that of the preview, so that a violation fails the check.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";

/** A comment on GitHub holds 65,536 characters; the head and the fence need a few. */
const MOST_CHARACTERS = 60_000;
const ROOT = join(import.meta.dirname, "..", "..");

export function markdown(stack: string, code: number, output: string): string {
  const text = stripVTControlCharacters(output).trim();
  // The end holds the violations and the summary.
  const shown = text.length > MOST_CHARACTERS ? `…\n${text.slice(-MOST_CHARACTERS)}` : text;
  const fence = "`".repeat(Math.max(3, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  const verdict = code === 0 ? "went well; no mandatory policy is violated" : "failed";
  return `### Preview of stack \`${stack}\` ${verdict}\n\n<details${code === 0 ? "" : " open"}>\n<summary>pulumi preview</summary>\n\n${fence}text\n${shown}\n${fence}\n\n</details>\n`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { stack: { type: "string" }, output: { type: "string" } },
    allowPositionals: true,
  });
  if (!values.stack || !values.output) throw new Error("preview.ts needs --stack NAME and --output FILE");
  const policy = join(ROOT, "scripts", "policy.ts");
  const args = [policy, "--stack", values.stack, "--", "--color", "never", ...positionals];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.on("data", (data: Buffer) => {
      to.write(data);
      output += data.toString();
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  writeFileSync(values.output, markdown(values.stack, code, output));
  return code;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}
