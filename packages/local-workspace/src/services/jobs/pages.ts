/**
 * Paging inside one job and one run, which API 2.2 has: at most 100 members of each list in an answer, the rest on further
 * pages, where a list that has ended is empty. Clients of 2.1 and 2.0 do not know of pages and get everything.
 * https://docs.databricks.com/api/workspace/jobs/get
 */
import { decodeToken, encodeToken } from "../../core/paging.ts";

const MEMBERS = 100;

type Json = Record<string, unknown>;

const listsOf = (owner: Json, fields: readonly string[]): [string, unknown[]][] =>
  fields.flatMap((field) => (Array.isArray(owner[field]) ? [[field, owner[field] as unknown[]]] : []));

/** @returns `owner` with one page of each of its lists, and the token of the next page where there is one */
export function pageOfLists(owner: Json, fields: readonly string[], token: string | undefined): [Json, string?] {
  const start = token ? decodeToken(token) : 0;
  const lists = listsOf(owner, fields);
  const cut = lists.map(([field, all]) => [field, all.slice(start, start + MEMBERS)]);
  const more = lists.some(([, all]) => all.length > start + MEMBERS);
  return [{ ...owner, ...Object.fromEntries(cut) }, more ? encodeToken(start + MEMBERS) : undefined];
}

export const JOB_LISTS = ["tasks", "job_clusters", "parameters", "environments"] as const;
export const RUN_LISTS = ["tasks", "iterations", "job_clusters", "job_parameters", "repair_history"] as const;
