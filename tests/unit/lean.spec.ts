/** What settings/lean.ts puts off is there when it is needed: each case runs a script with it and one without. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** What a script prints that is run as Pulumi's program runner runs a program. */
function run(script: string, lean: boolean): string {
  const started = `import { createRequire } from "node:module";
    const require = createRequire(${JSON.stringify(join(ROOT, "package.json"))});
    require("source-map-support/register");
    await require("@pulumi/pulumi/runtime/closure/v8Hooks").isInitializedAsync();
    const pulumi = require("@pulumi/pulumi");
    const { isProxy } = require("node:util/types");
    const resolve = require("node:module").createRequire(require.resolve("@pulumi/pulumi")).resolve;
    const loaded = (name) => !isProxy(require.cache[resolve(name)].exports);
    ${script}`;
  const flags = lean ? ["--require", "./settings/lean.ts"] : [];
  return execFileSync(process.execPath, [...flags, "--input-type=module", "--eval", started], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

const both = (script: string): [lean: string, plain: string] => [run(script, true), run(script, false)];

describe("a lean start of the program", () => {
  it("loads neither the compiler nor npm's resolver", () => {
    const script = `console.log(loaded("@pulumi/pulumi/typescript-shim"), loaded("@npmcli/arborist"), typeof pulumi.output);`;
    assert.deepEqual(both(script), ["false false function\n", "true true function\n"]);
  });

  it("serializes functions as without it", () => {
    const script = `const { join } = await import("node:path");
      const names = { of: pulumi.output("state") };
      const made = await pulumi.runtime.serializeFunction(async (id) => join(id, names.of.get()));
      console.log(made.text, made.exportName);`;
    const [lean, plain] = both(script);
    assert.match(lean, /exports\.handler/);
    assert.equal(lean, plain);
  });

  it("finds the packages that a serialized function needs", () => {
    const script = `const paths = await pulumi.runtime.computeCodePaths();
      console.log([...paths.keys()].sort().join());`;
    const [lean, plain] = both(script);
    assert.match(lean, /node_modules\/zod/);
    assert.equal(lean, plain);
  });

  it("names the place of a function that cannot be serialized", () => {
    const script = `const { notSerializable } = require("./tests/unit/not-serializable.cjs");
      await pulumi.runtime.serializeFunction(notSerializable).catch((error) => console.log(error.message));`;
    const [lean, plain] = both(script);
    assert.match(lean, /not-serializable\.cjs/);
    assert.equal(lean, plain);
  });
});
