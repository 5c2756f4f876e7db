/** The gRPC stubs of the Pulumi SDK: the program's own SDK, else this project's. */
import { createRequire } from "node:module";
import { join } from "node:path";

type Grpc = typeof import("@grpc/grpc-js");
export type Language = typeof import("@pulumi/pulumi/proto/language_pb.js");
type Empty = typeof import("google-protobuf/google/protobuf/empty_pb.js");
export type Plugins = typeof import("@pulumi/pulumi/proto/plugin_pb.js");

/** Resolves modules as a file in that folder would. */
export function requireFrom(dir: string): NodeJS.Require {
  return createRequire(join(dir, "package.json"));
}

function sdkRequire(): NodeJS.Require {
  for (const dir of [process.cwd(), import.meta.dirname]) {
    try {
      return createRequire(requireFrom(dir).resolve("@pulumi/pulumi"));
    } catch {
      // the next folder
    }
  }
  throw new Error("The Pulumi SDK (@pulumi/pulumi) was not found. Run `npm ci` in the project's folder.");
}

const load = sdkRequire();
export const grpc = load("@grpc/grpc-js") as Grpc;
export const language = load("@pulumi/pulumi/proto/language_pb.js") as Language;
export const plugins = load("@pulumi/pulumi/proto/plugin_pb.js") as Plugins;
export const { Empty } = load("google-protobuf/google/protobuf/empty_pb.js") as Empty;
export const service = (
  load("@pulumi/pulumi/proto/language_grpc_pb.js") as {
    LanguageRuntimeService: Record<string, { responseStream: boolean }>;
  }
).LanguageRuntimeService;
export const sdkVersion = (load("@pulumi/pulumi/package.json") as { version: string }).version;
