/** The packages of a serverless notebook: a field of an .ipynb document, inline script metadata at the top of a source.
 *  https://docs.databricks.com/aws/en/compute/serverless/dependencies
 *  https://packaging.python.org/en/latest/specifications/inline-script-metadata/ */
import { parse, stringify } from "smol-toml";
import { z } from "zod";

/** What the Environment pane of a serverless notebook stores. */
const Environment = z.object({
  environment_version: z.string().optional(),
  base_environment: z.string().optional(),
  dependencies: z.array(z.string()).default([]),
});
export type Environment = z.infer<typeof Environment>;

const Block = z.object({ tool: z.object({ databricks: z.object({ environment: Environment }) }) });

/** The environment as lines below the header of a source; `mark` begins a comment of its language. */
export function environmentBlock(mark: string, given: unknown): string {
  const environment = Environment.safeParse(given).data;
  if (!environment || (environment.dependencies.length === 0 && !environment.base_environment)) return "";
  const table = stringify({ tool: { databricks: { environment } } }).trimEnd();
  return ["/// script", ...table.split("\n"), "///"].map((line) => `${`${mark} ${line}`.trimEnd()}\n`).join("");
}

/** The environment at the top of what follows the header, and the source below it. A block that is no environment, or
 *  no TOML, stays in the source. */
export function splitEnvironment(mark: string, source: string): { environmentMetadata?: Environment; body: string } {
  const block = new RegExp(`^\\s*${mark} /// script *\\r?\\n((?:${mark}.*\\n)*?)${mark} /// *\\r?(?:\\n|$)`).exec(
    source,
  );
  if (!block) return { body: source };
  const environmentMetadata = parsed((block[1] ?? "").replaceAll(new RegExp(`^${mark} ?`, "gm"), ""));
  return environmentMetadata ? { environmentMetadata, body: source.slice(block[0].length) } : { body: source };
}

function parsed(toml: string): Environment | undefined {
  try {
    return Block.safeParse(parse(toml)).data?.tool.databricks.environment;
  } catch {
    return undefined;
  }
}
