/**
 * Conditions of ABAC policies: has_tag('k'), has_tag_value('k', 'v') (and the older hasTag, hasTagValue), TRUE, FALSE, joined by AND, OR, NOT and
 * parentheses. https://docs.databricks.com/data-governance/unity-catalog/abac/policies
 */
import { invalid } from "../../core/errors.ts";

export type Tags = ReadonlyMap<string, string>;
export type Condition = (tags: Tags) => boolean;

const TOKEN = /\s*(?:([(),])|'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*))/y;

interface Token {
  kind: "mark" | "text" | "word";
  text: string;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw invalid(`The condition "${source}" cannot be read at character ${at + 1}.`);
    const quoted = match[2] ?? match[3];
    if (match[1]) tokens.push({ kind: "mark", text: match[1] });
    else if (quoted !== undefined)
      tokens.push({ kind: "text", text: quoted.replaceAll("''", "'").replace(/\\(.)/g, "$1") });
    else tokens.push({ kind: "word", text: match[4]! });
  }
  return tokens;
}

export function parseCondition(source: string): Condition {
  const tokens = tokenize(source);
  let next = 0;
  const bad = (wanted: string) => invalid(`The condition "${source}" needs ${wanted} at word ${next + 1}.`);
  const word = (text: string): boolean => {
    if (tokens[next]?.kind !== "word" || tokens[next]!.text.toUpperCase() !== text) return false;
    next += 1;
    return true;
  };
  const mark = (text: string): void => {
    if (tokens[next]?.kind !== "mark" || tokens[next]!.text !== text) throw bad(`'${text}'`);
    next += 1;
  };
  const literal = (): string => {
    const token = tokens[next];
    if (token?.kind !== "text") throw bad("a text in quotes");
    next += 1;
    return token.text;
  };
  const call = (): Condition => {
    const name = tokens[next]?.kind === "word" ? tokens[next]!.text.toLowerCase().replaceAll("_", "") : "";
    if (name !== "hastag" && name !== "hastagvalue") throw bad("has_tag, has_tag_value, TRUE, FALSE, NOT or '('");
    next += 1;
    mark("(");
    const key = literal();
    if (name === "hastag") {
      mark(")");
      return (tags) => tags.has(key);
    }
    mark(",");
    const value = literal();
    mark(")");
    return (tags) => tags.get(key) === value;
  };
  const term = (): Condition => {
    if (word("NOT")) {
      const inner = term();
      return (tags) => !inner(tags);
    }
    if (word("TRUE")) return () => true;
    if (word("FALSE")) return () => false;
    if (tokens[next]?.text === "(" && tokens[next]?.kind === "mark") {
      next += 1;
      const inner = either();
      mark(")");
      return inner;
    }
    return call();
  };
  const both = (): Condition => {
    const parts = [term()];
    while (word("AND")) parts.push(term());
    return (tags) => parts.every((part) => part(tags));
  };
  const either = (): Condition => {
    const parts = [both()];
    while (word("OR")) parts.push(both());
    return (tags) => parts.some((part) => part(tags));
  };
  const condition = either();
  if (next < tokens.length) throw bad("nothing more");
  return condition;
}
