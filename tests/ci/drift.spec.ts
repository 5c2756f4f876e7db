/** Drift as functions: what each check makes of a workspace's answers, both sides of a refresh, the report, and the one issue. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WorkspaceApi } from "lakehouse-local-workspace/client";
import { extras, grants, masks, type Table, tablesOf, tags } from "../../scripts/drift/checks/catalog.ts";
import { pipelines } from "../../scripts/drift/checks/settings.ts";
import { keepIssue } from "../../scripts/drift/issue.ts";
import { look, merged } from "../../scripts/drift/look.ts";
import type { Difference, Drift } from "../../scripts/drift/model.ts";
import { parseOptions, UsageError } from "../../scripts/drift/options.ts";
import { refreshed, valueAt } from "../../scripts/drift/refresh.ts";
import { render } from "../../scripts/drift/render.ts";
import { State } from "../../scripts/drift/state.ts";
import { connect } from "../../scripts/stack/connect.ts";

type Answers = Readonly<Record<string, object>>;

/** A workspace that answers each path with what is given, and 404 otherwise. */
class StandIn {
  #server!: Server;
  readonly seen: string[] = [];
  answers: Answers = {};

  async start(): Promise<string> {
    this.#server = createServer(async (request, response) => {
      let body = "";
      for await (const data of request) body += data;
      this.seen.push(`${request.method} ${request.url} ${body}`.trim());
      const answer = this.answers[`${request.method} ${request.url}`] ?? this.answers[request.url!.split("?")[0]!];
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? { error_code: "NOT_FOUND", message: `${request.url} is not here` }));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

const resource = (type: string, id: string, inputs: object = {}, outputs: object = {}) => {
  const token = `databricks:index/${type[0]!.toLowerCase()}${type.slice(1)}:${type}`;
  return {
    urn: `urn:pulumi:dev::shop::${token}::${id}`,
    type: token,
    id,
    custom: true,
    inputs: { ...inputs },
    outputs: { ...outputs },
  };
};
const stateOf = (...resources: object[]) => new State({ deployment: { resources: resources as never } });
const UC = "/api/2.1/unity-catalog";

