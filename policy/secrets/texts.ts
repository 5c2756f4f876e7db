/** What a value under a secret's name is: the secret itself, or something that says where it is. */

/** A secret, or a value handed on at run time. */
const REFERENCE = /^\s*\{\{\s*(secrets\/[^/{}]+\/[^/{}]+|(job|tasks|input|run)[.\w\-[\]"']*)\s*\}\}\s*$/;

/** References to other stores of secrets, and variables that are filled in later. */
const ELSEWHERE: readonly RegExp[] = [
  /^\$\{?[A-Za-z_][\w.:-]*\}?$/, // ${DB_PASSWORD}, $DB_PASSWORD, ${env:X}
  /^\$\{(secret|var|env|resources|bundle|workspace)[.:][^{}]+\}$/i,
  /^%[A-Za-z_]\w*%$/,
  /^<[^<>]+>$/, // <your password>
  /^\{\{?\s*[A-Za-z_][\w.:/-]*\s*\}?\}$/,
  /^(\*+|•+|x{3,})$/i,
  /^arn:aws[\w-]*:(secretsmanager|ssm|kms|iam):/i,
  /^projects\/[^/]+\/(locations\/[^/]+\/)?secrets\/[^/]+/i,
  /^https:\/\/[\w-]+\.(vault|managedhsm)\.(azure\.(net|cn)|usgovcloudapi\.net)\//i,
  /^@Microsoft\.KeyVault\(/i,
  /^(vault|op|akv|keyvault|awssm|gcpsm|secretsmanager|ssm|doppler|bws|sops|env|file|secret|secrets|azurekeyvault):\/{0,2}[\w@./:#-]+$/i,
  /^\/(run\/secrets|aws\/reference\/secretsmanager|ssm|etc|var|opt|mnt|Volumes|Workspace|secrets)\//i,
  /^(dbutils\.secrets\.get|secret)\(/i,
  /^(none|null|nil|undefined|true|false|yes|no|on|off|unset|disabled|enabled|auto|default|n\/a)$/i,
  /^(oauth|oauth2|oauth-m2m|pat|azure-cli|azure-msi|databricks-cli|basic|bearer|kerberos|managed|federated|m2m|github-oidc)$/i,
];

/** A path or URL without credentials: where a secret lies. */
const PLACE = /^(\/|\.{1,2}\/|[a-z][a-z0-9+.-]{1,30}:\/\/)[^\s?]*$/i;

/** Words with hyphens, dots, slashes or underscores, and no more than a short number each: a name, not a secret. */
const LIKE_A_NAME = /^[A-Za-z]{2,24}\d{0,2}([-_./][A-Za-z]{1,24}\d{0,2})*$/;

export const isReference = (text: string): boolean => REFERENCE.test(text);
/** Says where the secret is, or says nothing. */
export function isElsewhere(text: string): boolean {
  const trimmed = text.trim();
  return trimmed === "" || REFERENCE.test(text) || ELSEWHERE.some((form) => form.test(trimmed));
}
export const isPlace = (text: string): boolean => PLACE.test(text.trim());
export const isNameLike = (text: string): boolean => LIKE_A_NAME.test(text.trim()) && !isRandom(text);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Bits a character of a text of these. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Whether a text looks drawn at random: long, of many kinds of characters, and without the words that names are made of. */
export function isRandom(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length < 16 || trimmed.length > 512 || /\s/.test(trimmed)) return false;
  if (UUID.test(trimmed) || isPlace(trimmed) || /^\d+$/.test(trimmed) || /^arn:/i.test(trimmed)) return false;
  // Names are words: runs of letters of one case. A random text changes its kind of character all the time.
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(trimmed)).length;
  const changes = [...trimmed.matchAll(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)].length;
  if (/^[0-9a-f]+$/i.test(trimmed)) return trimmed.length >= 24 && entropy(trimmed) > 3;
  return kinds >= 2 && changes * 6 >= trimmed.length && entropy(trimmed) > 3.3;
}
