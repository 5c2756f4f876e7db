/** The comment on a pull request, as a function of what the checks wrote; and how it reaches the three hosts. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annotations } from "../../scripts/pull-request/annotations.ts";
import { hostOf } from "../../scripts/pull-request/hosts.ts";
import { MOST_CHARACTERS, markdown } from "../../scripts/pull-request/markdown.ts";
import type { PullRequest, TestResults } from "../../scripts/pull-request/model.ts";
import { parseOptions, UsageError } from "../../scripts/pull-request/options.ts";
import { placesIn, previewOf } from "../../scripts/pull-request/preview.ts";

const GOLDEN = join(import.meta.dirname, "golden", "comment.md");
const urn = (type: string, name: string): string => `urn:pulumi:dev::shop::${type}::${name}`;
const CATALOG = "databricks:index/catalog:Catalog";
const VOLUME = "databricks:index/volume:Volume";
const PIPELINE = "databricks:index/pipeline:Pipeline";
const JOB = "databricks:index/job:Job";

function step(op: string, type: string, name: string, more: object = {}): string {
  return JSON.stringify({
    resourcePreEvent: { metadata: { op, type, urn: urn(type, name), ...more }, planning: true },
  });
}
const volume = { inputs: { catalogName: "shop", schemaName: "raw", name: "landing", volumeType: "MANAGED" } };
const LINES = [
  "the program prints this",
  '{"and": "this"}',
  step("same", CATALOG, "shop"),
  step("update", JOB, "nightly", {
    old: {},
    new: {},
    detailedDiff: { "tasks[0].retryOnTimeout": {}, "tasks[1]": {}, __defaults: {} },
  }),
  step("create-replacement", VOLUME, "landing", {
    old: volume,
    new: volume,
    keys: ["name"],
    diffs: ["name", "comment"],
  }),
  step("replace", VOLUME, "landing", { old: volume, new: volume, keys: ["name"], diffs: ["name", "comment"] }),
  step("delete-replaced", VOLUME, "landing", { old: volume, keys: ["name"] }),
  step("delete", JOB, "old|job", { old: {} }),
  step("delete", PIPELINE, "cdc", { old: { protect: true, inputs: { name: "cdc" } } }),
  step("create", JOB, "b"),
  step("create", JOB, "a"),
  step("create", "pulumi:providers:databricks", "default"),
  JSON.stringify({
    policyEvent: {
      policyName: "job-require-run-as",
      enforcementLevel: "mandatory",
      resourceUrn: urn(JOB, "nightly"),
      message: "Jobs run as a service principal.\n'nightly': runAs is not | set. Set `runAs`.",
    },
  }),
  JSON.stringify({ diagnosticEvent: { severity: "error", message: "no @catalog\n```\nhere" } }),
  JSON.stringify({ summaryEvent: { durationSeconds: 7, resourceChanges: { same: 71, create: 2 } } }),
];
const place = (name: string) => (name === "nightly" ? { file: "index.ts", line: 12 } : undefined);
const preview = previewOf("shop", "dev", { code: 255, lines: LINES }, place);
const TESTS: TestResults[] = [
  { passed: 812, failed: 0, skipped: 0, seconds: 301.4, failures: [] },
  {
    passed: 90,
    failed: 1,
    skipped: 0,
    seconds: 120,
    failures: [
      {
        suite: "unit",
        title: "names <fit>",
        message: "1 is not 2\n50 %",
        place: { file: "tests/unit/names.spec.ts", line: 7 },
      },
    ],
  },
];
const DATA = `The data differs: of 43 datasets 1 changed (90,000 rows compared).

| dataset | | rows before | after |
| --- | --- | ---: | ---: |
| \`gold.sales\` | changed | 10 | 20 |

<details><summary>Rows of gold.sales</summary>

- changed id=1

</details>
`;
const pull: PullRequest = {
  preview,
  tests: TESTS,
  dataDiff: DATA,
  artifacts: "https://ci.example/runs/1",
  commit: "0123456789abcdef",
};

describe("the comment on a pull request", () => {
  it("is the golden one: losses with their data first, then updates, violations with fix, tests, data, what is created", () => {
    const text = markdown(pull);
    if (process.env.UPDATE_GOLDEN) writeFileSync(GOLDEN, text);
    assert.equal(text, readFileSync(GOLDEN, "utf8"));
  });

  it("says that all is well only when every check has ended well", () => {
    const good: PullRequest = { preview: previewOf("shop", "dev", { code: 0, lines: [] }), tests: [TESTS[0]!] };
    assert.match(markdown(good), /^### ✅ All checks passed · stack `dev`\n/);
    assert.match(markdown(good), /no change, 0 unchanged/);
    for (const bad of [
      { ...good, tests: TESTS },
      { ...good, missing: ["the data diff"] },
      { ...good, preview },
    ])
      assert.match(markdown(bad), /^### ❌/);
    assert.match(markdown({ ...good, missing: ["the data diff"] }), /\*\*No result\*\* of the data diff/);
  });

  it("of an environment alone links to its run, and says until when it stays and whether its job failed", () => {
    const environment = {
      url: "https://x/run/1",
      catalog: "olist_pr_7",
      result: "SUCCESS",
      expires: "2026-12-02T00:00:00.000Z",
    };
    const text = markdown({ environment, commit: "abc" });
    assert.match(
      text,
      /^### ✅ The environment is up · `abc`\n\n- \*\*Environment\*\*: \[olist_pr_7\]\(https:\/\/x\/run\/1\), job SUCCESS, until 2026-12-02/,
    );
    assert.match(
      markdown({ environment: { ...environment, result: "FAILED" } }),
      /^### ❌ The environment is up, its job failed\n/,
    );
  });

  it("never exceeds what a comment holds, loses the least important first, and says what it lost", () => {
    const created = Array.from({ length: 3_000 }, (_, n) => step("create", JOB, `created-${n}`));
    const lost = Array.from({ length: 300 }, (_, n) => step("delete", VOLUME, `lost-${n}`, { old: volume }));
    const many = markdown({ ...pull, preview: previewOf("shop", "dev", { code: 1, lines: [...created, ...lost] }) });
    assert.ok(many.length <= MOST_CHARACTERS, String(many.length));
    assert.ok(many.length > MOST_CHARACTERS - 1_000, "room is left unused");
    assert.match(many, /… and [\d,]+ resources more, which have no room here\./);
    assert.ok(many.includes("`lost-299`"), "a deleted resource is cut before the created ones");
    const short = markdown(pull, 1_500);
    assert.ok(short.length <= 1_500);
    assert.match(short, /^### ❌ Not ready to merge/);
    assert.ok(!short.includes("<details><summary>2 resources created") || short.includes("more, which"), short);
    assert.ok(markdown({ ...pull, dataDiff: `x\n\n${"y".repeat(90_000)}` }).length <= MOST_CHARACTERS);
  });

  it("keeps its tables whole and notifies nobody, whatever names and messages hold", () => {
    const rows = markdown(pull)
      .split("\n")
      .filter((line) => /^\| (replaced|deleted|mandatory)/.test(line));
    assert.deepEqual(
      rows.map((row) => row.replaceAll("\\|", "").split("|").length - 2),
      [5, 5, 5, 6],
    );
    assert.ok(!/@catalog</.test(markdown(pull)));
  });
});

describe("annotations of a pull request", () => {
  it("stand at file and line where those are known, with the fix, escaped as GitHub wants it", () => {
    const [violation, failure] = annotations(pull);
    assert.match(
      violation!,
      /^::error file=index\.ts,line=12,title=job-require-run-as::'nightly': runAs is not \| set\. Set `runAs`\.%0A\S/,
    );
    assert.equal(
      failure,
      "::error file=tests/unit/names.spec.ts,line=7,title=unit%3A names <fit>::1 is not 2%0A50 %25",
    );
  });

  it("stand where the program makes the component, for a resource that a component makes", () => {
    const parent = urn("shop:Component", "mine");
    const violation = {
      policyName: "x",
      enforcementLevel: "advisory",
      resourceUrn: urn(JOB, "mine-job"),
      message: "m",
    };
    const lines = [step("create", JOB, "mine-job", { new: { parent } }), JSON.stringify({ policyEvent: violation })];
    const places = (name: string) => (name === "mine" ? { file: "index.ts", line: 3 } : undefined);
    const [found] = previewOf("shop", "dev", { code: 0, lines }, places).violations;
    assert.deepEqual(found!.place, { file: "index.ts", line: 3 });
  });

  it("find a resource where exactly one line of the program makes it", () => {
    const dir = mkdtempSync(join(tmpdir(), "olist-places-"));
    try {
      writeFileSync(join(dir, "index.ts"), 'a();\nnew Job("one", {});\nnew x.Job(\n  "two",\n);\nnew Job("both");\n');
      writeFileSync(join(dir, "more.ts"), 'new Job("both");\n');
      const places = placesIn(dir);
      assert.deepEqual(
        [places("one"), places("two"), places("both"), places("none")],
        [{ file: "index.ts", line: 2 }, { file: "index.ts", line: 3 }, undefined, undefined],
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("arguments of npm run pull-request", () => {
  it("are refused by name when they are wrong", () => {
    for (const [args, message] of [
      [[], /A command is missing: preview or comment/],
      [["post"], /no command 'post'/],
      [["preview", "--stack", "dev"], /--output FILE/],
      [["comment"], /at least one of --preview/],
      [["comment", "--tests", "t", "--artifacts", "here"], /--artifacts is 'here': it must be a URL/],
      [["comment", "--test", "t"], /--test/],
    ] as const)
      assert.throws(
        () => parseOptions(args),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
      );
  });
});

/** A stand-in of a host: keeps comments, and asks for a token. */
class StandIn {
  readonly seen: string[] = [];
  readonly bodies: string[] = [];
  #server!: Server;

