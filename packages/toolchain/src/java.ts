/** Java is a prerequisite: Spark needs a whole JDK or JRE (with jdk.incubator.vector), which no package registry of this project has. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { onPath, output, ToolchainError } from "./process.ts";
import { JAVA_MAJOR, parseVersion } from "./versions.ts";

export interface Java {
  java: string;
  /** What `java -version` says first, a part of keys. */
  version: string;
}

/** JAVA_HOME's Java, else PATH's. @throws ToolchainError that says what to install */
export function findJava(env: NodeJS.ProcessEnv = process.env): Java {
  const home = env.JAVA_HOME;
  const java = home ? join(home, "bin", "java") : onPath("java", env.PATH);
  const install = `Install Java ${JAVA_MAJOR} or newer (for example the package openjdk-${JAVA_MAJOR}-jre-headless, or Eclipse Temurin ${JAVA_MAJOR})`;
  if (!java) throw new ToolchainError(`Java was not found on PATH. ${install}, or set JAVA_HOME.`);
  if (!existsSync(java))
    throw new ToolchainError(
      `JAVA_HOME is ${home}, but there is no ${java}. Correct JAVA_HOME. ${install} if it is missing.`,
    );
  const said = output(java, ["-version"]);
  const line = said?.split("\n").find((text) => / version "/.test(text));
  const version = line ? parseVersion(line.slice(line.indexOf('"'))) : undefined;
  if (!line || !version)
    throw new ToolchainError(`${java} -version does not say its version. ${install}, and set JAVA_HOME to it.`);
  if (version.major < JAVA_MAJOR) {
    throw new ToolchainError(
      `${java} is Java ${version.major === 1 ? version.minor : version.major}; Spark needs ${JAVA_MAJOR} or newer. ${install}, and set JAVA_HOME to it.`,
    );
  }
  return { java, version: line.trim() };
}
