// A Pulumi program of resources.json: Databricks resources by their type tokens alone, with none of this project's components.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

const made = new Map();
for (const { token, name, urn, props, protect, dependencies } of JSON.parse(readFileSync("resources.json", "utf8"))) {
  const inputs = { ...props };
  for (const [property, urns] of Object.entries(dependencies ?? {})) inputs[property] = made.get(urns[0]).id;
  made.set(urn, new pulumi.CustomResource(token, name, inputs, { protect }));
}
