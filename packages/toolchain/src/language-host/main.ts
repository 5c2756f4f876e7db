/**
 * The Pulumi language host for Node, `pulumi-language-nodejs [flags] ENGINE_ADDRESS`: a gRPC server that the CLI starts, asks what a
 * program needs, and lets run it. For a CLI that was built from modules and therefore brings none.
 */
import type { handleUnaryCall, Server, UntypedServiceImplementation } from "@grpc/grpc-js";
import type {
  AboutRequest,
  GetProgramDependenciesRequest,
  GetRequiredPackagesRequest,
  GetRequiredPluginsRequest,
  RunRequest,
} from "@pulumi/pulumi/proto/language_pb.js";
import { followParent, stopAll } from "./children.ts";
import { installDependencies } from "./install.ts";
import { programDependencies, requiredPackages, requiredPlugins } from "./packages.ts";
import { runPlugin } from "./plugin.ts";
import { runProgram } from "./program.ts";
import { Empty, grpc, language, plugins, sdkVersion, service } from "./sdk.ts";

/** The engine's own limit for a message, in bytes. */
const MAX_MESSAGE = 400 * 1024 * 1024;
const engineAddress = process.argv.slice(2).find((arg) => !arg.startsWith("-")) ?? "";

/** A method that answers once: its error becomes the call's. */
function unary<Request, Response>(answer: (request: Request) => Response | Promise<Response>) {
  const handler: handleUnaryCall<Request, Response> = (call, done) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => done(null, response),
        (error: Error) => done({ code: grpc.status.UNKNOWN, details: error.message }),
      );
  };
  return handler as UntypedServiceImplementation[string];
}

const directory = (request: { getInfo(): { getProgramDirectory(): string } | undefined }): string =>
  request.getInfo()?.getProgramDirectory() || process.cwd();

const methods: UntypedServiceImplementation = {
  handshake: unary(() => new language.LanguageHandshakeResponse()),
  getPluginInfo: unary(() => {
    const info = new plugins.PluginInfo();
    info.setVersion(sdkVersion);
    return info;
  }),
  getRequiredPlugins: unary((request: GetRequiredPluginsRequest) => {
    const response = new language.GetRequiredPluginsResponse();
    response.setPluginsList(requiredPlugins(directory(request)));
    return response;
  }),
  getRequiredPackages: unary((request: GetRequiredPackagesRequest) => {
    const response = new language.GetRequiredPackagesResponse();
    response.setPackagesList(requiredPackages(directory(request)));
    return response;
  }),
  getProgramDependencies: unary((request: GetProgramDependenciesRequest) => {
    const response = new language.GetProgramDependenciesResponse();
    response.setDependenciesList(programDependencies(directory(request), request.getTransitivedependencies()));
    return response;
  }),
  about: unary((_: AboutRequest) => {
    const response = new language.AboutResponse();
    response.setExecutable(process.execPath);
    response.setVersion(process.version);
    return response;
  }),
  runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
  run: unary((request: RunRequest) => runProgram(request, engineAddress)),
  cancel: unary(async () => {
    await stopAll("SIGINT");
    return new Empty();
  }),
  runPlugin,
  installDependencies,
};

/** Code generation and packing belong to the vendor's host. */
function unsupported(name: string) {
  const error = {
    code: grpc.status.UNIMPLEMENTED,
    details: `This language host does not do '${name}'; use the vendor's pulumi-language-nodejs for it.`,
  };
  return (call: { destroy?: (error: Error) => void }, done?: (error: unknown) => void): void => {
    if (done) done(error);
    else call.destroy?.(Object.assign(new Error(error.details), error));
  };
}

for (const name of Object.keys(service)) methods[name] ??= unsupported(name) as never;

followParent();
const server: Server = new grpc.Server({
  "grpc.max_receive_message_length": MAX_MESSAGE,
  "grpc.max_send_message_length": MAX_MESSAGE,
});
server.addService(service as never, methods);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`); // the CLI waits for this line
});
