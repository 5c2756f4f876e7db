/** What the engine must know when it starts: folders, and the whole catalog as the store has it. */

import type { EngineParams } from "lakehouse-engine/protocol";
import type { Context } from "../core/service.ts";

type Snapshot = EngineParams<"initialize">;
type Provider = (context: Context) => Partial<Snapshot>;

const providers: Provider[] = [];

/** The service that keeps the catalog gives its part of `initialize` (catalogs, tables, functions). */
export function provideSnapshot(provider: Provider): void {
  if (!providers.includes(provider)) providers.push(provider);
}

export function engineSnapshot(context: Context): Snapshot {
  const { dataDir, volumesRoot, tablesRoot } = context;
  const parts = providers.map((provider) => provider(context));
  return Object.assign({ dataDir, volumesRoot, tablesRoot, catalogs: [], tables: [], functions: [] }, ...parts);
}
