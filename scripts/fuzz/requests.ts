/** Requests to the routes of an OpenAPI description. */
import type { Random } from "../random.ts";
import { type JsonSchema, Values } from "./values.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: JsonSchema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export interface FuzzRequest {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly anonymous: boolean;
}

export function routesOf({ paths }: OpenApi): Route[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const JSON_TYPE = { "content-type": "application/json" };

/** What a route is about: the last word of its path before the parameter, or before what is done with it. */
export function nounOf(path: string, parameter?: string): string {
  const words = path.split("/");
  const end = parameter === undefined ? words.length : words.indexOf(`{${parameter}}`);
  const before = words.slice(0, end).filter((word) => !word.startsWith("{") && !VERBS.has(word));
  return `/${(before.at(-1) ?? "").replace(/s$/, "")}`;
}
const VERBS = new Set(["create", "list", "get", "get-by-name", "update", "delete", "edit", "put"]);

/** Percent-encoded, now and then not: then only what no HTTP client can send is left out. */
function inPath(value: unknown, raw: boolean): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return raw ? text.replace(/[^\x21-\x7e]|[?#]/g, "_") : encodeURIComponent(text.toWellFormed());
}

export class Requests {
  readonly #random: Random;
  readonly values: Values;

  constructor(random: Random) {
    this.#random = random;
    this.values = new Values(random);
  }

  of(route: Route): FuzzRequest {
    const random = this.#random;
    const { parameters = [], requestBody } = route.operation;
    this.values.tame = random.chance(0.5);
    let path = route.path;
    for (const { name, schema = {} } of parameters.filter((one) => one.in === "path"))
      path = path.replace(`{${name}}`, () => this.#parameter(route.path, name, schema));
    const query = this.#query(parameters.filter((one) => one.in === "query"));
    const method = !this.values.tame && random.chance(0.05) ? random.of(METHODS) : route.method;
    const schema = Object.values(requestBody?.content ?? {})[0]?.schema;
    const { headers, body } = this.#body(schema, ["POST", "PUT", "PATCH", "DELETE"].includes(method));
    const anonymous = random.chance(0.01);
    return { route: `${route.method} ${route.path}`, method, path: `${path}${query}`, headers, body, anonymous };
  }

  #parameter(path: string, name: string, schema: JsonSchema): string {
    const random = this.#random;
    const known = this.values.known(nounOf(path, name)) ?? this.values.known(name);
    const value =
      known !== undefined && random.chance(0.75) ? known : this.values.of({ type: "string", ...schema }, name);
    return inPath(value, random.chance(0.1));
  }

  #query(parameters: readonly Parameter[]): string {
    const random = this.#random;
    const pairs: string[] = [];
    for (const { name, required = false, schema = {} } of parameters) {
      if (!random.chance(required ? 0.97 : 0.4)) continue;
      for (let times = random.chance(0.03) ? 2 : 1; times > 0; times--)
        pairs.push(`${name}=${inPath(this.values.of(schema, name), random.chance(0.05))}`);
    }
    if (random.chance(0.03))
      pairs.push(`${inPath(this.values.hostile(), false)}=${inPath(this.values.hostile(), false)}`);
    return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  }

  #body(schema: JsonSchema | undefined, takes: boolean): Pick<FuzzRequest, "headers" | "body"> {
    const random = this.#random;
    if (!takes || (schema === undefined && !random.chance(0.3))) return { headers: {}, body: undefined };
    const text = JSON.stringify(random.chance(0.04) ? this.values.hostile() : this.values.of(schema ?? {})) ?? "null";
    if (this.values.tame || !random.chance(0.2)) return { headers: JSON_TYPE, body: Buffer.from(text) };
    return random.of([
      () => ({ headers: JSON_TYPE, body: Buffer.from(text.slice(0, random.whole(0, text.length))) }),
      () => ({ headers: JSON_TYPE, body: Buffer.from(`${"[".repeat(2000)}${text}`) }),
      () => ({ headers: JSON_TYPE, body: Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(text)]) }),
      () => ({ headers: JSON_TYPE, body: Buffer.alloc(0) }),
      () => ({ headers: { "content-type": "multipart/form-data" }, body: Buffer.from(text) }),
      () => ({
        headers: { "content-type": "multipart/form-data; boundary=b" },
        body: Buffer.from(`--b\r\n\r\n${text}`),
      }),
      () => ({ headers: { "content-type": "application/octet-stream" }, body: bytes(random) }),
      () => ({ headers: { "content-type": "application/x-thrift" }, body: bytes(random) }),
      () => ({
        headers: { "content-type": random.of(["", "\u00ff/x", "text/", "application/json; charset=utf-7"]) },
        body: Buffer.from(text),
      }),
    ])();
  }
}

const bytes = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: random.whole(0, 200) }, () => random.whole(0, 255)));
