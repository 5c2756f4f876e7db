/** Calls to a workspace's REST API. */
import { type WorkspaceApi, WorkspaceApiError } from "lakehouse-local-workspace/client";

/** What is not there is undefined; other errors are thrown. */
export async function found<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof WorkspaceApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** All items of a list that comes in pages. */
export async function pages<T>(
  api: WorkspaceApi,
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  key: string,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const page: Record<string, unknown> = await api.get(path, { ...query, page_token: token });
    all.push(...((page[key] as T[] | undefined) ?? []));
    token = page.next_page_token as string | undefined;
  } while (token);
  return all;
}

const AT_ONCE = 8;

/** Maps with a few calls at a time, so that a workspace's rate limit is kept. */
export async function mapped<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await call(items[at]!);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
