#!/usr/bin/env node
/** `databricks-governance ENVIRONMENT [CHANGES.json]`: prints a configuration for `--policy-pack-config`, or says what is wrong with it. */
import { readFileSync } from "node:fs";
import { ENVIRONMENTS, type Environment, extend, type PackConfiguration } from "./configurations.ts";

const USAGE = `databricks-governance ${ENVIRONMENTS.join("|")} [CHANGES.json]`;

try {
  const [environment, file, ...others] = process.argv.slice(2);
  if (!ENVIRONMENTS.includes(environment as Environment) || others.length > 0) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = 2;
  } else {
    const changes = file === undefined ? {} : (JSON.parse(readFileSync(file, "utf8")) as PackConfiguration);
    process.stdout.write(`${JSON.stringify(extend(environment as Environment, changes), null, 2)}\n`);
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
