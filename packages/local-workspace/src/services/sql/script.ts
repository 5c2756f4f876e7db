/** SQL scripts: their statements, and the query parameters `{{name}}` in them. */

const OPENERS: Record<string, string> = { "'": "'", '"': '"', "`": "`" };
const WORD = /[A-Za-z_]\w*/y;

/** A stretch of a script; `quoted`: what stands in quotes, with them. */
interface Piece {
  kind: "text" | "quoted" | "comment";
  text: string;
}

function pieces(script: string): Piece[] {
  const found: Piece[] = [];
  let start = 0;
  const end = (at: number, kind: Piece["kind"], to: number): void => {
    if (at > start) found.push({ kind: "text", text: script.slice(start, at) });
    if (to > at) found.push({ kind, text: script.slice(at, to) });
    start = to;
  };
  for (let at = 0; at < script.length; ) {
    const before = start;
    if (script.startsWith("--", at)) end(at, "comment", (script.indexOf("\n", at) + 1 || script.length + 1) - 1);
    else if (script.startsWith("/*", at)) end(at, "comment", endOfComment(script, at));
    else if (script.startsWith("$$", at)) end(at, "quoted", endOfDollars(script, at));
    else if (OPENERS[script[at]!]) end(at, "quoted", endOfQuote(script, at, script[at]!));
    at = start === before ? at + 1 : start;
  }
  end(script.length, "text", script.length);
  return found;
}

/** `$$ … $$`: the body of a function in Python, or a metric view's definition. */
function endOfDollars(script: string, from: number): number {
  const close = script.indexOf("$$", from + 2);
  return close < 0 ? script.length : close + 2;
}

/** Cuts a script at its semicolons, past strings, quoted names and comments; BEGIN … END is one statement. */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  const depth = new Depth();
  let [statement, content] = ["", false];
  const end = (): void => {
    if (content) statements.push(statement.trim());
    [statement, content] = ["", false];
    depth.reset();
  };
  for (const { kind, text } of pieces(script)) {
    if (kind !== "text") {
      statement += text;
      content ||= kind === "quoted";
      if (kind === "quoted") depth.other();
      continue;
    }
    for (let at = 0; at < text.length; ) {
      WORD.lastIndex = at;
      const word = WORD.exec(text)?.[0];
      const token = word ?? text[at]!;
      at += token.length;
      if (token === ";" && !depth.open) end();
      else {
        statement += token;
        content ||= !/\s/.test(token);
        if (word) depth.word(word.toUpperCase());
        else if (!/\s/.test(token)) depth.other(token);
      }
    }
  }
  end();
  return statements;
}

/**
 * How deep in compound statements a place is: https://docs.databricks.com/aws/en/sql/language-manual/control-flow/compound-stmt.
 * IF, WHILE, LOOP, FOR and REPEAT end with two words, so that only BEGIN and CASE count.
 */
class Depth {
  #level = 0;
  /** The words and signs of the statement so far that tell a compound statement from another; and the last one. */
  #first: string[] = [];
  #last = "";

  /** Whether a semicolon here belongs to the statement; `BEGIN;` begins a transaction. */
  get open(): boolean {
    return this.#level > 0 && this.#first.length > 1;
  }

  reset(): void {
    this.#level = 0;
    this.#first = [];
    this.#last = "";
  }

  other(sign = "''"): void {
    this.#see(sign);
  }

  word(word: string): void {
    const [last, before] = [this.#last, this.#first.length];
    this.#see(word);
    if (last === ".") return;
    const compound = before === 0 || last === ":" || (last === "AS" && this.#first.includes("PROCEDURE"));
    if (word === "BEGIN" && (this.#level > 0 || compound)) this.#level += 1;
    else if (word === "TRANSACTION" && last === "BEGIN" && this.#level === 1) this.#level = 0;
    else if (this.#level > 0 && word === "CASE" && last !== "END") this.#level += 1;
    else if (this.#level > 0 && word === "END") this.#level -= 1;
    else if (last === "END" && ["IF", "WHILE", "LOOP", "FOR", "REPEAT"].includes(word)) this.#level += 1;
  }

  #see(token: string): void {
    this.#last = token;
    if (this.#first.length < 5) this.#first.push(token);
  }
}

const PARAMETER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * Puts in query parameters. A text parameter comes with its quotation marks and escapes.
 * https://docs.databricks.com/aws/en/sql/user/queries/query-parameters
 * @param refuse throws the error with that message
 */
export function fillParameters(
  script: string,
  values: Readonly<Record<string, string>>,
  refuse: (message: string) => never,
): string {
  const literal = (_whole: string, name: string): string => {
    const value = values[name];
    if (value === undefined) {
      const known = Object.keys(values).join(", ") || "none";
      return refuse(`The query parameter {{${name}}} has no value; the task's parameters are: ${known}.`);
    }
    return `'${value.replace(/[\\'"]/g, "\\$&")}'`;
  };
  const inQuotes = (text: string): string => {
    const [whole] = [...text.matchAll(PARAMETER)].find(([, name]) => values[name!] !== undefined) ?? [];
    if (whole) refuse(`${whole} stands in quotation marks; they come with its value, so leave them out.`);
    return text;
  };
  return pieces(script)
    .map(({ kind, text }) =>
      kind === "comment" ? text : kind === "quoted" ? inQuotes(text) : text.replace(PARAMETER, literal),
    )
    .join("");
}

/** Bracketed comments nest in Databricks SQL. */
function endOfComment(script: string, from: number): number {
  let depth = 0;
  for (let at = from; at < script.length; ) {
    if (script.startsWith("/*", at)) {
      depth += 1;
      at += 2;
    } else if (script.startsWith("*/", at)) {
      depth -= 1;
      at += 2;
      if (depth === 0) return at;
    } else at += 1;
  }
  return script.length;
}

function endOfQuote(script: string, from: number, quote: string): number {
  for (let at = from + 1; at < script.length; at += 1) {
    if (script[at] === "\\" && quote !== "`") at += 1;
    else if (script[at] === quote) return at + 1;
  }
  return script.length;
}
