/** `npm run docs`: writes the pages that are generated, from the parser's registry, the policy pack and an update of both pipelines. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureToolchain } from "lakehouse-toolchain";

const ROOT = join(import.meta.dirname, "..", "..");
const tools = await ensureToolchain({
  tests: true,
  parts: ["python", "engine"],
  onProgress: (line: string) => process.stdout.write(`${line}\n`),
});
const writers: [page: string, command: string, script: string][] = [
  ["docs/lakeflow-sql.md", tools.python, "scripts/docs/lakeflow_sql.py"],
  ["docs/sql-functions.md", tools.python, "scripts/docs/sql_functions.py"],
  ["docs/lakeflow-python.md", tools.python, "scripts/docs/lakeflow_python.py"],
  ["docs/endpoints.md", process.execPath, "scripts/docs/endpoints.ts"],
  ["docs/policies.md", process.execPath, "scripts/docs/policies.ts"],
  ["docs/components.md", process.execPath, "scripts/docs/components.ts"],
  ["docs/settings.md", process.execPath, "scripts/docs/settings.ts"],
  [
    "packages/engine/src/lakehouse_engine/contract.py, docs/architecture.md",
    process.execPath,
    "scripts/docs/protocol.ts",
  ],
  ["docs/data.md", tools.python, "scripts/docs/data_page.py"],
];
const env = { ...process.env, ...tools.engineEnv };
let failed = 0;
for (const [page, command, script] of writers) {
  const { status, error } = spawnSync(command, [script], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], env });
  process.stdout.write(`${status === 0 ? "written" : "FAILED "} ${page}${error ? `: ${error.message}` : ""}\n`);
  if (status !== 0) failed += 1;
}
process.exit(failed > 0 ? 1 : 0);
