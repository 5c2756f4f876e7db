/** What the engine must know when it starts: folders, and the whole catalog as the store has it. */

import type { EngineParams } from "lakehouse-engine/protocol";
import { Part } from "../core/part.ts";
import type { Context } from "../core/service.ts";

type Snapshot = EngineParams<"initialize">;
type Provider = (context: Context) => Partial<Snapshot>;

const providers = new Part<Provider[]>(() => []);

/** The service that keeps the catalog gives its part of `initialize` (catalogs, tables, functions). */
export function provideSnapshot(context: Context, provider: Provider): void {
  providers.of(context).push(provider);
}

export function engineSnapshot(context: Context): Snapshot {
  const { dataDir, volumesRoot, tablesRoot } = context;
  const parts = providers.of(context).map((provider) => provider(context));
  return Object.assign({ dataDir, volumesRoot, tablesRoot, catalogs: [], tables: [], functions: [] }, ...parts);
}
