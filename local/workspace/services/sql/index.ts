/** The Statement Execution service. */
import type { Service } from "../../core/service.ts";

export const sql: Service = { name: "sql", routes: () => undefined };
