/** Options that turn encryption off on the way to a database, a broker or a service, or leave its certificate unchecked. */
import type { Finding } from "../rule.ts";
import { isUserMap } from "../secrets/literals.ts";
import { type Fields, isFields, type Value } from "../values.ts";

const OFF = /^\s*(false|f|0|no|n|off|none|never|disabled?|optional|rejected|unsecured?|plain(text)?)\s*$/i;
const ON = /^\s*(true|t|1|yes|y|on|always|enabled?)\s*$/i;
/** Modes in which a server that offers no encryption is talked to all the same. */
const OPEN_MODE =
  /^\s*((no|skip)[-_ ]?verify|verify[-_ ]?none|disabled?|off|none|no|false|0|allow|prefer(red)?|plain(text)?|unsecured?)\s*$/i;

/** An address that is called without encryption, other than on the same machine. */
const OPEN_ADDRESS = /^\s*http:\/\/(?!(localhost|127\.0\.0\.1|\[::1\])([:/]|$))/i;

/** Names as they are compared: the last part of "spark.erp.ssl_mode" is "sslmode". */
const nameOf = (key: string): string => {
  const parts = key.trim().split(".");
  return (parts.at(-1) ?? "").replace(/[^a-z0-9]/gi, "").toLowerCase();
};

const MODE = /^((ssl|tls|pgssl|encryption|security)mode|(ssl|tls)?(certificate)?verificationmode)$/;
/** Switches that encrypt or check; what they are called says so by itself. */
const ENCRYPTS =
  /^((use|require|enable|force|with)?(ssl|tls)(enabled?|on|required|connection)?|(ssl|tls)(verify|verification|validation|checkcertificate|hostnameverification|verifycertificate|validatecertificate)|(verify|validate|check)(server)?((ssl|tls)?cert(ificate)?s?|ssl|tls|hostname|servertrust)|rejectunauthorized|(certificate|hostname)(verification|validation)|pythonhttpsverify|nodetlsrejectunauthorized|enablesslverification|(enable)?certificatevalidation)$/;
/** The same, by names that mean it in a connection alone. */
const ENCRYPTS_CONNECTION = /^(encrypt(ion|ed|connection|ionprotocol)?|secure(connection)?|useencryption)$/;
const TRUSTS =
  /^((ssl|tls)?trust(server|all|any|every|selfsigned)?(server)?cert(ificate)?s?|(accept|allow)(all|any|invalid|selfsigned|insecure|untrusted|expired)(cert(ificate)?s?|ssl|tls|connections?)?|(ssl|tls)(allow)?(insecure|skipverify|noverify)|(disable|skip|ignore|no)(ssl|tls)(verify|verification|validation|hostnameverification|cert(ificate)?(check|checks|validation)?|errors)?|(disable|skip|ignore)(server)?(cert(ificate)?s?|hostname)(check|checks|validation|verification|errors)?|insecureskipverify|skiptlsverify)$/;
const TRUSTS_CONNECTION = /^(trustall(servers?)?|insecure|allowinsecure|skipverify|noverify|disableencryption)$/;

const text = (value: Value): string =>
  typeof value === "string" ? value : typeof value === "boolean" || typeof value === "number" ? String(value) : "";

/** What is wrong with an option; in a connection names count that mean something else in other settings. */
function problemOf(key: string, value: string, isConnection: boolean): string | undefined {
  if (value === "") return undefined;
  if (isConnection && OPEN_ADDRESS.test(value)) return "is not encrypted";
  const name = nameOf(key);
  if (MODE.test(name) && (isConnection || name !== "securitymode"))
    return OPEN_MODE.test(value) ? "lets the way be unencrypted" : undefined;
  // Kafka's PLAINTEXT and SASL_PLAINTEXT.
  if (/(^|\.)security[._]protocol$/i.test(key))
    return /^\s*(SASL_)?PLAINTEXT\s*$/i.test(value) ? "turns encryption off" : undefined;
  // Oracle's own encryption, asked for on the client's side.
  if (/encryption_?client$/i.test(name)) return /^\s*rejected\s*$/i.test(value) ? "turns encryption off" : undefined;
  if (ENCRYPTS.test(name) || (isConnection && ENCRYPTS_CONNECTION.test(name)))
    return OFF.test(value) ? "turns encryption or the check of certificates off" : undefined;
  if (TRUSTS.test(name) || (isConnection && TRUSTS_CONNECTION.test(name)))
    return ON.test(value) ? "leaves a certificate unchecked" : undefined;
  return undefined;
}

/** Findings in all maps of a resource whose keys a user chooses. */
export function openOptions(type: string, props: Fields): Finding[] {
  const isConnection = type === "Connection";
  const visit = (value: Value, path: string): Finding[] => {
    if (Array.isArray(value))
      return (value as readonly Value[]).flatMap((element, at) => visit(element, `${path}[${at}]`));
    if (!isFields(value)) return [];
    if (isUserMap(path))
      return Object.entries(value).flatMap(([key, option]) => {
        const problem = problemOf(key, text(option), isConnection);
        return problem === undefined ? [] : [{ property: `${path}.${key}`, problem }];
      });
    return Object.entries(value).flatMap(([key, child]) => visit(child, path === "" ? key : `${path}.${key}`));
  };
  return visit(props, "");
}
