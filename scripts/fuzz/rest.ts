/** Sends requests to a workspace without an engine, one after the other, and keeps those that it failed to answer. */
import { Agent, request as send } from "node:http";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { Random } from "../random.ts";
import { type FuzzRequest, nounOf, type OpenApi, Requests, type Route, routesOf } from "./requests.ts";

/** Longer than anything here takes, in ms. */
const PATIENCE = 15_000;
/** Requests to one workspace: what they have made or broken in it must not hide routes for ever. */
const TURN = 5_000;
/** Prime, so that every route has its turn, in an order other than that of the description. */
const STEP = 7919;

export interface Finding {
  readonly what: string;
  /** How to repeat it. */
  readonly how: string;
}

export interface Tally {
  requests: number;
  readonly routes: Set<string>;
  /** Routes that have answered 2xx. */
  readonly served: Set<string>;
  readonly statuses: Map<number, number>;
  readonly findings: Map<string, Finding & { times: number }>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One connection to a workspace. */
export class Turn {
  readonly #at: { readonly host: string; readonly token: string };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(host: string, token: string) {
    this.#at = { host, token };
  }

  send({ method, path, headers, body, anonymous }: FuzzRequest): Promise<Answer | "hang" | "closed"> {
    const { hostname, port } = new URL(this.#at.host);
    const authorization = anonymous ? {} : { authorization: `Bearer ${this.#at.token}` };
    return new Promise((resolve) => {
      const sent = send({
        ...{ hostname, port, method, path, agent: this.#agent, timeout: PATIENCE },
        headers: { ...headers, ...authorization, ...(body === undefined ? {} : { "content-length": body.length }) },
      });
      sent.on("response", (got) => {
        const parts: Buffer[] = [];
        got.on("data", (part: Buffer) => parts.push(part));
        got.on("end", () => resolve({ status: got.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
        got.on("error", () => resolve("closed"));
      });
      sent.on("timeout", () => {
        resolve("hang");
        sent.destroy();
      });
      sent.on("error", () => resolve("closed"));
      sent.end(body);
    });
  }

  async alive(): Promise<boolean> {
    const me = { route: "", method: "GET", path: "/api/2.0/preview/scim/v2/Me", headers: {}, body: undefined };
    const answer = await this.send({ ...me, anonymous: false });
    return typeof answer === "object" && answer.status === 200;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** As a shell takes it; HOST and TOKEN stand for the workspace's. */
export function curl({ method, path, headers, body, anonymous }: FuzzRequest): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const all = { ...headers, ...(anonymous ? {} : { authorization: "Bearer TOKEN" }) };
  const flags = Object.entries(all).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const data = body === undefined ? [] : ["--data-binary", "@-"];
  const command = ["curl", "--path-as-is", "-X", method, ...flags, ...data, quoted(`HOST${path}`)].join(" ");
  return body === undefined ? command : `base64 -d <<< '${body.toString("base64")}' | ${command}`;
}

/** 501 says that the workspace lacks something, 503 that there is no engine. */
const isFailure = ({ status }: Answer): boolean => status >= 500 && status !== 501 && status !== 503;

function note(tally: Tally, what: string, request: FuzzRequest): void {
  const key = `${request.route}: ${what}`;
  const found = tally.findings.get(key);
  if (found) found.times++;
  else tally.findings.set(key, { what: key, how: curl(request), times: 1 });
}

export const noTally = (): Tally => ({
  requests: 0,
  routes: new Set(),
  served: new Set(),
  statuses: new Map(),
  findings: new Map(),
});

/** @param until whether to go on, by the number of requests so far */
export async function fuzzRest(seed: number, until: (done: number) => boolean): Promise<Tally> {
  const tally = noTally();
  for (let turn = 0; until(tally.requests); turn++) {
    const workspace = await LocalWorkspace.start({ engine: false });
    const { api, token } = workspace;
    try {
      const routes = routesOf(await api.get<OpenApi>("/api/2.0/openapi.json"));
      const requests = new Requests(new Random(seed, `turn ${turn}`));
      await take(new Turn(api.host, token), routes, requests, tally, until);
    } finally {
      await workspace.remove();
    }
  }
  return tally;
}

/** Sends a turn's requests, or fewer when this client can do nothing more. */
export async function take(
  turn: Turn,
  routes: readonly Route[],
  requests: Requests,
  tally: Tally,
  until: (done: number) => boolean,
): Promise<void> {
  for (let at = 0; at < TURN && until(tally.requests); at++) {
    const request = requests.of(routes[(at * STEP) % routes.length]!);
    const answer = await turn.send(request);
    tally.requests++;
    tally.routes.add(request.route);
    const what = failureOf(answer);
    if (what !== undefined) note(tally, what, request);
    if (typeof answer === "object") {
      tally.statuses.set(answer.status, (tally.statuses.get(answer.status) ?? 0) + 1);
      if (answer.status < 300) {
        tally.served.add(request.route);
        learn(requests, request.route, answer.text);
      }
      // A request may have taken away this client's own rights.
      if (answer.status !== 401 && answer.status !== 403) continue;
    }
    if (await turn.alive()) continue;
    if (answer === "closed") note(tally, "the workspace ended", request);
    break;
  }
  turn.close();
}

function failureOf(answer: Answer | "hang" | "closed"): string | undefined {
  if (answer === "hang") return `no answer in ${PATIENCE / 1000} s`;
  if (answer === "closed") return undefined; // as a server answers what is no HTTP
  return isFailure(answer) ? `${answer.status} ${answer.text.slice(0, 300)}` : undefined;
}

function learn({ values }: Requests, route: string, text: string): void {
  try {
    const answer: unknown = JSON.parse(text);
    values.learn(answer);
    values.learnNames(answer, nounOf(route));
  } catch {
    // a page, or a file's content
  }
}
