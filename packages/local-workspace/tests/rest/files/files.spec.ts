import { strict as assert } from "node:assert";
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Body, type Json, TestWorkspace } from "../client.ts";

const UC = "/api/2.1/unity-catalog";
const FILES = "/api/2.0/fs/files/Volumes/main/default/v";
const DIRECTORIES = "/api/2.0/fs/directories/Volumes/main/default/v";

describe("files in volumes", () => {
  const workspace = new TestWorkspace();
  before(async () => {
    await workspace.start();
    const volume = { name: "v", catalog_name: "main", schema_name: "default", volume_type: "MANAGED" };
    await workspace.admin.ok("POST", `${UC}/volumes`, volume);
  });
  after(() => workspace.stop());
  const put = (path: string, body: Body, query = "", type = "application/octet-stream") =>
    workspace.admin.fetch("PUT", `${FILES}/${path}${query}`, body, { "content-type": type });
  const volume = () => join(workspace.dataDir, "volumes", "main", "default", "v");

  it("keeps exactly the bytes sent, whatever they and their content type are, and makes the folders above", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    for (const type of ["application/json", "text/csv", "multipart/form-data"]) {
      assert.equal((await put("deep/er/a b%25.bin", bytes, "", type)).status, 204);
      const back = await workspace.admin.fetch("GET", `${FILES}/deep/er/a%20b%25.bin`);
      assert.deepEqual(Buffer.from(await back.arrayBuffer()), bytes);
      assert.equal(back.headers.get("content-length"), "256");
    }
    assert.equal((await put("empty", "")).status, 204);
    const head = await workspace.admin.fetch("HEAD", `${FILES}/empty`);
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, "0"]);
  });

  it("nothing lies below a file, and no answer names a place on this machine", async () => {
    await put("c.bin", "1");
    const long = "x".repeat(300);
    for (const [method, path, status] of [
      ["PUT", "files/c.bin/sub.txt", 400],
      ["GET", "files/c.bin/sub.txt", 404],
      ["HEAD", "files/c.bin/sub.txt", 404],
      ["DELETE", "files/c.bin/sub.txt", 404],
      ["PUT", "directories/c.bin/sub", 400],
      ["GET", "directories/c.bin/sub", 404],
      ["DELETE", "directories/c.bin/sub", 404],
      ["PUT", `files/${long}`, 400],
      ["GET", `files/${long}`, 400],
    ] as const) {
      const url = `/api/2.0/fs/${path.replace("/", "/Volumes/main/default/v/")}`;
      const answer = await workspace.admin.fetch(method, url, method === "PUT" ? "x" : undefined);
      const text = await answer.text();
      assert.deepEqual([method, path, answer.status], [method, path, status], text);
      assert.ok(!text.includes(workspace.dataDir), text);
    }
    assert.equal(await (await workspace.admin.fetch("GET", `${FILES}/c.bin`)).text(), "1");
  });

  it("overwrites unless told not to", async () => {
    await put("twice", "1");
    assert.equal((await put("twice", "2")).status, 204);
    const refused = await put("twice", "3", "?overwrite=false");
    assert.deepEqual([refused.status, ((await refused.json()) as Json).error_code], [409, "ALREADY_EXISTS"]);
    assert.equal(await (await workspace.admin.fetch("GET", `${FILES}/twice`)).text(), "2");
  });

  it("of two uploads that may not overwrite, one wins", async () => {
    const answers = await Promise.all(["a", "b", "c"].map((text) => put("race", text, "?overwrite=false")));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 409, 409]);
    assert.deepEqual(readdirSync(join(workspace.dataDir, "uploads")), [], "an upload was left behind");
  });

  it("lets a client abort the upload in parts that it began, before it sends the file whole", async () => {
    const begin = await workspace.admin.fetch("POST", `${FILES}/parts?action=initiate-upload`);
    const { session_token: token } = ((await begin.json()) as Json).multipart_upload;
    const parts = await workspace.admin.call("POST", "/api/2.0/fs/create-upload-part-urls", {});
    assert.equal(parts.body.error_code, "PERMISSION_DENIED");
    const abort = `${FILES}/parts?action=abort-upload&upload_type=multipart&session_token=${token}`;
    assert.equal((await workspace.admin.fetch("POST", abort)).status, 200);
  });

  it("answers ranges", async () => {
    await put("digits", "0123456789");
    const range = async (value: string) => {
      const answer = await workspace.admin.fetch("GET", `${FILES}/digits`, undefined, { range: value });
      return [answer.status, answer.status === 206 ? await answer.text() : answer.headers.get("content-range")];
    };
    assert.deepEqual(await range("bytes=2-4"), [206, "234"]);
    assert.deepEqual(await range("bytes=-3"), [206, "789"]);
    assert.deepEqual(await range("bytes=8-99"), [206, "89"]);
    assert.deepEqual(await range("bytes=10-"), [416, "bytes */10"]);
  });

  it("lists directories page by page and deletes only empty ones", async () => {
    for (const name of ["l/b", "l/a", "l/sub/x"]) await put(name, "12");
    const first = await workspace.admin.ok("GET", `${DIRECTORIES}/l?page_size=2`);
    assert.deepEqual(
      first.contents.map((entry: Json) => [entry.path, entry.is_directory, entry.file_size]),
      [
        ["/Volumes/main/default/v/l/a", false, 2],
        ["/Volumes/main/default/v/l/b", false, 2],
      ],
    );
    const rest = await workspace.admin.ok("GET", `${DIRECTORIES}/l?page_size=2&page_token=${first.next_page_token}`);
    assert.deepEqual(
      rest.contents.map((entry: Json) => entry.name),
      ["sub"],
    );
    await workspace.admin.refused("DIRECTORY_NOT_EMPTY", "DELETE", `${DIRECTORIES}/l`);
    await workspace.admin.ok("DELETE", `${FILES}/l/sub/x`);
    await workspace.admin.ok("DELETE", `${DIRECTORIES}/l/sub`);
    await workspace.admin.refused("NOT_FOUND", "GET", `${DIRECTORIES}/l/sub`);
    await workspace.admin.refused("NOT_FOUND", "DELETE", `${FILES}/l`);
  });

  it("never leaves the volume, by dots, by encoded slashes or by links", async () => {
    writeFileSync(join(workspace.dataDir, "outside"), "secret");
    for (const path of ["..%2F..%2F..%2F..%2Foutside", "%2e%2e/%2e%2e/x", "a%00b", "a%5C..%5Cb"]) {
      const { status } = await workspace.admin.fetch("GET", `${FILES}/${path}`);
      assert.ok(status === 400 || status === 501, `${path} gave ${status}`);
    }
    symlinkSync(workspace.dataDir, join(volume(), "link"));
    await workspace.admin.refused("INVALID_PARAMETER_VALUE", "GET", `${FILES}/link/outside`);
    assert.equal((await put("link/new", "x")).status, 400);
  });

  it("needs READ VOLUME to read and WRITE VOLUME to write", async () => {
    await put("guarded", "1");
    const { client, name } = await workspace.servicePrincipal("reader");
    await workspace.grant("schema", "main.default", name, "USE_SCHEMA");
    await client.refused("PERMISSION_DENIED", "GET", `${FILES}/guarded`);
    await workspace.grant("volume", "main.default.v", name, "READ_VOLUME");
    assert.equal(await (await client.fetch("GET", `${FILES}/guarded`)).text(), "1");
    const message = await client.refused("PERMISSION_DENIED", "DELETE", `${FILES}/guarded`);
    assert.equal(message, "User does not have WRITE VOLUME on Volume 'main.default.v'.");
  });
});
