/** Secrets that are written in clear: by the form of a text, and by the name that it stands under. */
import type { Finding } from "./rule.ts";
import { type Fields, objects, type Value, walkTexts } from "./values.ts";

/** Forms of well-known credentials; a match is a secret wherever it stands. */
const CREDENTIALS: readonly [string, RegExp][] = [
  ["a Databricks token", /\b(dapi|dose|dkea|dsapi)[0-9a-f]{32}\b/i],
  ["an AWS access key", /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/],
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./],
  ["a Slack token", /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ["a storage account key", /AccountKey=[A-Za-z0-9+/=]{20,}/i],
  ["a shared access signature", /[?&]sig=[A-Za-z0-9%+/=]{20,}/i],
  ["a Google API key", /\bAIza[0-9A-Za-z_-]{35}\b/],
  ["a Stripe key", /\b[rs]k_live_[0-9A-Za-z]{16,}/],
  ["a GitLab token", /\bglpat-[A-Za-z0-9_-]{20,}/],
  ["a Hugging Face token", /\bhf_[A-Za-z0-9]{30,}/],
  ["an npm or PyPI token", /\b(npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{20,})/],
  ["an API key of a model's provider", /\bsk-((ant|proj)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})/],
  ["a Slack webhook", /\bhooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/i],
  ["an authorization header", /\b(Bearer|Basic)\s+(?=[^\s\d]{0,200}\d)[A-Za-z0-9+/_.~-]{20,}/],
  // A number after the colon is a port when a parameter follows: `host:1433;user=me@tenant`.
  ["a password in a URL", /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@{}]*:(?!\d{1,5}[;?&])[^\s/@{}]+@/i],
  ["a password in a URL", /\bjdbc:oracle:\w{1,10}:[^\s/@{}]+\/[^\s/@{}]+@/i],
  ["a password in a connection string", /(^|[;?&\s])(password|pwd)=(?!\s*["']?\s*(\{\{|$|;))[^;&\s]+/i],
];

const SECRET_NAME =
  /passw(or)?d|passphrase|(^|[._-])(pass|pw|pswd|pat|authorization)$|pwd$|secret|token(?!iz)|(api|ssh|hmac|subscription)[._ -]?key|private[._ -]?key|access[._ -]?key|account[._ -]?key|credential|sas[._-]?key|signing[._-]?key|encryption[._-]?key/i;
/** The same in camel case, where the words are told apart by capitals alone. */
const CAMEL_CASE_NAME = /[a-z0-9](Pass|Pat)$/;
/** Names that speak of a secret without being one. */
const ABOUT_A_SECRET =
  /(scope|name|limit|count|ttl|expiry|expiration|lifetime|endpoint|ur[il]|provider(\.type)?|type|enabled|header|field|column|version|(max|min|num|total|new|input|output)[._-]?tokens|tokens?[._-]per[._-].*|key[._-]?id)$/i;
/** Names of a file that holds the secret; the file is looked at by who may read it. */
const NAME_OF_A_FILE = /[._-]?(path|file|dir|directory|location)$/i;
const PLACE = /^\s*(\/|\.{1,2}\/|[a-z][a-z0-9+.-]{1,30}:\/\/)/i;
/** A secret, or a value handed on at run time. */
const REFERENCE = /^\s*\{\{\s*(secrets\/[^/{}]+\/[^/{}]+|(job|tasks|input)[.\w\-[\]"']*)\s*\}\}\s*$/;

function isSecretName(name: string): boolean {
  const plainName = name.trim();
  return (SECRET_NAME.test(plainName) || CAMEL_CASE_NAME.test(plainName)) && !ABOUT_A_SECRET.test(plainName);
}

/** Whether a value under a secret's name is the secret itself: no reference, no switch, no path of a file. */
function isLiteral(name: string, value: unknown): boolean {
  if (typeof value === "number") return true;
  if (typeof value !== "string" || value.trim() === "" || /^\s*(true|false)\s*$/i.test(value)) return false;
  return !REFERENCE.test(value) && !(NAME_OF_A_FILE.test(name.trim()) && PLACE.test(value));
}

/** Maps whose keys a user chooses. */
const USER_MAPS =
  /(^|\.)(configuration|sparkConf|sparkEnvVars|baseParameters|namedParameters|parameters|jobParameters|pythonNamedParams|notebookParams|tags|customTags)$/;
export const isUserMap = (path: string): boolean => USER_MAPS.test(path);
/** The provider's own properties that take a secret; its other names (such as idempotencyToken) are not looked at. */
const SECRET_PROPERTY = /(^|\.)(basicAuth(\[\d+\])?\.password|logAnalyticsPrimaryKey)$/;

/** "-Djavax.net.ssl.keyStorePassword=x" or "--token=x" among the options in a text. */
const OPTION = /(?:^|[\s"'])-{1,2}([\w.-]+)=(?:"([^"]*)"|'([^']*)'|(\S+))/g;

export function secretLiterals(props: Fields): Finding[] {
  const findings: Finding[] = [];
  const named = (property: string, name: string, value: unknown): void => {
    if (isSecretName(name) && isLiteral(name, value)) {
      findings.push({ property, problem: "is named like a secret and holds a literal" });
    }
  };
  for (const { path, text } of walkTexts(props)) {
    for (const [what, pattern] of CREDENTIALS) {
      if (pattern.test(text)) findings.push({ property: path, problem: `holds ${what}` });
    }
    if (SECRET_PROPERTY.test(path) && !REFERENCE.test(text))
      findings.push({ property: path, problem: "holds a literal" });
    for (const [, name, ...values] of text.matchAll(OPTION))
      named(
        path,
        name!,
        values.find((value) => value !== undefined),
      );
  }
  const visit = (value: Fields, path: string): void => {
    for (const [key, child] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`;
      for (const [index, element] of objects(child).entries()) {
        const place = Array.isArray(child) ? `${at}[${index}]` : at;
        if (isUserMap(at) && !Array.isArray(child)) {
          for (const [name, content] of Object.entries(element)) named(`${at}["${name}"]`, name, content);
        }
        // Job parameters are a list of { name, default }.
        if (typeof element.name === "string") {
          named(`${place}.default`, element.name, element.default);
          named(`${place}.value`, element.name, element.value);
        }
        visit(element, place);
      }
      if (typeof child === "string") inJson(child, at);
      if (Array.isArray(child)) scriptArguments(child as readonly Value[], at);
    }
  };
  /** "--password=x", or "--password" followed by "x". */
  const scriptArguments = (list: readonly Value[], property: string): void => {
    for (const [at, text] of list.entries()) {
      if (typeof text !== "string") continue;
      argument(text, `${property}[${at}]`);
      const [, flag] = /^--?([\w.-]+)$/.exec(text) ?? [];
      const next = list[at + 1];
      if (flag !== undefined && typeof next === "string" && !next.startsWith("-")) {
        named(`${property}[${at + 1}]`, flag, next);
      }
    }
  };
  const argument = (text: string, property: string): void => {
    let rest: string | undefined = text;
    // A value may be an assignment itself: "--conf=spark.password=x".
    for (let depth = 0; depth < 3 && rest !== undefined; depth += 1) {
      const [, name, value]: (string | undefined)[] = /^-{0,2}([\w.-]+)=(.*)$/s.exec(rest) ?? [];
      if (name === undefined) inJson(rest, property);
      else named(property, name, value);
      rest = value;
    }
  };
  const inJson = (text: string, property: string): void => {
    if (!/^\s*[[{]/.test(text)) return;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return; // not JSON after all, for example {{secrets/…}}
    }
    const search = (value: unknown): void => {
      if (typeof value === "string") inJson(value, property);
      if (typeof value !== "object" || value === null) return;
      for (const [name, content] of Object.entries(value)) {
        named(property, name, content);
        search(content);
      }
      // A pair: { "key": "password", "value": "x" }.
      const { key, name = key, value: paired } = value as Record<string, unknown>;
      if (typeof name === "string") named(property, name, paired);
    };
    search(parsed);
  };
  visit(props, "");
  return findings;
}
