/** What a program depends on: packages with a Pulumi plugin, and npm packages with their versions. */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PackageDependency, PluginDependency } from "@pulumi/pulumi/proto/plugin_pb.js";
import { language, plugins } from "./sdk.ts";

interface PackageJson {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  pulumi?: {
    resource?: boolean;
    name?: string;
    version?: string;
    server?: string;
    parameterization?: { name: string; version: string; value: string };
  };
}

function readPackage(dir: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as PackageJson;
  } catch {
    return undefined;
  }
}

/** Folders of all packages that the program can load: node_modules beside it and above it, nested ones too. */
function* packageDirs(dir: string): Generator<string> {
  const seen = new Set<string>();
  for (let folder = dir; ; folder = dirname(folder)) {
    yield* below(join(folder, "node_modules"), seen);
    if (folder === dirname(folder)) return;
  }
}

function* below(modules: string, seen: Set<string>): Generator<string> {
  if (!existsSync(modules)) return;
  for (const name of readdirSync(modules)) {
    if (name.startsWith(".")) continue;
    const scoped = name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name];
    for (const one of scoped) {
      const dir = join(modules, one);
      const real = realpathSync(dir);
      if (seen.has(real)) continue; // links, as pnpm makes them
      seen.add(real);
      yield dir;
      yield* below(join(dir, "node_modules"), seen);
    }
  }
}

interface Required {
  name: string;
  version: string;
  server: string;
  parameterization?: { name: string; version: string; value: string };
}

function required(dir: string): Required[] {
  const found = new Map<string, Required>();
  for (const folder of packageDirs(dir)) {
    const info = readPackage(folder);
    if (!info?.pulumi?.resource || !info.name) continue;
    const name = info.pulumi.name ?? info.name.replace(/^@pulumi\//, "").replace(/^@/, "");
    const version = (info.pulumi.version ?? info.version ?? "").replace(/^v?(?=.)/, "v");
    found.set(`${name}@${version}@${info.pulumi.parameterization?.name ?? ""}`, {
      name,
      version,
      server: info.pulumi.server ?? "",
      parameterization: info.pulumi.parameterization,
    });
  }
  return [...found.values()];
}

export function requiredPlugins(dir: string): PluginDependency[] {
  return required(dir).map(({ name, version, server }) => {
    const plugin = new plugins.PluginDependency();
    plugin.setName(name);
    plugin.setKind("resource");
    plugin.setVersion(version);
    plugin.setServer(server);
    return plugin;
  });
}

export function requiredPackages(dir: string): PackageDependency[] {
  return required(dir).map(({ name, version, server, parameterization }) => {
    const one = new plugins.PackageDependency();
    one.setName(name);
    one.setKind("resource");
    one.setVersion(version);
    one.setServer(server);
    if (parameterization) {
      const more = new plugins.PackageParameterization();
      more.setName(parameterization.name);
      more.setVersion(parameterization.version);
      more.setValue(parameterization.value); // base64, as in package.json
      one.setParameterization(more);
    }
    return one;
  });
}

/** Direct dependencies of package.json with the versions that are installed; with `transitive`, every installed package. */
export function programDependencies(dir: string, transitive: boolean) {
  const own = readPackage(dir);
  if (!own) throw new Error(`There is no readable package.json in ${dir}`);
  const direct = new Set(Object.keys({ ...own.dependencies, ...own.devDependencies }));
  const found = new Map<string, string>();
  for (const folder of packageDirs(dir)) {
    const info = readPackage(folder);
    if (!info?.name || !info.version || !(transitive || direct.has(info.name))) continue;
    if (transitive) found.set(`${info.name}@${info.version}`, info.name);
    else if (!found.has(info.name)) found.set(info.name, info.version);
  }
  return [...found].sort().map(([key, value]) => {
    const one = new language.DependencyInfo();
    one.setName(transitive ? value : key);
    one.setVersion(transitive ? key.slice(value.length + 1) : value);
    return one;
  });
}