  async start(
    answer: (
      request: IncomingMessage,
      body: string,
    ) => { status?: number; json: unknown; headers?: Record<string, string> },
  ): Promise<string> {
    this.#server = createServer(async (request, response) => {
      let body = "";
      for await (const data of request) body += data;
      this.seen.push(`${request.method} ${request.url!}`);
      const { status = 200, json, headers = {} } = answer(request, body);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(json));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
  writes(): string[] {
    return this.seen.filter((line) => !line.startsWith("GET"));
  }
}

describe("the one comment, on each host", () => {
  let host: StandIn;
  beforeEach(() => {
    host = new StandIn();
  });
  afterEach(() => host.stop());

  it("is made once and updated from then on: GitHub, behind a hundred others", async () => {
    const comments = Array.from({ length: 150 }, (_, id) => ({ id, body: "something else" }));
    const url = await host.start((request, body) => {
      if (request.headers.authorization !== "Bearer t0ken") return { status: 401, json: {} };
      if (request.method === "GET") {
        const page = Number(new URL(request.url!, "http://x").searchParams.get("page"));
        return { json: comments.slice((page - 1) * 100, page * 100) };
      }
      if (request.method === "POST") comments.push({ id: comments.length, body: JSON.parse(body).body });
      return { json: {} };
    });
    const env = { GITHUB_API_URL: url, GITHUB_REPOSITORY: "acme/lake", GITHUB_TOKEN: "t0ken", PULL_REQUEST: "7" };
    for (const text of ["one", "two"]) await hostOf(env).publish("olist", text);
    assert.equal(comments.at(-1)!.body, "<!-- olist -->\none");
    assert.deepEqual(host.writes(), [
      "POST /repos/acme/lake/issues/7/comments",
      "PATCH /repos/acme/lake/issues/comments/150",
    ]);
    await assert.rejects(
      hostOf({ ...env, GITHUB_TOKEN: "wr0ng" }).publish("olist", "x"),
      (error: Error) => /GitHub answered 401/.test(error.message) && !error.message.includes("wr0ng"),
    );
    assert.throws(() => hostOf({ ...env, PULL_REQUEST: "7/../8" }), /it must be a pull request's number/);
    assert.throws(() => hostOf({ ...env, GITHUB_TOKEN: "" }), /GITHUB_TOKEN is not in the environment/);
  });

  it("is made once and updated from then on: GitLab, on its second page", async () => {
    const notes = [{ id: 5, body: "other" }];
    const url = await host.start((request, body) => {
      if (request.headers["private-token"] !== "t0ken") return { status: 401, json: {} };
      if (request.method === "POST") notes.push({ id: 6, body: JSON.parse(body).body });
      if (request.method !== "GET") return { json: {} };
      const page = Number(new URL(request.url!, "http://x").searchParams.get("page"));
      return {
        json: notes.slice(page - 1, page),
        headers: { "x-next-page": page < notes.length ? String(page + 1) : "" },
      };
    });
    const env = {
      GITLAB_CI: "true",
      CI_API_V4_URL: url,
      CI_PROJECT_ID: "3",
      CI_MERGE_REQUEST_IID: "9",
      GITLAB_TOKEN: "t0ken",
    };
    for (const text of ["one", "two"]) await hostOf(env).publish("olist", text);
    const path = "/projects/3/merge_requests/9/notes";
    assert.deepEqual(host.writes(), [`POST ${path}`, `PUT ${path}/6`]);
  });

  it("is made once and updated from then on: Azure DevOps, as a thread that is closed", async () => {
    const threads: { id: number; comments: { id: number; content: string }[] }[] = [];
    const url = await host.start((request, body) => {
      if (request.headers.authorization !== "Bearer t0ken") return { status: 401, json: {} };
      if (request.method === "POST")
        threads.push({ id: 4, comments: [{ id: 1, content: JSON.parse(body).comments[0].content }] });
      return { json: { value: threads } };
    });
    const env = {
      TF_BUILD: "True",
      SYSTEM_COLLECTIONURI: `${url}/acme/`,
      SYSTEM_TEAMPROJECT: "data lake",
      BUILD_REPOSITORY_ID: "r",
      SYSTEM_PULLREQUEST_PULLREQUESTID: "8",
      SYSTEM_ACCESSTOKEN: "t0ken",
    };
    for (const text of ["one", "two"]) await hostOf(env).publish("olist", text);
    const path = "/acme/data%20lake/_apis/git/repositories/r/pullRequests/8/threads";
    assert.deepEqual(host.writes(), [`POST ${path}?api-version=7.1`, `PATCH ${path}/4/comments/1?api-version=7.1`]);
  });

  it("is refused where no job of a host runs", async () => {
    await host.start(() => ({ json: {} }));
    assert.throws(() => hostOf({}), /no job of GitHub Actions, GitLab CI or Azure Pipelines/);
  });
});