describe("drift that the provider does not see", () => {
  let host: StandIn;
  let api: WorkspaceApi;
  before(async () => {
    host = new StandIn();
    api = new WorkspaceApi(await host.start(), "t0ken");
  });
  after(() => host.stop());

  const PIPELINE = resource("Pipeline", "p1", {
    eventLog: { schema: "ops", name: "log" },
    catalog: "shop",
    schema: "gold",
  });
  const TABLES: Table[] = [
    {
      full_name: "shop.gold.sales",
      pipeline_id: "p1",
      columns: [{ name: "a" }, { name: "mail", mask: { function_name: "shop.f.hide" } }],
    },
    { full_name: "shop.gold.copy", table_type: "MANAGED" },
    {
      full_name: "shop.gold.foreign",
      table_type: "STREAMING_TABLE",
      pipeline_id: "p2",
      row_filter: { function_name: "shop.f.mine" },
    },
    { full_name: "shop.ops.log" },
  ];

  it("are tables that no pipeline of the stack made, and schemas and volumes beside the stack's; no check drops them", async () => {
    host.answers = {
      [`${UC}/schemas`]: {
        schemas: ["gold", "scratch", "default", "information_schema"].map((name) => ({
          name,
          full_name: `shop.${name}`,
        })),
      },
      [`${UC}/volumes`]: { volumes: [{ full_name: "shop.gold.dump" }, { full_name: "shop.gold.own" }] },
      [`${UC}/tables`]: { tables: [...TABLES, { full_name: "shop.gold.__internal" }] },
    };
    const state = stateOf(
      resource("Catalog", "shop"),
      resource("Schema", "shop.gold"),
      resource("Volume", "shop.gold.own"),
      PIPELINE,
    );
    const found = await extras(api, state, await tablesOf(api, state));
    assert.deepEqual(found.map(({ object }) => object).sort(), [
      "managed shop.gold.copy",
      "schema shop.scratch",
      "streaming table shop.gold.foreign",
      "volume shop.gold.dump",
    ]);
    for (const { fix } of found) assert.ok(typeof fix === "object" && "byHand" in fix);
  });

  it("are masks, row filters and policies, which --fix leaves, since removing one shows data", async () => {
    host.answers = {
      [`${UC}/policies/catalog/shop`]: {
        policies: [{ name: "own" }, { name: "beside", policy_type: "POLICY_TYPE_COLUMN_MASK" }],
      },
    };
    const state = stateOf(
      resource("Catalog", "shop"),
      resource("PolicyInfo", "x", { name: "own", onSecurableFullname: "shop" }),
    );
    const found = await masks(api, state, TABLES);
    assert.deepEqual(
      found.map(({ object, property, workspace }) => `${object}: ${property} ${workspace}`),
      [
        "table shop.gold.sales: mask of mail shop.f.hide",
        "table shop.gold.foreign: row filter shop.f.mine",
        "catalog shop: policy beside policy_type_column_mask",
      ],
    );
    for (const { fix } of found) assert.ok(typeof fix === "object" && "byHand" in fix);
  });

  it("are grants on tables and on objects without `Grants`; each repair removes only what is beside", async () => {
    host.answers = {
      [`${UC}/permissions/table/shop.gold.copy`]: {
        privilege_assignments: [{ principal: "eve", privileges: ["SELECT"] }],
      },
      [`${UC}/permissions/schema/shop.gold`]: {
        privilege_assignments: [{ principal: "ann", privileges: ["SELECT", "MODIFY"] }],
      },
      [`${UC}/permissions/catalog/shop`]: {
        privilege_assignments: [{ principal: "eve", privileges: ["ALL_PRIVILEGES"] }],
      },
    };
    const state = stateOf(
      resource("Catalog", "shop"),
      resource("Schema", "shop.gold"),
      resource("Grants", "catalog/shop", { catalog: "shop" }),
      resource("Grant", "schema/shop.gold/ann", { schema: "shop.gold", principal: "ann", privileges: ["SELECT"] }),
    );
    const found = await grants(api, state, [TABLES[1]!]);
    assert.deepEqual(
      found.map(({ object, property, fix }) => [object, property, (fix as { body: unknown }).body]),
      [
        ["schema shop.gold", "ann", { changes: [{ principal: "ann", remove: ["MODIFY"] }] }],
        ["table shop.gold.copy", "eve", { changes: [{ principal: "eve", remove: ["SELECT"] }] }],
      ],
    );
  });

  it("are tags beside those of the program", async () => {
    host.answers = {
      [`${UC}/entity-tag-assignments/schemas/shop.gold/tags`]: {
        tag_assignments: [{ tag_key: "own" }, { tag_key: "pii", tag_value: "no" }],
      },
    };
    const own = resource("EntityTagAssignment", "x", { entityType: "schemas", entityName: "shop.gold", tagKey: "own" });
    const [found, ...more] = await tags(api, stateOf(resource("Schema", "shop.gold"), own), []);
    assert.deepEqual([found!.property, found!.workspace, more.length], ["pii", "no", 0]);
    assert.deepEqual(found!.fix, { method: "DELETE", path: `${UC}/entity-tag-assignments/schemas/shop.gold/tags/pii` });
  });

  it("are a pipeline's settings: lists and maps must be equal, defaults of Databricks within an object are its own", async () => {
    const inputs = {
      name: "gold",
      configuration: { a: "1" },
      libraries: [{ glob: { include: "/Workspace/x/**" }, __defaults: [] }],
      notifications: [{ emailRecipients: ["a@x"], alerts: ["on-update-failure"] }],
    };
    const spec = {
      id: "p1",
      configuration: { a: "1" },
      libraries: [{ glob: { include: "/Workspace/x/**" }, added_by_databricks: true }],
      notifications: [{ email_recipients: ["a@x"], alerts: ["on-update-failure"] }],
    };
    const state = stateOf(resource("Pipeline", "p1", inputs));
    host.answers = { "/api/2.0/pipelines/p1": { spec } };
    assert.deepEqual(await pipelines(api, state), []);
    host.answers = {
      "/api/2.0/pipelines/p1": { spec: { ...spec, configuration: { a: "1", b: "2" }, development: true } },
    };
    const found = await pipelines(api, state);
    assert.deepEqual(
      found.map(({ property, deployed, workspace }) => [property, deployed, workspace]),
      [
        ["configuration", '{"a":"1"}', '{"a":"1","b":"2"}'],
        ["development", "false", "true"],
      ],
    );
    // One call restores both, and keeps what the program does not say.
    assert.deepEqual(found[0]!.fix, found[1]!.fix);
    assert.deepEqual((found[0]!.fix as { body: object }).body, { ...spec, development: false });
  });

  it("are named when a workspace lacks an API, and the other checks go on", async () => {
    host.answers = {
      [`${UC}/tables`]: { tables: [] },
      [`${UC}/schemas`]: {},
      [`${UC}/catalogs/shop`]: { owner: "eve" },
    };
    const drift = await look(api, "dev", stateOf(resource("Catalog", "shop", {}, { owner: "deployer" })), []);
    assert.match(drift.unchecked.join("\n"), /masks, row filters and policies: .*policies\/catalog\/shop is not here/);
    assert.deepEqual(
      drift.differences.map(({ kind, deployed, workspace }) => [kind, deployed, workspace]),
      [["owner", "deployer", "eve"]],
    );
  });
});

