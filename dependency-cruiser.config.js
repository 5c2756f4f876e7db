// Which module may import which: the lines between the packages (docs/architecture.md). Run by `npm run check`.

/** Folders that are one package each: what is inside of one is reached from outside only through its package.json's exports. */
const PACKAGES = "packages/[^/]+|policy";

/** Folders of the local workspace, each with all that is below it. */
const WORKSPACE_FOLDERS = "packages/local-workspace/src/(?:services/[^/]+|(?!services)[^/]+)";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circles",
      comment: "Modules that import each other are one module: move what both need to a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-circles-of-folders",
      comment: "Services and the other folders of the local workspace do not depend on each other in circles.",
      severity: "error",
      scope: "folder",
      from: { path: `^(${WORKSPACE_FOLDERS})$` },
      to: { path: `^(${WORKSPACE_FOLDERS})(/|$)`, pathNot: "^$1(/|$)", circular: true },
    },
    {
      name: "packages-by-their-exports",
      comment: "Import another package by its name; what it offers is in its package.json's exports.",
      severity: "error",
      from: { path: `^(${PACKAGES})/` },
      to: {
        path: `^(${PACKAGES})/`,
        pathNot: "^$1/",
        dependencyTypes: ["local"],
        dependencyTypesNot: ["aliased-workspace"],
      },
    },
    {
      name: "packages-by-their-exports-from-outside",
      comment: "Import a package by its name. tests/policy are the policy pack's own tests.",
      severity: "error",
      from: { pathNot: `^(${PACKAGES}|tests/policy)/` },
      to: { path: `^(${PACKAGES})/`, dependencyTypes: ["local"], dependencyTypesNot: ["aliased-workspace"] },
    },
    {
      name: "packages-know-no-program",
      comment: "Packages know nothing of the program, its components, scripts and tests.",
      severity: "error",
      from: { path: `^(${PACKAGES})/` },
      to: { path: "^(index|settings)\\.ts$|^(components|scripts|tests|bench)/" },
    },
    {
      name: "program-knows-no-packages",
      comment: "The program runs on any workspace: it imports nothing of packages/, policy/, scripts/ or tests/.",
      severity: "error",
      from: { path: "^(index|settings)\\.ts$|^components/" },
      to: { path: "^(packages|policy|scripts|tests)/|^node_modules/(lakehouse-|databricks-governance)" },
    },
    {
      name: "resolvable",
      comment: "tests/programs are programs of others, with packages that their tests install.",
      severity: "error",
      from: { pathNot: "^tests/programs/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "packages/local-workspace/web/vendor" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".js", ".cjs", ".json", ".d.ts"],
    },
    skipAnalysisNotInRules: true,
  },
};
