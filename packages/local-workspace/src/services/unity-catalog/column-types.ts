/** Columns as Unity Catalog records them, from their names and types: "a string, b struct<c int, d map<string, int>>". */

export interface SystemColumn {
  name: string;
  type_text: string;
  type_name: string;
  type_json: string;
  position: number;
  nullable: boolean;
}

type TypeJson = string | { type: string; [key: string]: unknown };

const NAMES: Readonly<Record<string, string>> = { bigint: "LONG", smallint: "SHORT", tinyint: "BYTE" };
/** Where Spark's JSON has another word than its DDL. */
const JSON_NAMES: Readonly<Record<string, string>> = {
  int: "integer",
  bigint: "long",
  smallint: "short",
  tinyint: "byte",
};

export function columnInfos(columns: string): SystemColumn[] {
  return parts(columns).map((column, position) => {
    const [name, type] = named(column);
    const field = { name, type: typeJson(type), nullable: true, metadata: {} };
    return {
      name,
      type_text: text(type),
      type_name: typeName(type),
      type_json: JSON.stringify(field),
      position,
      nullable: true,
    };
  });
}

/** At the commas that stand outside of any bracket. */
function parts(list: string): string[] {
  const found = [""];
  let depth = 0;
  for (const letter of list) {
    if ("<(".includes(letter)) depth += 1;
    if (">)".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0) found.push("");
    else found[found.length - 1] += letter;
  }
  return found.map((part) => part.trim());
}

function named(column: string): [string, string] {
  const blank = column.indexOf(" ");
  return [column.slice(0, blank), column.slice(blank + 1)];
}

function inner(type: string): [string, string] | undefined {
  const match = /^(struct|array|map)<(.*)>$/.exec(type);
  return match ? [match[1]!, match[2]!] : undefined;
}

function typeName(type: string): string {
  const word = inner(type)?.[0] ?? type.replace(/\(.*/, "");
  return NAMES[word] ?? word.toUpperCase();
}

function text(type: string): string {
  const [kind, of] = inner(type) ?? [];
  if (kind === "struct")
    return `struct<${parts(of!)
      .map((field) => named(field))
      .map(([name, each]) => `${name}:${text(each)}`)
      .join(",")}>`;
  return kind ? `${kind}<${parts(of!).map(text).join(",")}>` : type;
}

function typeJson(type: string): TypeJson {
  const [kind, of] = inner(type) ?? [];
  if (kind === "array") return { type: "array", elementType: typeJson(of!), containsNull: true };
  if (kind === "map") {
    const [key, value] = parts(of!).map(typeJson);
    return { type: "map", keyType: key, valueType: value, valueContainsNull: true };
  }
  if (kind === "struct") {
    const fields = parts(of!).map((field) => named(field));
    return {
      type: "struct",
      fields: fields.map(([name, each]) => ({ name, type: typeJson(each), nullable: true, metadata: {} })),
    };
  }
  return JSON_NAMES[type] ?? type;
}
