/** Every setting on the page, set by the real CLI as the page says. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureToolchain } from "lakehouse-toolchain";
import { DOCS_FILE, render, settingsOf } from "../../scripts/docs/settings.ts";
import { parseSettings } from "../../settings.ts";

/** Value at `alerts[0]` or `schedule.cron`. */
const valueAt = (settings: object, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter((part) => part !== "")
    .reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], settings);

/** What a stack of that kind of compute leaves out here: no stack has both halves. */
const WITHOUT: Readonly<Record<string, readonly string[]>> = {
  serverless: ["existingCatalog"],
  classic: ["storageRoot", "workspaceIds[0]", "personalData.tagPolicy"],
};

describe("settings on docs/settings.md", () => {
  it("are what `npm run docs` writes now", () => {
    assert.equal(readFileSync(DOCS_FILE, "utf8"), render());
  });

  it("each have a description, what is allowed, and an example", () => {
    for (const { path, description, allowed, example } of settingsOf())
      assert.ok(description && allowed && example !== undefined, path);
  });

  it("can each be set to their example with `pulumi config set --path`", async () => {
    const { pulumi, pulumiEnv } = await ensureToolchain({ parts: ["pulumi"], onProgress: () => {} });
    const dir = mkdtempSync(join(tmpdir(), "olist-settings-"));
    const env = {
      ...process.env,
      ...pulumiEnv,
      PULUMI_BACKEND_URL: `file://${dir}`,
      PULUMI_CONFIG_PASSPHRASE: "x",
    };
    const run = (...args: string[]): string => execFileSync(pulumi, args, { cwd: dir, env, encoding: "utf8" });
    try {
      writeFileSync(join(dir, "Pulumi.yaml"), "name: olist-lakehouse\nruntime: nodejs\n");
      for (const stack of ["serverless", "classic"]) {
        const settings = settingsOf().filter(({ path, description }) => {
          if (WITHOUT[stack]!.includes(path)) return false;
          const [, kind] = /\(kind `(\w+)`\)$/.exec(description ?? "") ?? [];
          return kind === undefined || kind === stack;
        });
        const wanted = settings.map(({ path, example }) => ({
          path,
          value: path === "compute.kind" ? stack : String(example),
        }));
        run("stack", "init", stack);
        run(
          "config",
          "set-all",
          "--stack",
          stack,
          "--path",
          ...wanted.flatMap(({ path, value }) => ["--plaintext", `${path}=${value}`]),
        );
        const config = JSON.parse(run("config", "--json", "--stack", stack)) as Record<string, { value: string }>;
        const values = Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value]));
        const parsed = parseSettings({ project: "olist-lakehouse", stack, values });
        for (const { path, value } of wanted) assert.equal(String(valueAt(parsed, path)), value, path);
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
