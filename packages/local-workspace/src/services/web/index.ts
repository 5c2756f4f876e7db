/** Serves the pages that a person looks at. They are public, as they hold no data: what they show comes through the API with a token. */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { extname, join, normalize } from "node:path";
import { ApiError } from "../../core/errors.ts";
import type { Service } from "../../core/service.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..", "web");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".ts": "text/javascript; charset=utf-8",
};
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** @throws ApiError when there is no such asset, or the path leaves the folder */
function asset(path: string): { type: string; content: string } {
  const type = TYPES[extname(path)];
  const file = normalize(join(ROOT, path));
  if (type === undefined || !file.startsWith(ROOT)) throw new ApiError("NOT_FOUND", `There is no page ${path}.`);
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch {
    throw new ApiError("NOT_FOUND", `There is no page ${path}.`);
  }
  // The browser gets the same erasable TypeScript that Node runs, without its types.
  return { type, content: extname(path) === ".ts" ? stripTypeScriptTypes(content) : content };
}

export const web: Service = {
  name: "web",
  routes(app) {
    const config = { public: true };
    app.get("/", { config, schema: { hide: true } }, (_, reply) => {
      const { type, content } = asset("index.html");
      return reply.headers(HEADERS).type(type).send(content);
    });
    app.get<{ Params: { "*": string } }>("/web/*", { config, schema: { hide: true } }, (request, reply) => {
      const { type, content } = asset(request.params["*"]);
      return reply.headers(HEADERS).type(type).send(content);
    });
  },
};
