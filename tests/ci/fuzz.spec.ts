/** `npm run fuzz`: a short slice of it, and that it finds what it is for. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fuzzParsers } from "../../scripts/fuzz/parsers.ts";
import { Requests } from "../../scripts/fuzz/requests.ts";
import { fuzzRest, noTally, Turn, take } from "../../scripts/fuzz/rest.ts";
import { Random } from "../../scripts/random.ts";

const SEED = 1;

describe("random and hostile requests", () => {
  it("get an answer below 500, or that something is missing, from every route of the local workspace", async () => {
    const { requests, routes, statuses, findings } = await fuzzRest(SEED, (done) => done < 800);
    assert.deepEqual([...findings.values()], []);
    assert.equal(requests, 800);
    assert.ok(routes.size > 400, `${routes.size} routes`);
    assert.ok((statuses.get(200) ?? 0) > 50, "the requests are not only refused");
  });

  it("are the same for the same seed, and others for another", () => {
    const route = { method: "POST", path: "/a/{id}", operation: { parameters: [{ name: "id", in: "path" }] } };
    const made = (seed: number): string[] => {
      const requests = new Requests(new Random(seed, "x"));
      return Array.from({ length: 20 }, () => JSON.stringify(requests.of(route)));
    };
    assert.deepEqual(made(1), made(1));
    assert.notDeepEqual(made(1), made(2));
  });

  it("are findings when a server fails or ends on one, with what repeats it", async () => {
    let ends = false;
    const server: Server = createServer((request, response) => {
      if (request.url === "/bad") response.writeHead(500).end("it broke");
      else if (ends) request.socket.destroy();
      else response.writeHead(200).end("{}");
      ends ||= request.url === "/end";
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const routes = ["/good", "/bad", "/end"].map((path) => ({ method: "GET", path, operation: {} }));
      const tally = noTally();
      await take(new Turn(host, "t"), routes, new Requests(new Random(SEED, "x")), tally, (done) => done < 30);
      const [bad, ended] = [...tally.findings.values()].sort((a, b) => (a.what < b.what ? -1 : 1));
      assert.match(bad!.what, /GET \/bad: 500 it broke/);
      assert.match(bad!.how, /^curl .*'HOST\/bad'$/);
      assert.match(ended!.what, /the workspace ended/);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

it("random texts are parsed, or refused by the parsers' own errors", async () => {
  const { counts, findings } = await fuzzParsers(SEED, 150);
  assert.deepEqual(findings, []);
  assert.ok(counts.size >= 8);
});
