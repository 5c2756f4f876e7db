/** Links to result chunks. */
import { SignedLinks } from "../../core/signed-links.ts";

const links = new SignedLinks(15 * 60 * 1000);

export function makeLink(host: string, statementId: string, chunk: number): { url: string; expiration: string } {
  const { query, expiration } = links.sign(`${statementId}/${chunk}`);
  return { url: `${host}/sql-results/${statementId}/${chunk}?${query}`, expiration };
}

export const checkLink = (statementId: string, chunk: number, expires: number, signature: string): boolean =>
  links.holds(`${statementId}/${chunk}`, expires, signature);
