/** Where the parts of this package are: what a workspace starts, and what the toolchain installs and compiles for it. */
import { join } from "node:path";

/** The folder that goes on PYTHONPATH; the engine is `python -m lakehouse_engine`. */
export const PYTHON_PATH = join(import.meta.dirname, "src");
/** Hash-locked requirements of the engine's Python environment. */
export const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
/** Sources of the Spark extensions, compiled into one jar. */
export const SCALA = join(import.meta.dirname, "scala");
/** The Spark extensions compiled beforehand: a released package has them in place of their sources. */
export const JAR = join(import.meta.dirname, "engine.jar");
