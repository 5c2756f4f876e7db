/**
 * Logs the Pulumi CLI in to Pulumi Cloud with the identity of this workflow's run: GitHub's token for the audience that Pulumi wants is
 * exchanged for one of Pulumi's that lasts an hour. Nothing is stored in the repository's secrets.
 * node scripts/ci/login.ts --org NAME
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureToolchain } from "lakehouse-toolchain";
import { runPulumi } from "../stack/stack.ts";

async function identity(organization: string): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url || !token)
    throw new Error("This job may not ask for an identity: give it the permission `id-token: write`.");
  const asked = new URL(url);
  asked.searchParams.set("audience", `urn:pulumi:org:${organization}`);
  const response = await fetch(asked, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`GitHub answered ${response.status} when asked for this run's identity.`);
  return ((await response.json()) as { value: string }).value;
}

const dir = mkdtempSync(join(tmpdir(), "identity-"));
try {
  const { values } = parseArgs({ options: { org: { type: "string" } } });
  if (!values.org) throw new Error("login.ts needs --org NAME");
  const file = join(dir, "token");
  writeFileSync(file, await identity(values.org), { mode: 0o600 });
  const tools = await ensureToolchain({ parts: ["pulumi"], onProgress: (line) => process.stderr.write(`${line}\n`) });
  const args = ["login", "--oidc-token", `file://${file}`, "--oidc-org", values.org, "--oidc-expiration", "1h"];
  process.exitCode = await runPulumi(tools, { ...process.env, ...tools.pulumiEnv }, [...args, "--non-interactive"]);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
