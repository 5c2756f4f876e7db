/** The jars that Spark gets beside pyspark's own: Delta, and the engine's Scala, compiled by the compiler among pyspark's jars. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { JAR, SCALA } from "lakehouse-engine";
import { cached, contentsOf, keyOf } from "./cache.ts";
import type { Java } from "./java.ts";
import { type Progress, run, ToolchainError } from "./process.ts";
import { JARS } from "./versions.ts";

const isScala = (name: string): boolean => name.endsWith(".scala");

export function pysparkJars(sitePackages: string): string {
  return join(sitePackages, "pyspark", "jars");
}

/** Paths of all jars, in the order of the class path. */
export async function ensureJars(sitePackages: string, java: Java, progress: Progress): Promise<string[]> {
  const delta = await ensureDelta(pysparkJars(sitePackages), java, progress);
  const engine = await ensureEngineJar(pysparkJars(sitePackages), delta, java, progress);
  return [...delta, ...engine];
}

async function ensureDelta(spark: string, java: Java, progress: Progress): Promise<string[]> {
  const dir = await cached(
    { name: "delta", key: keyOf(JSON.stringify(JARS)), title: "Delta" },
    progress,
    async (making) => {
      progress("Delta: fetching its jars from Maven");
      const ivy = readdirSync(spark).find((name) => /^ivy-.*\.jar$/.test(name));
      if (!ivy) throw new ToolchainError(`There is no Ivy among pyspark's jars in ${spark}; is this pyspark damaged?`);
      for (const jar of JARS) {
        await run(
          java.java,
          [
            ...["-jar", join(spark, ivy), "-cache", join(making.scratch, "ivy"), "-notransitive"],
            ...["-dependency", jar.organisation, jar.name, jar.revision],
            ...["-retrieve", join(making.dir, "[artifact]-[revision].[ext]"), "-types", "jar"],
          ],
          { title: `fetch ${jar.organisation}:${jar.name}:${jar.revision} from Maven`, log: making.log },
        );
        verify(join(making.dir, `${jar.name}-${jar.revision}.jar`), jar.sha256);
      }
    },
  );
  return JARS.map((jar) => join(dir, `${jar.name}-${jar.revision}.jar`));
}

function verify(file: string, sha256: string): void {
  if (!existsSync(file)) throw new ToolchainError(`Maven answered without ${file}.`);
  const got = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (got !== sha256)
    throw new ToolchainError(`${file} has the SHA-256 ${got}, expected ${sha256}: it is not the jar that was locked.`);
}

/** Catalog, volumes and readers: the released package's jar, else every .scala below the engine, compiled. */
async function ensureEngineJar(spark: string, delta: string[], java: Java, progress: Progress): Promise<string[]> {
  if (existsSync(JAR)) return [JAR];
  const sources = readdirSync(SCALA, { recursive: true, encoding: "utf8" }).filter(isScala).sort();
  const key = keyOf(...contentsOf(SCALA, isScala), spark, ...delta);
  const dir = await cached({ name: "engine", key, title: "Spark extensions" }, progress, async (making) => {
    progress("Spark extensions: compiling them");
    mkdirSync(join(making.scratch, "tmp"));
    await run(
      java.java,
      [
        ...["-Xmx1g", `-Djava.io.tmpdir=${join(making.scratch, "tmp")}`, "-cp", join(spark, "*")],
        "scala.tools.nsc.Main",
        ...["-cp", [join(spark, "*"), ...delta].join(delimiter), "-d", join(making.dir, "engine.jar"), "-nowarn"],
        ...sources.map((name) => join(SCALA, name)),
      ],
      { title: "compile the Spark extensions", log: making.log },
    );
  });
  return [join(dir, "engine.jar")];
}
