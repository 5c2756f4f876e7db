/**
 * Node loads this before Pulumi's program runner (`nodeargs` in Pulumi.yaml). It puts off what the Pulumi SDK does at every start for
 * programs that serialize functions or compile TypeScript, a quarter of a program's processor time:
 *
 * - The SDK loads the TypeScript compiler and npm's dependency resolver. Here each is loaded when it is first used.
 * - V8's debugger is attached, and hears of each script that is loaded. Here it is attached when a function is serialized.
 * - The SDK notes where each promise was made, and translates each frame through source maps. Node runs this program's TypeScript as it
 *   stands, so that V8's own traces name its lines.
 *
 * It only saves time: where the SDK is laid out differently, the program starts as it would without.
 */
import { createRequire, Module } from "node:module";
import { join } from "node:path";

/** Packages that only the serialization of functions needs. */
const LATER = ["@pulumi/pulumi/typescript-shim", "@npmcli/arborist", "normalize-package-data"];

interface Inspector {
  post(method: string, done: (error: Error | null) => void): void;
}
interface Hooks {
  isInitializedAsync(): Promise<void>;
  getSessionAsync(): Promise<Inspector>;
}

function putOff(load: NodeJS.Require): void {
  for (const name of LATER) standIn(load, load.resolve(name), () => load(name));
  standIn(load, load.resolve("source-map-support/register"), () => ({}));
  attachLater(load("@pulumi/pulumi/runtime/closure/v8Hooks") as Hooks);
}

/** Puts a module into the cache that becomes `make`'s result when a property is first read. */
function standIn({ cache }: NodeJS.Require, file: string, make: () => unknown): void {
  let made: Record<PropertyKey, unknown> | undefined;
  const real = (): Record<PropertyKey, unknown> => {
    if (made === undefined) {
      delete cache[file];
      made = make() as Record<PropertyKey, unknown>;
    }
    return made;
  };
  const module = new Module(file);
  module.filename = file;
  module.loaded = true;
  // As an ES module's exports: the SDK's import helpers then pass it on whole instead of copying each property.
  module.exports = new Proxy(
    {},
    {
      get: (_, key) => (key === "__esModule" ? true : (real()[key] ?? (key === "default" ? real() : undefined))),
      has: (_, key) => key in real(),
    },
  );
  cache[file] = module;
}

function attachLater(hooks: Hooks): void {
  const attach = hooks.getSessionAsync;
  let session: Promise<Inspector> | undefined;
  hooks.isInitializedAsync = async () => {};
  hooks.getSessionAsync = () => {
    session ??= attach().then(async (attached) => {
      // The SDK listens once the debugger is on; turned on again, it reports the scripts that are loaded by now.
      for (const method of ["Debugger.disable", "Debugger.enable"])
        await new Promise<void>((resolve, reject) =>
          attached.post(method, (error) => (error === null ? resolve() : reject(error))),
        );
      return attached;
    });
    return session;
  };
}

try {
  putOff(createRequire(createRequire(join(process.cwd(), "package.json")).resolve("@pulumi/pulumi")));
} catch (error) {
  if (!["MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"].includes((error as NodeJS.ErrnoException).code ?? ""))
    throw error;
}
