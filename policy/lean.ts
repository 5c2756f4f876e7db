/**
 * Makes the pack quick. Importing it does three things, before anything else imports the Pulumi SDK:
 *
 * - The SDK serializes closures with npm's dependency resolver and the TypeScript compiler, and loads both at once: two thirds of what the
 *   SDK takes to load, for something no policy does. Here each is loaded when it is first used.
 * - Compiled code is kept between starts, where Node keeps it or NODE_COMPILE_CACHE says.
 * - Properties are read once for all policies (sdk.ts).
 *
 * They only save time: where the SDK is laid out differently, or the cache cannot be written, the pack starts as it would without.
 */
import { constants, createRequire, enableCompileCache, flushCompileCache, Module } from "node:module";
import { readOnce } from "./sdk.ts";

/** Packages that only the SDK's closure serialization needs. */
const LATER = ["@npmcli/arborist", "normalize-package-data", "@pulumi/pulumi/typescript-shim"];

/** Puts stand-ins for `names` into the module cache, as the SDK's file `user` would find them. */
export function loadLater(user: string, names: readonly string[]): void {
  const require = createRequire(user);
  for (const name of names) {
    const file = require.resolve(name);
    if (require.cache[file] !== undefined) continue;
    let loaded: { exports: unknown } | undefined;
    const load = (): Record<PropertyKey, unknown> => {
      if (loaded === undefined) {
        delete require.cache[file];
        loaded = { exports: require(name) };
      }
      return loaded.exports as Record<PropertyKey, unknown>;
    };
    const standIn = new Module(file);
    standIn.filename = file;
    standIn.loaded = true;
    // As an ES module's exports: the SDK's import helpers then pass it on whole instead of copying each property.
    standIn.exports = new Proxy(
      {},
      {
        get: (_, key) => (key === "__esModule" ? true : (load()[key] ?? (key === "default" ? load() : undefined))),
        has: (_, key) => key in load(),
      },
    );
    require.cache[file] = standIn;
  }
}

// The CLI ends a pack by a signal, and Node writes the cache only at an orderly exit.
if (enableCompileCache().status !== constants.compileCacheStatus.DISABLED) setTimeout(flushCompileCache, 0).unref();

try {
  const require = createRequire(import.meta.url);
  loadLater(createRequire(require.resolve("@pulumi/policy")).resolve("@pulumi/pulumi"), LATER);
  readOnce(require);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
}
