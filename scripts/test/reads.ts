/**
 * What a suite reads without importing it: programs that it starts, files that it deploys or compares. Folders end in `/`.
 * TypeScript that stands here counts with all that it imports, Python with the packages that it imports.
 */
const PROGRAM = [
  "index.ts",
  "settings.ts",
  "identities.ts",
  "personal-data.ts",
  "components/",
  "notebooks/",
  "policy/",
  "Pulumi.",
];
const WORKSPACE = ["packages/local-workspace/src/main.ts"];
const ENGINE = ["packages/engine/src/", "packages/engine/scala/"];

export const READS: Readonly<Record<string, readonly string[]>> = {
  browser: [...WORKSPACE, ...ENGINE, "packages/local-workspace/web/"],
  ci: [
    ...PROGRAM,
    ...WORKSPACE,
    ...["scripts/ci/", "scripts/policy.ts", "scripts/test/", ".github/workflows/", "ci/"],
    ...["deploy", "drift", "environment", "pull-request"].map((name) => `scripts/${name}/main.ts`),
  ],
  cli: [...WORKSPACE, ...ENGINE, "packages/local-workspace/bin/", "packages/local-workspace/src/cli/"],
  commands: [...WORKSPACE, ...ENGINE, "packages/local-workspace/bin/", "packages/local-workspace/src/cli/"],
  docs: [
    "docs/lakeflow-sql.md",
    "docs/lakeflow-python.md",
    "scripts/docs/lakeflow_sql.py",
    "scripts/docs/lakeflow_python.py",
  ],
  e2e: [...PROGRAM, ...WORKSPACE, ...ENGINE, "scripts/start/main.ts", "tests/oracle/"],
  engine: [...ENGINE],
  lakeflow: [...ENGINE, "packages/engine/tests/engine/updates/pipelines.py"],
  notebooks: [...ENGINE, "notebooks/", "bench/", "docs/data.md", "scripts/docs/data_page.py"],
  oracle: [],
  pipelines: [...ENGINE, "notebooks/", "packages/local-workspace/bin/", "packages/local-workspace/src/cli/"],
  policy: [...PROGRAM, "docs/policies.md", "scripts/policy.ts"],
  rest: [...WORKSPACE, ...ENGINE],
  sdk: [...WORKSPACE, ...ENGINE],
  toolchain: ["packages/toolchain/"],
  unit: [...PROGRAM, "docs/components.md", "scripts/data-diff/main.ts"],
};

/** What can change the outcome of any suite: dependencies, settings of the languages, and the way tests are run. */
export const EVERYTHING = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "pyproject.toml",
  "packages/engine/requirements.txt",
  "packages/toolchain/src/",
  "packages/toolchain/bootstrap.cjs",
  "scripts/test/run.ts",
  "scripts/test/mocha.ts",
];
