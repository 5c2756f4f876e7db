/**
 * The flags by which Databricks turns on what its drivers are to try, such as telemetry. Drivers ask as they connect; there
 * are none here, so each goes by its own defaults.
 */
import { z } from "zod";
import type { App } from "../../core/service.ts";

/** Seconds until a driver asks again. */
const TTL = 900;

export function featureFlagRoutes(app: App): void {
  const params = z.object({ client: z.string(), version: z.string() });
  app.get("/api/2.0/connector-service/feature-flags/:client/:version", { schema: { params } }, async () => ({
    flags: [],
    ttl_seconds: TTL,
  }));
}
