/** The files of the three CI systems: every command that they run takes the arguments that it gets, and every action is pinned. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseOptions as dataDiff } from "../../scripts/data-diff/options.ts";
import { parseOptions as deploy } from "../../scripts/deploy/options.ts";
import { parseOptions as drift } from "../../scripts/drift/options.ts";
import { parseOptions as environment } from "../../scripts/environment/options.ts";
import { parseOptions as pullRequest } from "../../scripts/pull-request/options.ts";
import { parseArguments } from "../../scripts/test/arguments.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FILES = globSync(["{.github/workflows,ci}/*.yml", "packages/local-workspace/action/action.yml"], {
  cwd: ROOT,
}).sort();
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const PARSERS: Readonly<Record<string, (args: string[]) => unknown>> = {
  "data-diff": dataDiff,
  deploy,
  drift,
  environment,
  "pull-request": pullRequest,
  test: (args) => parseArguments(args, ["SUITES"]),
};
/** What the variables of the three hold, as far as it matters for the arguments. */
const VALUES: readonly [RegExp, string][] = [
  [/\$\{?(NUMBER|CI_MERGE_REQUEST_IID)\}?/g, "7"],
  [/\$\{?open\}?/g, "7,8"],
  [/\$\{?(RUN|CI_PIPELINE_URL|SYSTEM_COLLECTIONURI)\}?/g, "https://ci.example/"],
  [/\$SUITES/g, "SUITES"],
  [/\$\{\{[^}]*\}\}|\$\([^)]*\)|\$\{[^}]*\}|\$[A-Za-z_]+/g, "value"],
];

/** The commands of this project in a file, with their arguments as the shell splits them. */
function commands(text: string): [string, string[]][] {
  return [...text.matchAll(/npm run ([a-z-]+) -- ([^\n|;&]+)|npm (test) -- ([^\n|;&]+)/g)].flatMap(
    ([, run, args, test, others]) => {
      const name = run ?? test!;
      if (!(name in PARSERS)) return [];
      const filled = VALUES.reduce((line, [variable, value]) => line.replaceAll(variable, value), args ?? others ?? "");
      // The comment's parts are put together in an array of the shell; its lines are checked by themselves below.
      if (filled.includes("value[@]") || filled.startsWith('comment "value')) return [];
      return [[name, [...filled.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c!)]];
    },
  );
}

describe("the files of GitHub Actions, GitLab CI and Azure Pipelines", () => {
  it("call this project's scripts with arguments that they take", () => {
    const seen = FILES.flatMap((file) => commands(read(file)).map(([name, args]) => ({ file, name, args })));
    for (const { file, name, args } of seen) {
      assert.doesNotThrow(() => PARSERS[name]!(args), `${file}: npm run ${name} -- ${args.join(" ")}`);
    }
    for (const folder of [".github", "ci/gitlab-ci.yml", "ci/azure-pipelines.yml"]) {
      const names = new Set(seen.filter(({ file }) => file.startsWith(folder)).map(({ name }) => name));
      assert.deepEqual([...names].sort(), Object.keys(PARSERS).sort(), folder);
    }
  });

  it("pin every action to a digest, and give no job more than it needs", () => {
    for (const file of FILES.filter((name) => name.startsWith(".github"))) {
      const workflow = parse(read(file)) as {
        permissions: object;
        jobs: Record<string, { permissions?: Record<string, string> }>;
      };
      assert.deepEqual(workflow.permissions, { contents: "read" }, file);
      for (const [, action] of read(file).matchAll(/uses: (\S+)/g))
        assert.match(action!, /^(\.\/.*|\S+@[0-9a-f]{40})$/, file);
      for (const [job, { permissions = {} }] of Object.entries(workflow.jobs)) {
        const written = Object.entries(permissions)
          .filter(([, level]) => level === "write")
          .map(([name]) => name);
        const allowed = ["id-token", "pull-requests", "issues"];
        assert.deepEqual(
          written.filter((name) => !allowed.includes(name)),
          [],
          `${file} ${job}`,
        );
      }
    }
  });

  it("are YAML of one document each", () => {
    for (const file of FILES) assert.equal(typeof parse(read(file)), "object", file);
  });

  it("run what a plan says only by the plan that was approved", () => {
    for (const file of [".github/workflows/deploy.yml", "ci/gitlab-ci.yml", "ci/azure-pipelines.yml"]) {
      const deployments = commands(read(file)).filter(([name]) => name === "deploy");
      assert.ok(deployments.length >= 2, file);
      for (const [, args] of deployments) assert.ok(args.includes("--plan") || args.includes("--save-plan"), file);
    }
  });
});
