/** What dbt tasks leave: an archive each, behind a link that works for half an hour, as Databricks documents it. */
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { denied, invalid, notFound } from "../../core/errors.ts";
import type { App, Context } from "../../core/service.ts";
import { SignedLinks } from "../../core/signed-links.ts";

const links = new SignedLinks(30 * 60 * 1000);

export const artifactsFile = (context: Context, runId: number): string =>
  join(context.dataDir, "dbt-artifacts", `${runId}.tar.gz`);

/** `dbt_output` of runs/get-output. */
export const dbtOutput = (context: Context, runId: number): Record<string, unknown> => ({
  artifacts_link: `${context.host()}/dbt-artifacts/${runId}?${links.sign(String(runId)).query}`,
  artifacts_headers: {},
});

export function artifactRoutes(app: App, context: Context): void {
  app.get(
    "/dbt-artifacts/:run_id",
    {
      config: { public: true },
      schema: {
        params: z.object({ run_id: z.coerce.number().int() }),
        querystring: z.object({ expires: z.coerce.number().int(), signature: z.string() }),
      },
    },
    async ({ params, query, headers }, reply) => {
      if (headers.authorization) throw invalid("This link carries its own credentials: send no Authorization header.");
      if (!links.holds(String(params.run_id), query.expires, query.signature))
        throw denied("This link has expired or was changed.");
      const file = artifactsFile(context, params.run_id);
      if (!existsSync(file)) throw notFound(`Run ${params.run_id} has no artifacts.`);
      return reply.type("application/gzip").send(createReadStream(file));
    },
  );
}
