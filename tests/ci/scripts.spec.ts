/** The scripts of the workflows, as the workflows run them, against the local workspace and stand-ins of GitHub's APIs. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { markdown } from "../../scripts/ci/preview.ts";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { stackEnv } from "../../scripts/stack/stack.ts";
import { type Output, ProjectCopy } from "../e2e/harness.ts";

const SCRIPTS = join(import.meta.dirname, "..", "..", "scripts", "ci");

function runScript(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(SCRIPTS, script), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

describe("preview and deployment in CI", () => {
  let workspace: LocalWorkspace;
  let project: ProjectCopy;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    await ensureGroups(workspace.api, ["platform-admins", "data-engineers", "analysts", "auditors", "data-stewards"]);
    project = new ProjectCopy(workspace);
    const { PULUMI_STACK: _, ...base } = stackEnv(workspace.tools, workspace);
    env = { ...base, PULUMI_BACKEND_URL: `file://${join(project.dir, ".backend")}` };
    for (const stack of ["dev", "prod"]) {
      const { code, text } = await project.run(["stack", "init", stack, "--non-interactive"], env);
      assert.equal(code, 0, text);
    }
  });
  after(async () => {
    project?.remove();
    await workspace?.remove();
  });

  const preview = (stack: string): Promise<Output> =>
    runScript(
      "preview.ts",
      ["--stack", stack, "--output", join(project.dir, "out.md"), "--", "--cwd", project.dir],
      env,
    );
  const comment = (): string => readFileSync(join(project.dir, "out.md"), "utf8");

  it("stops stack prod before any resource as long as its file holds the template's placeholders", async () => {
    const { code, text } = await preview("prod");
    assert.notEqual(code, 0);
    for (const key of ["runAs", "alerts[0]", "compute.budgetPolicyId", "workspaceIds[0]"])
      assert.match(
        text,
        new RegExp(`olist-lakehouse:${key.replace(/[[\]]/g, "\\$&")} is ".*": is a placeholder; put here`),
      );
    assert.doesNotMatch(text, /databricks:index/);
    project.ownIds("prod");
  });

  for (const stack of ["dev", "prod"]) {
    it(`lets stack ${stack} pass, with no advisory left`, async () => {
      const { code, text } = await preview(stack);
      assert.equal(code, 0, text);
      assert.match(text, /✅ databricks-governance/);
      assert.doesNotMatch(text, /advisory|mandatory/);
      assert.match(comment(), new RegExp(`Preview of stack \`${stack}\` went well`));
      assert.match(comment(), /\d+ to create/);
    });
  }

  describe("with a change that breaks a rule", () => {
    before(() => {
      const file = join(project.dir, "index.ts");
      const bad = `import { Cluster } from "@pulumi/databricks";\nnew Cluster("lab", { sparkVersion: "16.4.x-scala2.12", numWorkers: 1, autoterminationMinutes: 30, customTags: { environment: "dev", owner: "x", cost_center: "1" } });\n`;
      writeFileSync(file, `${readFileSync(file, "utf8")}\n${bad}`);
    });

    it("fails the preview, and the comment names rule, resource, property and fix", async () => {
      const { code } = await preview("dev");
      assert.notEqual(code, 0);
      assert.match(comment(), /Preview of stack `dev` failed/);
      assert.match(comment(), /cluster-require-policy/);
      assert.match(comment(), /'lab': policyId is not set\. Set `policyId`/);
    });

    it("deploys nothing of it", async () => {
      const { code, text } = await runScript("deploy.ts", ["--stack", "dev", "--", "--cwd", project.dir], env);
      assert.notEqual(code, 0);
      assert.match(text, /cluster-require-policy/);
      const clusters = await workspace.api
        .get<{ clusters?: unknown[] }>("/api/2.1/clusters/list")
        .catch(() => ({ clusters: [] }));
      assert.deepEqual(clusters.clusters ?? [], []);
    });
  });

  it("keeps a long preview within what a comment holds, and its own fences apart", () => {
    const text = markdown("dev", 1, `${"x".repeat(100_000)}\n\u001b[31m\`\`\`\`end\u001b[0m`);
    assert.ok(text.length < 65_536);
    assert.match(text, /`{5}text\n…\nx+\n`{4}end\n`{5}\n/);
  });

  it("says which argument is missing", async () => {
    const { code, text } = await runScript("preview.ts", ["--stack", "dev"], env);
    assert.equal(code, 2);
    assert.match(text, /--output/);
  });
});

describe("the comment on a pull request", () => {
  let server: Server;
  let seen: string[];
  let comments: { id: number; body: string }[];
  const env = (): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    GITHUB_TOKEN: "t0ken",
    GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    GITHUB_REPOSITORY: "acme/lakehouse",
    PULL_REQUEST: "7",
  });
  const put = (): Promise<Output> =>
    runScript("comment.ts", ["--file", join(SCRIPTS, "comment.ts"), "--key", "preview-dev"], env());

  beforeEach(async () => {
    seen = [];
    comments = Array.from({ length: 150 }, (_, id) => ({ id, body: "something else" }));
    server = createServer(async (request, response) => {
      let body = "";
      for await (const data of request) body += data;
      seen.push(`${request.method} ${request.url!.split("?")[0]}`);
      if (request.headers.authorization !== "Bearer t0ken") return void response.writeHead(401).end();
      response.setHeader("content-type", "application/json");
      if (request.method === "GET") {
        const page = Number(new URL(request.url!, "http://x").searchParams.get("page"));
        return void response.end(JSON.stringify(comments.slice((page - 1) * 100, page * 100)));
      }
      const { body: text } = JSON.parse(body) as { body: string };
      if (request.method === "POST") comments.push({ id: comments.length, body: text });
      else comments[Number(request.url!.split("/").pop())]!.body = text;
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("is made once and updated from then on, behind a hundred others", async () => {
    for (let time = 0; time < 2; time += 1) {
      const { code, text } = await put();
      assert.equal(code, 0, text);
    }
    assert.equal(comments.filter(({ body }) => body.startsWith("<!-- preview-dev -->")).length, 1);
    assert.deepEqual(
      seen.filter((line) => !line.startsWith("GET")),
      ["POST /repos/acme/lakehouse/issues/7/comments", "PATCH /repos/acme/lakehouse/issues/comments/150"],
    );
  });

  it("fails the step, without the token in the log, when GitHub refuses", async () => {
    const { code, text } = await runScript("comment.ts", ["--file", join(SCRIPTS, "comment.ts"), "--key", "x"], {
      ...env(),
      GITHUB_TOKEN: "wr0ng",
    });
    assert.equal(code, 1);
    assert.match(text, /GitHub answered 401/);
    assert.ok(!text.includes("wr0ng"));
  });
});
