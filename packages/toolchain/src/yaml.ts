/** Pulumi's language host for YAML, which runs the tests' programs in that language: beside the CLI, on PATH, or built from Go modules. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, contentsOf, keyOf } from "./cache.ts";
import { ensureGo, GoBuild } from "./go.ts";
import { onPath, type Progress } from "./process.ts";

const HOST = "pulumi-language-yaml";

/** The folder of the language host, to be put on the PATH of the CLI `pulumi`. */
export async function ensureYamlHost(pulumi: string, progress: Progress = () => undefined): Promise<string> {
  // The vendor's download brings it.
  if (existsSync(join(dirname(pulumi), HOST))) return dirname(pulumi);
  const found = onPath(HOST, process.env.PATH);
  if (found) return dirname(found);
  const sources = contentsOf(join(import.meta.dirname, "go", "yaml"));
  const part = { name: "yaml", key: keyOf(...sources, process.platform, process.arch), title: "YAML language host" };
  return cached(part, progress, async (making) => {
    const module = new GoBuild(await ensureGo(making.progress), "yaml", making, part.title);
    await module.build("github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", join(making.dir, HOST));
  });
}
