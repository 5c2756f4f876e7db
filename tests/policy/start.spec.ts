/** What the pack loads when it starts. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT } from "./cli.ts";

const POLICY = join(ROOT, "policy");

/** Runs a script in a folder and reads the JSON that it prints last. */
function evaluate(script: string, cwd = POLICY): unknown {
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd,
    encoding: "utf8",
  });
  return JSON.parse(said.trim().split("\n").pop()!);
}

/** Files of the packages that only closure serialization needs, once the pack is up. */
const LOADED = `
  import { createRequire } from "node:module";
  const files = () => Object.entries(createRequire(import.meta.url).cache)
    .filter(([file, { children }]) => /arborist|normalize-package-data|pacote/.test(file) && children.length > 0)
    .map(([file]) => file);
`;

describe("the start of the policy pack", () => {
  it("is what Pulumi finds: package.json's main, which answers with a port", async () => {
    const start = createRequire(join(ROOT, "index.ts")).resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const child = spawn(process.execPath, [start, "127.0.0.1:1", POLICY], { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    const said = await new Promise<string>((resolve) => {
      child.stdout.once("data", (data: Buffer) => resolve(data.toString()));
      child.once("exit", (code) => resolve(`it ended with status ${code}: ${errors}`));
    });
    child.kill();
    assert.match(said, /^\d+\n$/);
  });

  it("does not load npm's dependency resolver, which takes longer than everything else together", () => {
    assert.deepEqual(
      evaluate(`${LOADED} await import("./main.js"); console.log(JSON.stringify(files())); process.exit()`),
      [],
    );
    // without the pack's first import the same start does load it: the check above can fail
    const plainly = evaluate(
      `${LOADED} await import("./index.ts"); console.log(JSON.stringify(files())); process.exit()`,
    );
    assert.ok((plainly as string[]).length > 10);
  });

  it("still gives closure serialization the packages it asks for", () => {
    const sdk = createRequire(createRequire(join(POLICY, "main.js")).resolve("@pulumi/policy"));
    const codePaths = sdk.resolve("@pulumi/pulumi/runtime/closure/codePaths");
    const found = evaluate(
      `
      import ${JSON.stringify(join(POLICY, "lean.ts"))};
      import { createRequire } from "node:module";
      const paths = await createRequire(import.meta.url)(${JSON.stringify(codePaths)}).computeCodePaths();
      console.log(JSON.stringify([...paths.keys()])); process.exit()`,
      ROOT,
    ) as string[];
    assert.ok(found.includes(join("node_modules", "zod")), `${found.length} paths`);
  });
});
