/** What is decided before a request is one: whose host it names, what is no HTTP, how long a client may take to send it. */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import { ApiError } from "./errors.ts";

/** Headers that are not there after that many ms, and a body of which nothing comes for so long, are given up. */
export const PATIENCE = 30_000;

/** A part of a path: Databricks' names have up to 255 characters, of which each may take nine as %XX%XX%XX. */
export const LONGEST_PART = 255 * 9;

/** Names of this machine, by which a browser, too, reaches nothing but this machine. */
const OWN = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * A web page of another origin that lets its name mean 127.0.0.1 (DNS rebinding) sends its own name as Host.
 * @throws PERMISSION_DENIED for a name that is none of this machine's
 */
export function requireOwnHost(host: string | undefined): void {
  if (host === undefined || OWN.test(host)) return;
  throw new ApiError("PERMISSION_DENIED", `The local workspace answers to localhost and 127.0.0.1, not to '${host}'.`);
}

const PROBLEMS: Record<string, [status: number, message: string]> = {
  HPE_HEADER_OVERFLOW: [431, "the headers are longer than 16 KiB."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, `nothing of it arrived for ${PATIENCE / 1000} seconds.`],
};

/** Closes the connection of a body that does not go on; one that is slow, as a large upload's, is waited for. */
export function giveUpStalled(request: IncomingMessage, patience = PATIENCE): void {
  const { socket } = request;
  if (!(socket instanceof Socket)) return; // a test calls the routes without a connection
  let [read, stalls] = [socket.bytesRead, 0];
  const timer = setInterval(() => {
    if (request.complete) return clearInterval(timer);
    stalls = socket.bytesRead === read ? stalls + 1 : 0;
    read = socket.bytesRead;
    if (stalls < 2) return;
    clearInterval(timer);
    answerBroken(Object.assign(new Error("stalled"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket);
  }, patience / 2);
  timer.unref();
  request.once("close", () => clearInterval(timer));
}

/** Answers what is no HTTP in the shape of every other error. */
export function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.destroyed || !socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, why] = PROBLEMS[error.code ?? ""] ?? [400, "it is not valid HTTP."];
  const body = JSON.stringify(new ApiError("MALFORMED_REQUEST", `Could not read the request: ${why}`, { status }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
