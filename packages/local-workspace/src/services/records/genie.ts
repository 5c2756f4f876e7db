/** Genie spaces, as records: nobody answers in them. https://docs.databricks.com/api/workspace/genie */
import { z } from "zod";
import { ApiError, invalid, notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { type Document, type Kept, NOT_RUN, notRun, Records } from "./store.ts";

const BASE = "/api/2.0/genie/spaces";
const spaces = new Records({ kind: "genie", label: "Genie space", permissions: "genie" });
const fields = {
  title: z.string().optional(),
  description: z.string().optional(),
  warehouse_id: z.string().optional(),
  serialized_space: z.string().optional(),
  etag: z.string().optional(),
};

/** Spaces of version 1 become those of version 2 when they are written, as on Databricks. */
function migrated(serialized: string): string {
  try {
    const space = JSON.parse(serialized) as Document | null;
    return space?.version === 1 ? JSON.stringify({ ...space, version: 2 }) : serialized;
  } catch (error) {
    throw invalid(`serialized_space is not JSON: ${(error as Error).message}`);
  }
}

const migratedBody = <T extends { serialized_space?: string | undefined }>(body: T): T =>
  body.serialized_space === undefined ? body : { ...body, serialized_space: migrated(body.serialized_space) };

export function genieRoutes(app: App, context: Context): void {
  spaces.register(context);
  const params = z.object({ id: z.string() });
  const view = ({ id, document }: Kept): Document => ({ space_id: id, ...document, etag: String(document.etag) });
  const createBody = z.looseObject({ ...fields, warehouse_id: z.string(), parent_path: z.string().optional() });
  app.post(BASE, { schema: { body: createBody } }, async ({ body, principal }) => {
    const parent_path = canonical(body.parent_path || `/Users/${principal.name}`);
    const id = uuid().replaceAll("-", "");
    return view(
      spaces.insert(context, principal, id, { title: "New Space", ...migratedBody(body), parent_path, etag: 1 }),
    );
  });
  app.get(BASE, async ({ principal }) => ({
    spaces: spaces
      .list(context, principal)
      .map(view)
      .map(({ serialized_space: _, ...rest }) => rest),
  }));
  app.get(`${BASE}/:id`, { schema: { params } }, async (request) =>
    view(spaces.read(context, request.principal, request.params.id)),
  );
  app.patch(`${BASE}/:id`, { schema: { params, body: z.looseObject(fields) } }, async (request) => {
    const { etag, ...sent } = request.body;
    return view(
      spaces.change(context, request.principal, request.params.id, (document) => {
        if (etag !== undefined && etag !== String(document.etag)) {
          throw new ApiError(
            "RESOURCE_CONFLICT",
            `Genie space ${request.params.id} was changed meanwhile: read it again.`,
          );
        }
        return { ...document, ...migratedBody(sent), etag: Number(document.etag) + 1 };
      }),
    );
  });
  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    spaces.remove(context, request.principal, request.params.id);
    return {};
  });
  app.post(
    `${BASE}/:id/start-conversation`,
    { schema: { tags: [NOT_RUN], params } },
    async ({ params: { id }, principal }) => {
      spaces.read(context, principal, id);
      throw notImplemented(notRun("Genie spaces are"));
    },
  );
}
