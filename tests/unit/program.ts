/** The program as it is, under Pulumi's mocks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { forget, type Made, made, mockAs, settle } from "./mocks.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PROJECT = "olist-lakehouse";
let runs = 0;

/** What the program makes with a stack file of the repository and further settings, by type without its module. */
export async function program(file: string, more: Record<string, unknown> = {}): Promise<Map<string, Made[]>> {
  const { config } = parse(readFileSync(join(ROOT, `Pulumi.${file}.yaml`), "utf8")) as { config: object };
  const own = Object.fromEntries(Object.entries(more).map(([key, value]) => [`${PROJECT}:${key}`, value]));
  const text = Object.entries({ ...config, ...own }).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  forget();
  mockAs(PROJECT, `s${file}`);
  pulumi.runtime.setAllConfig(Object.fromEntries(text));
  await import(`../../index.ts?run=${++runs}`);
  await settle();
  mockAs("sales-lakehouse", "test");
  return Map.groupBy([...made], ({ type }) => type.split(":").at(-1)!);
}
