/** Cuts a SQL script at its semicolons, past strings, quoted names and comments. */
const OPENERS: Record<string, string> = { "'": "'", '"': '"', "`": "`" };

export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let content = false;
  for (let at = 0; at < script.length; ) {
    const char = script[at]!;
    if (script.startsWith("--", at)) {
      const end = script.indexOf("\n", at);
      at = end < 0 ? script.length : end;
    } else if (script.startsWith("/*", at)) {
      at = endOfComment(script, at);
    } else if (OPENERS[char]) {
      content = true;
      at = endOfQuote(script, at, char);
    } else if (char === ";") {
      if (content) statements.push(script.slice(start, at).trim());
      start = at + 1;
      content = false;
      at += 1;
    } else {
      content ||= !/\s/.test(char);
      at += 1;
    }
  }
  if (content) statements.push(script.slice(start).trim());
  return statements;
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
