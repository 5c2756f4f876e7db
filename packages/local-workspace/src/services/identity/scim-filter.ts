/** SCIM filters (RFC 7644, 3.4.2.2) as the SDKs send them: comparisons joined by and, or, not and parentheses. */
import { own } from "../../core/own.ts";
import { ScimError } from "./rules.ts";

type Resource = Record<string, unknown>;
type Predicate = (resource: Resource) => boolean;

const OPERATORS: Record<string, (actual: string, wanted: string) => boolean> = {
  eq: (actual, wanted) => actual === wanted,
  ne: (actual, wanted) => actual !== wanted,
  co: (actual, wanted) => actual.includes(wanted),
  sw: (actual, wanted) => actual.startsWith(wanted),
  ew: (actual, wanted) => actual.endsWith(wanted),
};

// Texts stand in double quotes or, which SCIM does not know and Databricks takes, in single ones.
const TOKEN = /\s*(?:([()])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s()"]+))/y;

interface Token {
  kind: "paren" | "text" | "word";
  text: string;
}

function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < filter.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(filter);
    if (!match)
      throw new ScimError(400, `Given filter operator is not supported: ${filter.slice(at)}`, "invalidFilter");
    const [, paren, double, single, word] = match;
    const text = double ?? single;
    if (paren) tokens.push({ kind: "paren", text: paren });
    else if (text !== undefined) tokens.push({ kind: "text", text: text.replace(/\\(.)/g, "$1") });
    else tokens.push({ kind: "word", text: word! });
  }
  return tokens;
}

function valuesAt(resource: Resource, path: string): string[] {
  let found: unknown[] = [resource];
  for (const part of path.split(".")) {
    found = found.flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      const key = Object.keys(value).find((name) => name.toLowerCase() === part.toLowerCase());
      const next = key === undefined ? undefined : (value as Resource)[key];
      return Array.isArray(next) ? next : next === undefined ? [] : [next];
    });
  }
  return found.map((value) =>
    typeof value === "object" && value !== null ? String((value as Resource).value ?? "") : String(value),
  );
}

/** @returns what a resource must satisfy; throws SCIM's invalidFilter for what cannot be read */
export function parseFilter(filter: string): Predicate {
  const tokens = tokenize(filter);
  let next = 0;
  const bad = (what: string) => new ScimError(400, `Invalid filter '${filter}': ${what}`, "invalidFilter");
  const word = (text: string): boolean => {
    const token = tokens[next];
    if (token?.kind !== "word" || token.text.toLowerCase() !== text) return false;
    next += 1;
    return true;
  };

  const comparison = (): Predicate => {
    const attribute = tokens[next++];
    if (attribute?.kind !== "word") throw bad("an attribute name was expected");
    if (word("pr")) return (resource) => valuesAt(resource, attribute.text).length > 0;
    const name = tokens[next++]?.text.toLowerCase() ?? "";
    const compare = own(OPERATORS, name);
    if (!compare) throw bad(`Given filter operator is not supported: '${name}'; use eq, ne, co, sw, ew or pr`);
    const operand = tokens[next++];
    if (!operand || operand.kind === "paren") throw bad(`a value was expected after '${name}'`);
    const wanted = operand.text.toLowerCase();
    return (resource) => {
      const actual = valuesAt(resource, attribute.text).map((value) => value.toLowerCase());
      return name === "ne" ? !actual.includes(wanted) : actual.some((value) => compare(value, wanted));
    };
  };
  const term = (): Predicate => {
    if (word("not")) {
      const inner = term();
      return (resource) => !inner(resource);
    }
    if (tokens[next]?.kind === "paren" && tokens[next]?.text === "(") {
      next += 1;
      const inner = either();
      if (tokens[next++]?.text !== ")") throw bad("a closing parenthesis is missing");
      return inner;
    }
    return comparison();
  };
  const both = (): Predicate => {
    const parts = [term()];
    while (word("and")) parts.push(term());
    return (resource) => parts.every((part) => part(resource));
  };
  const either = (): Predicate => {
    const parts = [both()];
    while (word("or")) parts.push(both());
    return (resource) => parts.some((part) => part(resource));
  };

  const predicate = either();
  if (next < tokens.length) throw bad(`'${tokens[next]!.text}' was not expected`);
  return predicate;
}
