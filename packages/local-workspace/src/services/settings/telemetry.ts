/** Where clients send how they are used. Nothing is kept: nobody here reads it. */
import { z } from "zod";
import type { App } from "../../core/service.ts";

/** @see https://github.com/databricks/cli/blob/main/libs/telemetry/api.go, which sends again what is not counted as taken */
const logs = z.looseObject({ items: z.array(z.unknown()).optional(), protoLogs: z.array(z.unknown()).optional() });

export function telemetryRoutes(app: App): void {
  app.post("/telemetry-ext", { schema: { body: logs } }, async ({ body }) => ({
    errors: [],
    numSuccess: body.items?.length ?? 0,
    numProtoSuccess: body.protoLogs?.length ?? 0,
  }));
}
