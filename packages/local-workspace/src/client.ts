/** The project's own calls to a workspace: the public REST API, with the same errors that any client gets. */

export class WorkspaceApiError extends Error {
  readonly status: number;
  readonly errorCode: string;

  constructor(status: number, errorCode: string, message: string) {
    super(message);
    this.name = "WorkspaceApiError";
    this.status = status;
    this.errorCode = errorCode;
  }
}

export class WorkspaceApi {
  readonly host: string;
  readonly #token: string;

  constructor(host: string, token: string) {
    this.host = host;
    this.#token = token;
  }

  /** @throws WorkspaceApiError with the workspace's error code and message */
  async request<T>(method: string, path: string, options: { query?: Query; body?: unknown } = {}): Promise<T> {
    const url = new URL(path, this.host);
    for (const [key, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const answer = text === "" ? {} : JSON.parse(text);
    if (!response.ok) {
      throw new WorkspaceApiError(
        response.status,
        answer.error_code ?? "UNKNOWN",
        answer.message ?? response.statusText,
      );
    }
    return answer as T;
  }

  get<T>(path: string, query?: Query): Promise<T> {
    return this.request<T>("GET", path, query === undefined ? {} : { query });
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>("POST", path, { body });
  }

  /** Runs a statement on the first warehouse and returns its rows; every value is text or null. */
  async query(statement: string): Promise<Record<string, string | null>[]> {
    const { warehouses = [] } = await this.get<{ warehouses?: { id: string }[] }>("/api/2.0/sql/warehouses");
    let answer = await this.post<Statement>("/api/2.0/sql/statements", {
      statement,
      warehouse_id: warehouses[0]?.id,
      wait_timeout: "50s",
    });
    while (answer.status.state === "PENDING" || answer.status.state === "RUNNING") {
      await new Promise((resolve) => setTimeout(resolve, 200));
      answer = await this.get<Statement>(`/api/2.0/sql/statements/${answer.statement_id}`);
    }
    if (answer.status.state !== "SUCCEEDED") {
      throw new Error(
        `The statement ended ${answer.status.state}: ${answer.status.error?.message ?? "no reason given"}`,
      );
    }
    const columns = (answer.manifest?.schema.columns ?? []).map(({ name }) => name);
    return (answer.result?.data_array ?? []).map((row) =>
      Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null])),
    );
  }
}

type Query = Record<string, string | number | boolean | undefined>;

interface Statement {
  statement_id: string;
  status: { state: string; error?: { message: string } };
  manifest?: { schema: { columns?: { name: string }[] } };
  result?: { data_array?: (string | null)[][] };
}
