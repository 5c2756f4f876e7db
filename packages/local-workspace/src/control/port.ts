/** Errors of the port that a workspace is to listen on, as sentences. */
import { createServer } from "node:net";
import { ControlError } from "./folder.ts";

export const DEFAULT_PORT = 4680;

/** @throws ControlError when another program listens there, before anything is started or built for nothing */
export async function refuseUsedPort(port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once("error", resolve);
    server.listen({ port, host: "127.0.0.1" }, () => resolve(undefined));
  });
  if (!error) return void (await new Promise((resolve) => server.close(resolve)));
  throw portError(error, port) ?? error;
}

/** What an error of listening means for the person who chose the port; nothing when it is another error. */
export function portError({ code, syscall }: NodeJS.ErrnoException, port: number): ControlError | undefined {
  if (code === "EADDRINUSE") {
    return new ControlError(
      `Port ${port} of 127.0.0.1 is in use by another program. Choose another with --port; 0 takes a free one.`,
    );
  }
  if (code === "EACCES" && syscall === "listen") {
    return new ControlError(`Port ${port} needs more permissions than you have. Choose one from 1024 with --port.`);
  }
  return undefined;
}
