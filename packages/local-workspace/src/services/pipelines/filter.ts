/** The SQL-like filters of list calls: `level IN ('WARN', 'ERROR') AND timestamp >= '2026-…'`, `name LIKE '%x%'`. */
import { invalid } from "../../core/errors.ts";

export interface Condition {
  field: string;
  op: "=" | "<" | "<=" | ">" | ">=" | "LIKE" | "IN";
  values: string[];
}

const TOKEN = /\s*(?:('(?:[^']|'')*'|"(?:[^"]|"")*")|(<=|>=|[=<>(),])|([A-Za-z_][\w.]*)|(\S))/gy;

/** @param fields what may be filtered by, with the operators that each knows */
export function parseFilter(text: string, fields: Readonly<Record<string, readonly Condition["op"][]>>): Condition[] {
  const tokens = [...text.matchAll(TOKEN)].map(([, string, symbol, word, other]) => {
    if (other !== undefined) throw problem(text, `unexpected '${other}'`);
    return { string: string && unquote(string), symbol: symbol ?? word?.toUpperCase(), word };
  });
  let at = 0;
  const next = () => tokens[at++] ?? {};
  const string = (): string => {
    const token = next() as { string?: string };
    if (token.string === undefined) throw problem(text, "a value must be in quotes");
    return token.string;
  };
  const conditions: Condition[] = [];
  for (;;) {
    const field = ((next() as { word?: string }).word ?? "").toLowerCase();
    const known = fields[field];
    if (!known) throw problem(text, `it can filter by ${Object.keys(fields).join(", ")}, not '${field}'`);
    const op = ((next() as { symbol?: string }).symbol ?? "") as Condition["op"];
    if (!known.includes(op)) throw problem(text, `${field} can be used with ${known.join(", ")}, not '${op}'`);
    const values: string[] = [];
    if (op === "IN") {
      if ((next() as { symbol?: string }).symbol !== "(") throw problem(text, "IN needs a list in parentheses");
      let symbol: string | undefined;
      do {
        values.push(string());
        symbol = (next() as { symbol?: string }).symbol;
      } while (symbol === ",");
      if (symbol !== ")") throw problem(text, "the list of IN is not closed");
    } else values.push(string());
    conditions.push({ field, op, values });
    if (at >= tokens.length) return conditions;
    if ((next() as { symbol?: string }).symbol !== "AND") throw problem(text, "conditions are joined by AND");
  }
}

const unquote = (quoted: string): string => quoted.slice(1, -1).replaceAll(quoted[0]!.repeat(2), quoted[0]!);
const problem = (text: string, why: string): Error => invalid(`Invalid filter '${text}': ${why}.`);

export function matches(value: string, { op, values }: Condition): boolean {
  const [wanted = ""] = values;
  if (op === "=") return value === wanted;
  if (op === "<") return value < wanted;
  if (op === "<=") return value <= wanted;
  if (op === ">") return value > wanted;
  if (op === ">=") return value >= wanted;
  if (op === "IN") return values.includes(value);
  const pattern = wanted
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${pattern}$`, "s").test(value);
}

/** `order_by`: `["timestamp desc"]` or one text. */
export function parseOrder(
  order: string | readonly string[] | undefined,
  fields: readonly string[],
  fallback: { field: string; descending: boolean },
): { field: string; descending: boolean } {
  const first = typeof order === "string" ? order : order?.[0];
  if (!first) return fallback;
  const [field = "", direction = "asc", ...rest] = first.trim().toLowerCase().split(/\s+/);
  if (!fields.includes(field) || !["asc", "desc"].includes(direction) || rest.length > 0) {
    throw invalid(`Invalid order_by '${first}'. Use one of ${fields.join(", ")}, followed by asc or desc.`);
  }
  return { field, descending: direction === "desc" };
}
