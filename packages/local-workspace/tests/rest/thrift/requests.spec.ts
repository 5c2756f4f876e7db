import { strict as assert } from "node:assert";
import fc from "fast-check";
import { METHODS } from "../../../src/services/thrift/methods.ts";
import { i32, list, struct } from "../../../src/services/thrift/wire/types.ts";
import { type Json, TestWorkspace } from "../client.ts";
import { answerStatements, encode, ThriftClient, warehouseOf } from "./client.ts";

const PROTOCOL_ERROR = 7;

describe("requests over Thrift", function () {
  this.timeout(30_000);
  let workspace: TestWorkspace;
  let client: ThriftClient;
  before(async () => {
    workspace = await new TestWorkspace().start();
    answerStatements(workspace);
    client = new ThriftClient(workspace.admin, await warehouseOf(workspace));
  });
  after(() => workspace.stop());

  it("that are no calls are refused with 400 and the reason, in a header, too", async () => {
    const call = encode("OpenSession", {});
    for (const bytes of [Buffer.alloc(0), Buffer.from("{}"), Buffer.from("80030001", "hex"), call.subarray(0, 9)]) {
      const answer = await client.post(bytes, "application/json");
      const body = (await answer.json()) as Json;
      assert.deepEqual([answer.status, body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
      assert.equal(answer.headers.get("x-thriftserver-error-message"), body.message);
    }
  });

  it("of an unknown method, without a request, cut off or of wrong types get an exception", async () => {
    const unknown = await client.send("GetLog", encode("GetLog", {}, struct({})));
    assert.deepEqual(unknown.exception, { message: "The local workspace has no method 'GetLog'.", type: 1 });
    const whole = encode("OpenSession", { configuration: new Map([["a", "b"]]) });
    const ofInts = struct({ configuration: [4, struct({})], getInfos: [1281, list(struct({ a: [1, i32] }))] });
    const asStructs = encode("OpenSession", { configuration: {}, getInfos: [{ a: 1 }] }, ofInts);
    for (const bytes of [whole.subarray(0, -4), encode("OpenSession", {}, struct({})).subarray(0, -2), asStructs]) {
      const { exception } = await client.send("OpenSession", bytes);
      assert.equal(exception?.type, PROTOCOL_ERROR, exception?.message);
    }
  });

  it("that announce more than they hold, or lie deeper than any, are refused and not followed", async () => {
    const head = encode("OpenSession", {}, struct({})).subarray(0, -2);
    const field = (type: number, id: number): Buffer => Buffer.from([type, id >> 8, id & 255]);
    const size = (value: number): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(value);
      return bytes;
    };
    const bodies: [Buffer, RegExp][] = [
      [Buffer.concat([field(15, 1281), Buffer.from([8]), size(0x7fffffff)]), /elements/],
      [Buffer.concat([field(13, 4), Buffer.from([11, 11]), size(-1)]), /elements/],
      [Buffer.concat([field(11, 99), size(0x7fffffff)]), /announced/],
      [Buffer.concat([field(11, 99), size(-5)]), /negative/],
      [Buffer.concat(Array.from({ length: 500 }, () => field(12, 99))), /levels deep/],
      [
        Buffer.concat([field(15, 99), ...Array.from({ length: 300 }, () => Buffer.from([15, 0, 0, 0, 1]))]),
        /levels|type/,
      ],
      [Buffer.concat([field(15, 99), Buffer.from([12]), size(200_000), Buffer.alloc(200_000)]), /too many/],
      [Buffer.from([77, 0, 1]), /no type 77/],
    ];
    for (const [body, reason] of bodies) {
      const { exception } = await client.send("OpenSession", Buffer.concat([head, body]));
      assert.equal(exception?.type, PROTOCOL_ERROR);
      assert.match(exception?.message ?? "", reason);
    }
  });

  it("of any bytes leave the service as it was", async () => {
    const whole = encode("ExecuteStatement", { statement: "SELECT 1", parameters: [{ name: "a", type: "INT" }] });
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), async (changes, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const { status } = await client.post(bytes);
        assert.ok(status === 200 || status === 400, `${status}`);
      }),
      { numRuns: 300 },
    );
    await client.open();
  });

  it("without a token, with a wrong one, to a warehouse that is not there or not theirs get 401, 403, 404", async () => {
    const { client: other } = await workspace.servicePrincipal("other");
    const id = client.path.split("/").at(-1)!;
    const made = await workspace.admin.ok("POST", "/api/2.0/sql/warehouses", { name: "theirs", cluster_size: "Small" });
    const tries: [ThriftClient, number, RegExp][] = [
      [new ThriftClient(workspace.anonymous(), id), 401, /Credential/],
      [new ThriftClient(workspace.anonymous("dapi1"), id), 403, /Invalid access token/],
      [new ThriftClient(other, made.id), 403, /CAN_USE|permission/i],
      [new ThriftClient(workspace.admin, "nope"), 404, /nope does not exist/],
    ];
    for (const [who, status, reason] of tries) {
      const answer = await who.post(encode("OpenSession", {}));
      assert.equal(answer.status, status);
      assert.match(answer.headers.get("x-thriftserver-error-message") ?? "", reason);
    }
  });

  it("start a stopped warehouse", async () => {
    const id = client.path.split("/").at(-1)!;
    await workspace.admin.ok("POST", `/api/2.0/sql/warehouses/${id}/stop`);
    await client.open();
    assert.equal((await workspace.admin.ok("GET", `/api/2.0/sql/warehouses/${id}`)).state, "RUNNING");
  });

  it("can be made of every method there is", () => {
    assert.equal(Object.keys(METHODS).length, 21);
  });
});
