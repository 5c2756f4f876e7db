/** Runs plugins that are written for Node: policy packs, and component providers. */
import type { RunPluginRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { start } from "./children.ts";
import { readOptions } from "./options.ts";
import { locate, programEnv } from "./program.ts";
import { grpc, language } from "./sdk.ts";

export type PluginCall = import("@grpc/grpc-js").ServerWritableStream<
  RunPluginRequest,
  import("@pulumi/pulumi/proto/language_pb.js").RunPluginResponse
>;

export function runPlugin(call: PluginCall): void {
  const request = call.request;
  const info = request.getInfo();
  const dir = info?.getProgramDirectory() || request.getProgram();
  const analyzer = request.getKind() === "analyzer";
  let child: ReturnType<typeof start>;
  try {
    const options = readOptions(info?.getOptions()?.toJavaScript());
    const args = analyzer
      ? [locate(dir, "run-policy-pack"), ...request.getArgsList(), dir]
      : [locate(dir, "run-plugin"), dir, ...request.getArgsList()];
    child = start(process.execPath, [...options.nodeArgs, ...args], {
      cwd: analyzer ? dir : request.getPwd(),
      env: { ...programEnv(options), ...given(request.getEnvList()) },
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    call.destroy(
      Object.assign(error as Error, { code: grpc.status.FAILED_PRECONDITION, details: (error as Error).message }),
    );
    return;
  }
  child.stdout!.on("data", (data: Buffer) => {
    const part = new language.RunPluginResponse();
    part.setStdout(data);
    call.write(part);
  });
  child.stderr!.on("data", (data: Buffer) => {
    const part = new language.RunPluginResponse();
    part.setStderr(data);
    call.write(part);
  });
  child.on("error", (error) =>
    call.destroy(Object.assign(error, { code: grpc.status.INTERNAL, details: error.message })),
  );
  child.on("close", (code) => {
    const last = new language.RunPluginResponse();
    last.setExitcode(code ?? 1);
    call.write(last);
    call.end();
  });
  call.on("cancelled", () => child.kill("SIGINT"));
}

function given(variables: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(
    variables.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
  );
}
