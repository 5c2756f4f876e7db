/** Installs a program's npm packages with the package manager that Pulumi.yaml or the lock file names. */
import type { InstallDependenciesRequest, InstallDependenciesResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { start } from "./children.ts";
import { detectPackageManager, type PackageManager, readOptions } from "./options.ts";
import { grpc, language } from "./sdk.ts";

type InstallCall = import("@grpc/grpc-js").ServerWritableStream<
  InstallDependenciesRequest,
  InstallDependenciesResponse
>;

const ARGS: Record<PackageManager, string[]> = {
  npm: ["install", "--loglevel=error"],
  yarn: ["install"],
  pnpm: ["install"],
  bun: ["install"],
};

export function installDependencies(call: InstallCall): void {
  const say = (stream: "out" | "err", data: Buffer): void => {
    const part = new language.InstallDependenciesResponse();
    if (stream === "out") part.setStdout(data);
    else part.setStderr(data);
    call.write(part);
  };
  const fail = (message: string): void => {
    call.destroy(Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message }));
  };
  const request = call.request;
  const dir = request.getInfo()?.getProgramDirectory() || request.getDirectory();
  let manager: PackageManager;
  try {
    manager = readOptions(request.getInfo()?.getOptions()?.toJavaScript()).packageManager ?? detectPackageManager(dir);
  } catch (error) {
    fail((error as Error).message);
    return;
  }
  say("out", Buffer.from("Installing dependencies...\n\n"));
  const child = start(manager, ARGS[manager], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout!.on("data", (data: Buffer) => say("out", data));
  child.stderr!.on("data", (data: Buffer) => say("err", data));
  child.on("error", (error) => {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    fail(
      missing
        ? `could not find ${manager} on the $PATH; install it, or change the option 'packagemanager'`
        : error.message,
    );
  });
  child.on("close", (code) => {
    if (call.destroyed) return;
    if (code !== 0) {
      fail(`${manager} install failed in ${dir}: exit status ${code}`);
      return;
    }
    say("out", Buffer.from("Finished installing dependencies\n\n"));
    call.end();
  });
  call.on("cancelled", () => child.kill("SIGINT"));
}
