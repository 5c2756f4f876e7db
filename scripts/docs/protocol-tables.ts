/** The engine protocol as tables: a row for each method, then the records that they name. */
import { engineMethods, engineNotifications, workspaceMethods } from "lakehouse-engine/protocol";
import type { z } from "zod";

type Schema = z.core.JSONSchema.JSONSchema;

/** A schema in short: text has no type, `?` marks what may be missing. */
export function shape(schema: Schema): string {
  if (schema.$ref) return schema.$ref.replace("#/$defs/", "");
  const options = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (options) return options.map(shape).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `[${shape(schema.items as Schema)}]`;
  if (schema.type === "object") return object(schema);
  if (Array.isArray(schema.type)) return schema.type.map((type) => shape({ type })).join(" | ");
  if (schema.type === "string") return "text";
  return schema.type ?? "any";
}

function object(schema: Schema): string {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const type = shape(value as Schema);
    return `${name}${required.has(name) ? "" : "?"}${type === "text" ? "" : `: ${type}`}`;
  });
  const values = schema.additionalProperties as Schema | false | undefined;
  if (values && fields.length === 0) return Object.keys(values).length > 0 ? `{ name: ${shape(values)} }` : "{ … }";
  if (values) fields.push("…");
  return fields.length > 0 ? `{ ${fields.join(", ")} }` : "{}";
}

const cell = (schema: Schema): string => {
  const text = `\`${shape(schema).replaceAll("|", "\\|")}\``;
  return schema.description ? `${text}: ${schema.description}` : text;
};

export function protocolTables(all: Schema): string {
  const of = (key: string): Schema => (all.properties as Record<string, Schema>)[key]!;
  const row = (method: string): string =>
    `| \`${method}\` | ${cell(of(`${method} params`))} | ${cell(of(`${method} result`))} |`;
  const requests = (title: string, methods: object): string =>
    [`${title}\n`, "| method | params | result |", "| --- | --- | --- |", ...Object.keys(methods).map(row)].join("\n");
  const told = Object.keys(engineNotifications).map((method) => `| \`${method}\` | ${cell(of(`${method} params`))} |`);
  const defined = Object.entries(all.$defs ?? {}) as [string, Schema][];
  const variants = new Set(defined.flatMap(([, { oneOf = [] }]) => oneOf.map((each) => shape(each as Schema))));
  const resolved = (each: Schema): Schema => all.$defs?.[shape(each)] as Schema;
  const records = defined
    .filter(([name]) => !variants.has(name))
    .map(([name, schema]) =>
      schema.oneOf
        ? `| \`${name}\` | ${schema.description}:<br>${(schema.oneOf as Schema[]).map((each) => cell(resolved(each))).join("<br>")} |`
        : `| \`${name}\` | ${cell(schema)} |`,
    );
  return [
    requests("Workspace → engine (requests)", engineMethods),
    ["Engine → workspace (notifications, no answer)\n", "| method | params |", "| --- | --- |", ...told].join("\n"),
    requests("Engine → workspace (requests)", workspaceMethods),
    [
      "Records. Fields in snake_case are Databricks' own; text has no type, `…` means more fields of Databricks.\n",
      "| record | shape |",
      "| --- | --- |",
      ...records,
    ].join("\n"),
    "",
  ].join("\n\n");
}
