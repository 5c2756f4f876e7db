/** The page's calls: the same REST API and token that every client of the workspace uses. */

const KEY = "workspace-token";

export const savedToken = (): string | null => sessionStorage.getItem(KEY);
export const saveToken = (token: string): void => sessionStorage.setItem(KEY, token);
export const forgetToken = (): void => sessionStorage.removeItem(KEY);

export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function call<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${savedToken() ?? ""}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new ApiError(response.status, answer.message ?? response.statusText);
  return answer as T;
}

/** All pages of a list; `key` is the property that holds its items. */
export async function list<T>(path: string, key: string, most = 1000): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const join = path.includes("?") ? "&" : "?";
    const page = await call<Record<string, unknown>>(
      token ? `${path}${join}page_token=${encodeURIComponent(token)}` : path,
    );
    all.push(...((page[key] as T[] | undefined) ?? []));
    token = page.next_page_token as string | undefined;
  } while (token && all.length < most);
  return all;
}

interface Statement {
  statement_id: string;
  status: { state: string; error?: { message: string } };
  manifest?: { schema: { columns?: { name: string }[] } };
  result?: { data_array?: (string | null)[][] };
}

export async function query(statement: string): Promise<{ columns: string[]; rows: (string | null)[][] }> {
  const [warehouse] = await list<{ id: string }>("/api/2.0/sql/warehouses", "warehouses");
  let answer = await call<Statement>("/api/2.0/sql/statements", {
    statement,
    warehouse_id: warehouse?.id,
    wait_timeout: "50s",
  });
  while (/PENDING|RUNNING/.test(answer.status.state)) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    answer = await call<Statement>(`/api/2.0/sql/statements/${answer.statement_id}`);
  }
  if (answer.status.state !== "SUCCEEDED") throw new ApiError(400, answer.status.error?.message ?? answer.status.state);
  return {
    columns: (answer.manifest?.schema.columns ?? []).map(({ name }) => name),
    rows: answer.result?.data_array ?? [],
  };
}