describe("drift that a refresh sees", () => {
  const step = (op: string, more: object): object => ({
    resourcePreEvent: {
      metadata: {
        op,
        urn: "urn:pulumi:dev::shop::databricks:index/job:Job::nightly",
        type: "databricks:index/job:Job",
        ...more,
      },
    },
  });

  it("has both sides of each property, and is not reported twice", () => {
    const seen = refreshed([
      step("refresh", {}),
      step("update", {
        old: { outputs: { tasks: [{ taskKey: "a", "x.y": "hand" }] } },
        new: { inputs: { tasks: [{ taskKey: "a", "x.y": "program" }] } },
        detailedDiff: { 'tasks[0]["x.y"]': {}, schedule: {} },
      }),
    ]);
    assert.deepEqual(
      seen.map(({ property, deployed, workspace }) => [property, deployed, workspace]),
      [
        ['tasks[0]["x.y"]', "program", "hand"],
        ["schedule", "not set", "not set"],
      ],
    );
    const again: Difference = { ...seen[1]!, kind: "schedule", property: "schedule" };
    assert.deepEqual(merged(seen, [again, { ...again, property: "trigger" }]).length, 3);
    assert.equal(valueAt({ a: [{ b: 1 }] }, "a[0].b"), 1);
    assert.equal(valueAt({ a: 1 }, "a.b.c"), undefined);
  });

  it("names what was deleted by hand", () => {
    const [found] = refreshed([step("create", { new: { inputs: {} } })]);
    assert.deepEqual([found!.property, found!.deployed, found!.workspace], ["exists", "yes", "no"]);
  });
});

const DRIFT: Drift = {
  stack: "dev",
  compared: 75,
  unchecked: ["tags: no @permission"],
  differences: [
    {
      kind: "owner",
      object: "schema a|b",
      property: "owner",
      deployed: "<x>",
      workspace: "@eve",
      fix: { method: "PATCH", path: "/x" },
    },
    {
      kind: "table",
      object: "table t",
      property: "exists",
      deployed: "no",
      workspace: "yes",
      fix: { byHand: "it may hold data" },
    },
  ],
};

