import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWorkspace } from "../../src/core/server.ts";
import { services } from "../../src/services/index.ts";
import { FakeEngine } from "./fake-engine.ts";

describe("a full disk", () => {
  it("is said in one sentence, changes nothing, and is over when there is room again", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "workspace-"));
    const { app, context, listen, close } = await createWorkspace({ dataDir, services, engine: new FakeEngine() });
    try {
      await listen(0);
      const headers = { authorization: `Bearer ${readFileSync(join(dataDir, "token"), "utf8").trim()}` };
      const make = (scope: string) =>
        app.inject({ method: "POST", url: "/api/2.0/secrets/scopes/create", headers, payload: { scope } });
      const scopes = async (): Promise<number> =>
        (await app.inject({ url: "/api/2.0/secrets/scopes/list", headers })).json().scopes?.length ?? 0;
      const pages = context.db.get<{ page_count: number }>("PRAGMA page_count")!.page_count;
      context.db.get(`PRAGMA max_page_count = ${pages}`); // SQLite answers as it does on a full disk
      let made = 0;
      let answer = await make(`scope-0-${"x".repeat(100)}`);
      for (; answer.statusCode === 200; made += 1) answer = await make(`scope-${made + 1}-${"x".repeat(100)}`);
      assert.equal(answer.statusCode, 500);
      assert.match(
        answer.json().message,
        /^The disk that holds the workspace's data folder is full\. Nothing was changed;/,
      );
      assert.equal(await scopes(), made);
      context.db.get(`PRAGMA max_page_count = ${pages + 1000}`);
      assert.equal((await make("after")).statusCode, 200);
      assert.equal(await scopes(), made + 1);
    } finally {
      await close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
