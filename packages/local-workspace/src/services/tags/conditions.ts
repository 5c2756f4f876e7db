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

/** Reads by descent: OR over AND over NOT, brackets and calls. */
class Reader {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  whole(): Condition {
    const condition = this.#either();
    if (this.#next < this.#tokens.length) throw this.#bad("nothing more");
    return condition;
  }

  #bad(wanted: string): Error {
    return invalid(`The condition "${this.#source}" needs ${wanted} at word ${this.#next + 1}.`);
  }

  #is(kind: Token["kind"], text: string): boolean {
    const token = this.#tokens[this.#next];
    return token?.kind === kind && (kind === "word" ? token.text.toUpperCase() : token.text) === text;
  }

  #word(text: string): boolean {
    if (!this.#is("word", text)) return false;
    this.#next += 1;
    return true;
  }

  #mark(text: string): void {
    if (!this.#is("mark", text)) throw this.#bad(`'${text}'`);
    this.#next += 1;
  }

  #literal(): string {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "text") throw this.#bad("a text in quotes");
    this.#next += 1;
    return token.text;
  }

  #call(): Condition {
    const token = this.#tokens[this.#next];
    const name = token?.kind === "word" ? token.text.toLowerCase().replaceAll("_", "") : "";
    if (name !== "hastag" && name !== "hastagvalue") throw this.#bad("has_tag, has_tag_value, TRUE, FALSE, NOT or '('");
    this.#next += 1;
    this.#mark("(");
    const key = this.#literal();
    if (name === "hastag") {
      this.#mark(")");
      return (tags) => tags.has(key);
    }
    this.#mark(",");
    const value = this.#literal();
    this.#mark(")");
    return (tags) => tags.get(key) === value;
  }

  #term(): Condition {
    if (this.#word("NOT")) {
      const inner = this.#term();
      return (tags) => !inner(tags);
    }
    if (this.#word("TRUE")) return () => true;
    if (this.#word("FALSE")) return () => false;
    if (!this.#is("mark", "(")) return this.#call();
    this.#mark("(");
    const inner = this.#either();
    this.#mark(")");
    return inner;
  }

  #both(): Condition {
    const parts = [this.#term()];
    while (this.#word("AND")) parts.push(this.#term());
    return (tags) => parts.every((part) => part(tags));
  }

  #either(): Condition {
    const parts = [this.#both()];
    while (this.#word("OR")) parts.push(this.#both());
    return (tags) => parts.some((part) => part(tags));
  }
}

export const parseCondition = (source: string): Condition => new Reader(source).whole();