describe("the report of drift", () => {
  it("has both sides and what mends it, in every format", () => {
    for (const format of ["text", "markdown", "json"] as const) {
      const text = render(DRIFT, format);
      for (const part of ["x>", "eve", "it may hold data", "permission"])
        assert.ok(text.includes(part), `${format}: ${part}`);
    }
    assert.match(render(DRIFT, "text"), /^Stack dev: 2 differences on 2 objects \(75 resources compared\)\./);
    const rows = render(DRIFT, "markdown")
      .split("\n")
      .filter((line) => line.startsWith("| "));
    for (const row of rows) assert.equal(row.replaceAll("\\|", "").split("|").length - 2, 6, row);
    assert.match(
      render({ ...DRIFT, differences: [], unchecked: [] }, "text"),
      /is what was deployed \(75 resources compared\)/,
    );
  });

  it("has arguments that are refused by name when they are wrong", () => {
    for (const [args, message] of [
      [[], /--stack NAME is missing/],
      [["--stack", "dev", "--format", "html"], /--format is 'html': it must be one of text, markdown, json/],
      [["--stack", "dev", "--repair"], /--repair/],
    ] as const)
      assert.throws(
        () => parseOptions(args),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
      );
  });
});

describe("the issue about drift", () => {
  it("is one: opened, updated, and closed when all is well again", async () => {
    const issues: { number: number; body: string; state: string; title?: string }[] = [
      { number: 1, body: "else", state: "open" },
    ];
    const done: string[] = [];
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const data of request) text += data;
      const body = text === "" ? {} : JSON.parse(text);
      if (request.method !== "GET") done.push(`${request.method} ${request.url} ${body.state ?? ""}`.trim());
      if (request.method === "POST" && request.url!.endsWith("/issues"))
        issues.push({ number: 9, state: "open", ...body });
      if (request.method === "PATCH") Object.assign(issues.at(-1)!, body);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(request.method === "GET" ? issues.filter(({ state }) => state === "open") : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { GITHUB_API_URL: url, GITHUB_REPOSITORY: "acme/lake", GITHUB_TOKEN: "t" };
    const well = { ...DRIFT, differences: [] };
    try {
      const said: string[] = [];
      for (const drift of [well, DRIFT, { ...DRIFT, differences: DRIFT.differences.slice(1) }, well, well])
        said.push(await keepIssue(env, drift, "text"));
      assert.deepEqual(said, [
        "no issue is open",
        "an issue opened",
        "issue 9 updated",
        "issue 9 closed",
        "no issue is open",
      ]);
      assert.deepEqual(done, [
        "POST /repos/acme/lake/issues",
        "PATCH /repos/acme/lake/issues/9",
        "POST /repos/acme/lake/issues/9/comments",
        "PATCH /repos/acme/lake/issues/9 closed",
      ]);
      assert.match(issues.at(-1)!.title!, /^Drift: Stack dev: 1 difference on 1 object/);
      await assert.rejects(keepIssue({}, DRIFT, ""), /--issue needs GITHUB_API_URL/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("credentials of the environment", () => {
  it("are a token, a service principal's secret, or GitHub's identity of the run, exchanged", async () => {
    const host = new StandIn();
    const url = await host.start();
    host.answers = { "/oidc/v1/token": { access_token: "exchanged" }, "/identity": { value: "jwt" } };
    try {
      await connect({ DATABRICKS_HOST: `${url}/`, DATABRICKS_TOKEN: "t" });
      assert.deepEqual(host.seen, []);
      await connect({ DATABRICKS_HOST: url, DATABRICKS_CLIENT_ID: "id", DATABRICKS_CLIENT_SECRET: "s" });
      assert.match(host.seen.at(-1)!, /^POST \/oidc\/v1\/token grant_type=client_credentials&scope=all-apis$/);
      const identity = { ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/identity?v=1`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "b" };
      await connect({
        DATABRICKS_HOST: url,
        DATABRICKS_CLIENT_ID: "id",
        DATABRICKS_AUTH_TYPE: "github-oidc",
        ...identity,
      });
      assert.match(host.seen.at(-2)!, /^GET \/identity\?v=1&audience=/);
      assert.match(host.seen.at(-1)!, /token-exchange&.*subject_token=jwt&client_id=id&scope=all-apis$/);
      await assert.rejects(
        connect({ DATABRICKS_HOST: url }),
        /No credentials in the environment: DATABRICKS_TOKEN, or/,
      );
      await assert.rejects(connect({}), /DATABRICKS_HOST is not in the environment/);
    } finally {
      await host.stop();
    }
  });
});
