/**
 * What a name says about its value. A word counts by its place: the last one says what the value is ("password_policy" is a policy,
 * "db_password" a password), so that parts of other words ("tokenizer", "bypass", "keyboard") say nothing.
 */

/** `secret`: the value is one. `vague`: it may be one, or the name of one; the value decides. `about`: it speaks of one. */
export type NameKind = "secret" | "vague" | "about" | "other";

/** The words of a name in snake case, kebab case, camel case, or with dots. */
export const wordsOf = (name: string): string[] =>
  name
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .flatMap((word) => COMPOUNDS[word] ?? [word]);

/** Written as one word as often as as two. */
const COMPOUNDS: Readonly<Record<string, readonly string[]>> = {
  apikey: ["api", "key"],
  apitoken: ["api", "token"],
  authtoken: ["auth", "token"],
  accesskey: ["access", "key"],
  secretkey: ["secret", "key"],
  accesstoken: ["access", "token"],
  clientsecret: ["client", "secret"],
  privatekey: ["private", "key"],
  signingkey: ["signing", "key"],
  dbpassword: ["db", "password"],
  dbpass: ["db", "pass"],
  dbpasswd: ["db", "password"],
  userpass: ["user", "pass"],
  keystorepassword: ["keystore", "password"],
  truststorepassword: ["truststore", "password"],
};

const PASSWORDS = new Set(["password", "passwd", "passphrase", "pwd", "pswd", "passcode"]);
/** Before "key", these make it one that opens something. */
const OPENING = new Set(
  "api access account private signing encryption ssh hmac subscription sas shared master storage sharedaccess deploy license admin primary secondary webhook service integration".split(
    " ",
  ),
);
/** Before "pass" or "pw", these make it a password. */
const WHOSE = new Set(
  "db database user admin root smtp ftp sftp mail email imap ssh jdbc odbc sql pg postgres mysql oracle mongo redis kafka ldap login service svc sa proxy keystore truststore vault http basic app bot".split(
    " ",
  ),
);
/** Tokens of a text, and the like, that open nothing. */
const TEXT_TOKENS = new Set(
  "eos bos pad unk sep cls mask stop start end special context prompt completion max min num total new next prev previous page continuation cursor sync sequence start end idempotency client request delimiter quote escape null word sub input output reasoning cached image audio lexical".split(
    " ",
  ),
);
/** Units of a counted or limited thing. */
const COUNTED = new Set(["tokens", "credentials", "secrets", "passwords", "passes", "keys"]);
/** Objects of Unity Catalog that are called credentials. */
const SECURABLE_CREDENTIALS = new Set(["storage", "service", "catalog", "uc", "credential"]);

export function nameKind(name: string): NameKind {
  const words = wordsOf(name.replace(/["'\]]+$/, ""));
  const at = words.length - 1;
  const last = words[at] ?? "";
  const before = words[at - 1] ?? "";
  const prior = words.slice(0, at);
  if (PASSWORDS.has(last)) return "secret";
  if (last === "pass" || last === "pw") return at === 0 || WHOSE.has(before) ? "secret" : "other";
  if (last === "pat") return at === 0 || !["data", "pit"].includes(before) ? "vague" : "other";
  if (last === "authorization") return "vague";
  if (last === "secret") return ["client", "app", "consumer", "api", "shared"].includes(before) ? "secret" : "vague";
  if (last === "token") return TEXT_TOKENS.has(before) ? "about" : "vague";
  if (last === "credential" || last === "credentials") return SECURABLE_CREDENTIALS.has(before) ? "about" : "vague";
  if (last === "key") return keyKind(before, prior);
  if (COUNTED.has(last)) return "about";
  // fs.azure.account.key.<account>.dfs.core.windows.net: the account stands last.
  if (/(^|\.)(account\.key|sas\.fixed\.token|oauth2\.client\.secret)(\.|$)/i.test(name)) return "secret";
  return prior.some(isSecretWord) ? "about" : "other";
}

function keyKind(before: string, prior: readonly string[]): NameKind {
  if (before === "secret") return "vague";
  if (PASSWORDS.has(before) || before === "token" || before === "credential") return "about";
  if (OPENING.has(before))
    return before === "encryption" || before === "primary" || before === "secondary" ? "vague" : "secret";
  return prior.some(isSecretWord) ? "vague" : "other";
}

const isSecretWord = (word: string): boolean =>
  PASSWORDS.has(word) || ["secret", "token", "credential", "credentials", "secrets", "pat", "apikey"].includes(word);
