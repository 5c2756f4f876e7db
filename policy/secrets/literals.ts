/** Secrets that are written in clear: by the form of a text, and by the name that it stands under. */
import { Buffer } from "node:buffer";
import type { Finding, Resource } from "../rule.ts";
import { type Fields, isFields, objects, type Value, walkTexts } from "../values.ts";
import { credentialsIn } from "./formats.ts";
import { nameKind } from "./names.ts";
import { isElsewhere, isNameLike, isPlace, isRandom, isReference } from "./texts.ts";

/** Whether a value under a name is a secret itself. */
export function isLiteralSecret(name: string, value: unknown): boolean {
  const kind = nameKind(name);
  if (kind === "other") return false;
  if (typeof value === "number") return kind === "secret";
  if (typeof value !== "string" || isElsewhere(value)) return false;
  // Half a reference is a mistake that leaves the rest in clear.
  if (/\{\{\s*secrets\//.test(value))
    return kind !== "about" && !isReference(value) && !/\{\{\s*secrets\/[^{}]*\}\}$/.test(value.trim());
  if (isPlace(value)) return false;
  if (kind === "about") return isRandom(value);
  if (kind === "secret") return true;
  return isRandom(value) || !(isNameLike(value) || /^\s*\d{1,9}(\.\d+)?\s*$/.test(value) || /\s/.test(value.trim()));
}

/** Maps whose keys a user chooses. */
const USER_MAPS =
  /(^|\.)(configuration|sparkConf|sparkEnvVars|environmentVars|baseParameters|namedParameters|parameters|jobParameters|pythonNamedParams|notebookParams|pythonParams|tags|customTags|customConfig|dataAccessConfig|sqlConfigParams|options|properties|extraConfigs|defaultBaseParameters|extraOptions|notebookBaseParameters|filters|tableProperties|deltaRuntimeProperties|formatOptions|clientConfig|configs|pgSettings|defaultTags|sqlParams|effectiveProperties)$/;
export const isUserMap = (path: string): boolean => USER_MAPS.test(path);

/** The provider's own properties that take a secret; its other names (such as idempotencyToken) are not looked at. */
const SECRET_PROPERTY = /(^|\.)(basicAuth(\[\d+\])?\.password|logAnalyticsPrimaryKey)$|Plaintext$/;
/** Keys of other providers' models: a reference to a secret, since the property for the key itself ends in Plaintext. */
const REFERENCE_PROPERTY =
  /(^|\.)externalModel(\[\d+\])?\.\w+Config(\[\d+\])?\.(\w+ApiKey|awsAccessKeyId|awsSecretAccessKey|databricksApiToken|microsoftEntraClientSecret|privateKey|\w+Auth(\[\d+\])?\.(token|value))$/;
/** Those that take nothing but the secret itself: right when the program marked it as one. */
const MARKED_PROPERTY =
  /(^|\.)(clientSecret|privateKey|secretAccessKey|oauthToken|integrationKey|authSecret|genericWebhook(\[\d+\])?\.password|httpUrlSpec(\[\d+\])?\.(secret|authorization)|jobSpec(\[\d+\])?\.accessToken|(apiKey|clientSecret|secretAccessKey)(\[\d+\])?\.plaintext)$/;
/** Properties of types that are made to carry a secret: right when the program marked it as one. */
const CARRIERS: Readonly<Record<string, readonly string[]>> = {
  Secret: ["stringValue"],
  SecretUc: ["value"],
  GitCredential: ["personalAccessToken"],
  MetastoreProvider: ["recipientProfileStr"],
};
/** Properties with secrets that Databricks makes. */
const MADE_BY_DATABRICKS: Readonly<Record<string, readonly string[]>> = {
  CustomAppIntegration: ["clientSecret"],
  ServicePrincipalSecret: ["secret"],
  Recipient: ["sharingCode", "tokens"],
};
/** Prose and hashes. */
const NOT_LOOKED_AT = /^(md5|etag|secretHash)$/;

/** "-Djavax.net.ssl.keyStorePassword=x" or "--token=x" among the options in a text. */
const OPTION = /(?:^|[\s"'])-{1,2}([\w.-]+)=(?:"([^"]*)"|'([^']*)'|(\S+))/g;
/** `password = "x"` and the like on a line of code. */
const ASSIGNMENT =
  /(?:^|[\s,{(;])(?:export\s+)?["']?([A-Za-z_][\w.-]{1,60})["']?\s*(?:=|:)\s*(?:"([^"\n]{1,200})"|'([^'\n]{1,200})')/gm;
/** `PASSWORD=x` and `password: x` as all that a line has, in files of settings. */
const LINE =
  /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]{1,60})[ \t]*[=:][ \t]*([^\s"'()[\]{},;#$%<>*&!|`]{1,200})[ \t]*$/gm;
/** `OPTIONS (password 'x')`, `password => 'x'` and `SET password = 'x'` in SQL. */
const IN_SQL = /(?<![\w.'"`])([A-Za-z_][\w.]{1,60})\s*(?:=>|=)?\s*'([^'\n]{1,200})'/g;
const SQL = /(^|\.)(queryText|query|viewDefinition|serializedDashboard)$/;
/** `{password: x}` in an argument. */
const FLOW = /[{,]\s*["']?([A-Za-z_][\w.-]{1,60})["']?\s*:\s*["']?([^\s"',{}]{1,200})/g;
/** A key in the query of a URL. */
const IN_URL = /[?&]([A-Za-z_-]{2,40})=([^&\s'"<>{}$]{12,})/g;

export function secretLiterals({ type, props, isSecret }: Resource): Finding[] {
  const carried = new Set([...(CARRIERS[type] ?? []), ...(MADE_BY_DATABRICKS[type] ?? [])]);
  const findings = (CARRIERS[type] ?? []).flatMap((path) => unmarked(path, props[path], isSecret));
  const looked = Object.fromEntries(Object.entries(props).filter(([key]) => !carried.has(key))) as Fields;
  for (const { path, text } of walkTexts(looked)) {
    if (NOT_LOOKED_AT.test(path)) continue;
    findings.push(...inText(path, text));
    if (SECRET_PROPERTY.test(path) && !isElsewhere(text)) findings.push({ property: path, problem: "holds a literal" });
    if (REFERENCE_PROPERTY.test(path) && !isElsewhere(text))
      findings.push({ property: path, problem: "holds a literal" });
    if (MARKED_PROPERTY.test(path)) findings.push(...unmarked(path, text, isSecret));
    if (SQL.test(path)) findings.push(...assigned(path, text, [IN_SQL]));
    if (CONTENT.test(path)) findings.push(...inContent(path, text));
  }
  if (type === "Connection") findings.push(...connectionOptions(props));
  else findings.push(...new NamedValues().of(looked));
  return findings;
}

/** What takes nothing but a secret and is not marked as one. */
const unmarked = (property: string, value: Value, isSecret: Resource["isSecret"]): Finding[] =>
  typeof value === "string" && !isElsewhere(value) && isSecret?.(property) === false
    ? [
        {
          property,
          problem: "holds a secret that the program does not mark as one",
          fix: "Take it from Pulumi's secret configuration (`config.requireSecret`), which keeps it encrypted in the state.",
        },
      ]
    : [];

/** Literals that forms of assignment give to names that are surely a secret's. */
const assigned = (property: string, text: string, forms: readonly RegExp[]): Finding[] =>
  forms.flatMap((form) =>
    [...text.matchAll(form)].flatMap(([, name, ...values]) => {
      const value = values.find((one) => one !== undefined)!;
      const isSecret = nameKind(name!) === "secret" && isLiteralSecret(name!, value);
      // In code and prose a word is a name more often than a password; among arguments it is a value.
      const isWord = form !== FLOW && isNameLike(value);
      return isSecret && !isWord && !/^\d{1,3}$/.test(value) ? [literalUnder(property)] : [];
    }),
  );

function inText(path: string, text: string): Finding[] {
  const findings = [text, decoded(text)]
    .flatMap((one) => (one === undefined ? [] : credentialsIn(one)))
    .map((what) => ({ property: path, problem: `holds ${what}` }));
  for (const [, name, ...values] of text.matchAll(OPTION)) {
    const value = values.find((one) => one !== undefined);
    if (isLiteralSecret(name!, value)) findings.push(literalUnder(path));
  }
  if (/:\/\//.test(text)) {
    for (const [, name, value] of text.matchAll(IN_URL))
      if (["secret", "vague"].includes(nameKind(name!)) && isRandom(value!))
        findings.push({ property: path, problem: "holds a key in a URL" });
  }
  return findings;
}

/** What a text is in base64, if that is text again. */
function decoded(text: string): string | undefined {
  if (text.length < 24 || text.length > 10_000 || !/^\s*[A-Za-z0-9+/]{22,}={0,2}\s*$/.test(text)) return undefined;
  const plainText = Buffer.from(text, "base64").toString("utf8");
  return /^[\t\n\r\x20-\x7e]+$/.test(plainText) ? plainText : undefined;
}

const literalUnder = (property: string): Finding => ({
  property,
  problem: "is named like a secret and holds a literal",
});

const CONTENT = /(^|\.)contentBase64$/;
const MOST_CONTENT = 1_000_000;

/** Code that is uploaded in base64: known forms, and assignments of literals to names that are surely a secret's. */
function inContent(property: string, base64: string): Finding[] {
  if (base64.length > MOST_CONTENT) return [];
  const text = Buffer.from(base64, "base64").toString("utf8");
  return [
    ...credentialsIn(text).map((what) => ({ property, problem: `holds ${what}` })),
    ...assigned(property, text, [ASSIGNMENT, LINE]),
  ];
}

/** Options are kept as a secret, so a password may well stand there; one that a person made up was typed into the program. */
function connectionOptions({ options }: Fields): Finding[] {
  if (!isFields(options)) return [];
  return Object.entries(options)
    .filter(([name, value]) => typeof value === "string" && isLiteralSecret(name, value) && !isGenerated(value))
    .map(([name]) => ({
      property: `options["${name}"]`,
      problem: "holds a password that looks made up by a person",
      fix: "Take a generated one from Pulumi's secret configuration (`config.requireSecret`), or connect with OAuth.",
    }));
}
const isGenerated = (text: string): boolean => text.length >= 12 && new Set(text).size >= 8 && !isNameLike(text);

/** Values under names: in maps of the user's, pairs, arguments, and JSON that is kept as text. */
class NamedValues {
  readonly #findings: Finding[] = [];

  of(props: Fields): Finding[] {
    this.#visit(props, "");
    return this.#findings;
  }

  #named(property: string, name: string, value: unknown): void {
    if (isLiteralSecret(name, value)) this.#findings.push(literalUnder(property));
  }

  #visit(value: Fields, path: string): void {
    for (const [key, child] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`;
      for (const [index, element] of objects(child).entries()) {
        const place = Array.isArray(child) ? `${at}[${index}]` : at;
        if (isUserMap(at) && !Array.isArray(child)) {
          for (const [name, content] of Object.entries(element)) this.#named(`${at}["${name}"]`, name, content);
        }
        this.#pair(element, place);
        this.#visit(element, place);
      }
      if (typeof child === "string") this.#inJson(child, at);
      if (Array.isArray(child)) this.#arguments(child as readonly Value[], at);
    }
  }

  /** Job parameters are a list of { name, default }, tags of { key, value }. */
  #pair(element: Fields, place: string): void {
    for (const name of [element.name, element.key]) {
      if (typeof name !== "string") continue;
      this.#named(`${place}.default`, name, element.default);
      this.#named(`${place}.value`, name, element.value);
    }
  }

  /** "--password=x", or "--password" followed by "x". */
  #arguments(list: readonly Value[], property: string): void {
    for (const [at, text] of list.entries()) {
      if (typeof text !== "string") continue;
      this.#argument(text, `${property}[${at}]`);
      const [, flag] = /^--?([\w.-]+)$/.exec(text) ?? [];
      const next = list[at + 1];
      if (flag !== undefined && typeof next === "string" && !next.startsWith("-")) {
        this.#named(`${property}[${at + 1}]`, flag, next);
      }
    }
  }

  #argument(text: string, property: string): void {
    this.#findings.push(...assigned(property, text, [FLOW]));
    let rest: string | undefined = text;
    // A value may be an assignment itself: "--conf=spark.password=x".
    for (let depth = 0; depth < 3 && rest !== undefined; depth += 1) {
      const [, name, value]: (string | undefined)[] = /^-{0,2}([\w.-]+)=(.*)$/s.exec(rest) ?? [];
      if (name === undefined) this.#inJson(rest, property);
      else this.#named(property, name, value);
      rest = value;
    }
  }

  #inJson(text: string, property: string): void {
    if (!/^\s*[[{]/.test(text)) return;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return; // not JSON after all, for example {{secrets/…}}
    }
    this.#search(parsed, property, "");
  }

  /** @param under the key that a value stands under, which a cluster policy's { "value": … } is about */
  #search(value: unknown, property: string, under: string): void {
    if (typeof value === "string") this.#inJson(value, property);
    if (typeof value !== "object" || value === null) return;
    for (const [name, content] of Object.entries(value)) {
      this.#named(property, name, content);
      if (name === "value" || name === "defaultValue") this.#named(property, under, content);
      this.#search(content, property, name);
    }
    // A pair: { "key": "password", "value": "x" }.
    const { key, name = key, value: paired } = value as Record<string, unknown>;
    if (typeof name === "string") this.#named(property, name, paired);
  }
}
