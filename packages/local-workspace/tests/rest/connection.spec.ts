/** What comes before a request: foreign hosts, broken HTTP, bodies that are never sent; long and odd names after it. */
import { strict as assert } from "node:assert";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { giveUpStalled, PATIENCE } from "../../src/core/connection.ts";
import { type Client, type Json, TestWorkspace } from "./client.ts";

describe("connections and names of any kind", function () {
  this.timeout(60_000);
  let workspace: TestWorkspace;
  let admin: Client;
  before(async () => {
    workspace = await new TestWorkspace().start();
    admin = workspace.admin;
  });
  after(() => workspace.stop());

  /** All that the server sends back on a connection of its own. */
  function raw(text: string, port = new URL(admin.host).port): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
      socket.on("data", (chunk) => chunks.push(chunk));
      socket.on("error", reject);
      socket.on("close", () => resolve(Buffer.concat(chunks).toString()));
    });
  }

  const bodyOf = (answer: string): Json => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Json;
  const me = (host: string): string =>
    `GET /api/2.0/preview/scim/v2/Me HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${admin.token}\r\nConnection: close\r\n\r\n`;

  it("refuses a request for the host of another name, with the right token, too", async () => {
    const { port } = new URL(admin.host);
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "10.0.0.1",
    ]) {
      const answer = await raw(me(host));
      assert.match(answer, /^HTTP\/1\.1 403 /, host);
      assert.equal(bodyOf(answer).error_code, "PERMISSION_DENIED");
    }
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "LOCALHOST"]) {
      assert.match(await raw(me(host)), /^HTTP\/1\.1 200 /, host);
    }
  });

  it("answers what is no HTTP in the shape of its other errors", async () => {
    const broken = [
      "nonsense\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
      "POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    ];
    for (const text of broken) {
      const answer = await raw(text);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, text.slice(0, 40));
      assert.equal(bodyOf(answer).error_code, "MALFORMED_REQUEST", text.slice(0, 40));
    }
  });

  it("closes the connection of a body that stays half sent", async () => {
    assert.equal(PATIENCE, 30_000);
    const server = createServer((request) => giveUpStalled(request, 100)).listen(0, "127.0.0.1");
    try {
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      const answer = await raw("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345", String(port));
      assert.match(answer, /^HTTP\/1\.1 408 /);
      assert.equal(bodyOf(answer).error_code, "MALFORMED_REQUEST");
    } finally {
      server.close();
    }
  });

  const NAMES = [
    "a".repeat(255),
    "ü".repeat(255),
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "a`b",
    "a'b",
    'a"b',
    "a;b",
    "a;DROP TABLE x",
    "a%b",
    "a b",
    "a\u2028b",
    "\ud800",
    "a\0b",
    "..",
  ];

  it("answers no request with 500 for any name in its path, query or body", async () => {
    const { paths } = await admin.ok("GET", "/api/2.0/openapi.json");
    const wrong: string[] = [];
    for (const [path, methods] of Object.entries(paths as Record<string, Record<string, Json>>)) {
      if (!path.includes("{") || /sql-results|thrift|cliservice/.test(path)) continue;
      for (const name of ["a".repeat(255), "ü".repeat(255), "__proto__", "constructor", "a`b';c", "a\0b"]) {
        const url = path.replace(/\{[^}]+\}/g, () => encodeURIComponent(name.toWellFormed()));
        for (const method of Object.keys(methods).filter((each) => !["trace", "options", "connect"].includes(each))) {
          const body = ["get", "head", "delete"].includes(method) ? undefined : { name, [name]: name };
          const answer = await admin.call(method.toUpperCase() as "GET", url, body);
          if (answer.status === 500) wrong.push(`${method} ${url}: ${JSON.stringify(answer.body)}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  it("keeps names with quotes, semicolons and backticks as they are, or refuses them", async () => {
    const base = "/api/2.1/unity-catalog";
    for (const name of NAMES.slice(2)) {
      const made = await admin.call("POST", `${base}/schemas`, { name, catalog_name: "main" });
      assert.ok([200, 400].includes(made.status), `${name}: ${JSON.stringify(made.body)}`);
      if (made.status !== 200) continue;
      const path = encodeURIComponent(`main.${name.toWellFormed()}`);
      assert.equal((await admin.ok("GET", `${base}/schemas/${path}`)).name, name.toWellFormed().toLowerCase());
      const listed = await admin.ok("GET", `${base}/schemas?catalog_name=main`);
      assert.ok(listed.schemas.some((each: Json) => each.name === name.toWellFormed().toLowerCase()));
      const changes = [{ principal: "account users", add: ["USE_SCHEMA"] }];
      await admin.ok("PATCH", `${base}/permissions/schema/${path}`, { changes });
      const granted = await admin.ok("GET", `${base}/permissions/schema/${path}`);
      assert.equal(granted.privilege_assignments[0].principal, "account users");
      await admin.ok("DELETE", `${base}/schemas/${path}`);
    }
  });

  it("refuses multipart without a boundary, and takes an unknown content type as JSON", async () => {
    const send = async (type: string, body: string): Promise<[number, Json]> => {
      const answer = await admin.fetch("POST", "/api/2.0/workspace/import", Buffer.from(body), {
        "content-type": type,
      });
      return [answer.status, (await answer.json()) as Json];
    };
    for (const type of ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x"]) {
      const [status, body] = await send(type, "--x\r\n\r\nx\r\n--x--");
      assert.equal(status, 400, `${type}: ${JSON.stringify(body)}`);
    }
    const [status, body] = await send("application/x-unheard-of", "{");
    assert.deepEqual([status, body.error_code], [400, "MALFORMED_REQUEST"]);
  });

  it("refuses to import what no file system can hold", async () => {
    const content = Buffer.from("x").toString("base64");
    for (const path of [
      `/Shared/${"x".repeat(256)}`,
      `/Shared/${"é".repeat(200)}`,
      `/Shared/${"x/".repeat(3000)}y`,
      "/Shared/a\0b",
    ]) {
      const refused = await admin.call("POST", "/api/2.0/workspace/import", { path, content, format: "AUTO" });
      assert.deepEqual([refused.status, refused.body.error_code], [400, "INVALID_PARAMETER_VALUE"], path.slice(0, 30));
      const folder = await admin.call("POST", "/api/2.0/workspace/mkdirs", { path });
      assert.equal(folder.status, 400, path.slice(0, 30));
    }
  });
});
