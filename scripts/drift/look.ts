/** Looks at everything: the refresh's view, and the checks of what the provider does not see. */

import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { WorkspaceApiError } from "lakehouse-local-workspace/client";
import * as catalog from "./checks/catalog.ts";
import { content, objects } from "./checks/content.ts";
import { pipelines, schedules } from "./checks/settings.ts";
import type { Difference, Drift } from "./model.ts";
import { refreshed } from "./refresh.ts";
import type { State } from "./state.ts";

const top = (property: string): string => /^[^.[]+/.exec(property)?.[0] ?? property;

/** What both see is reported as the refresh has it, since an update puts it back. */
export function merged(seen: readonly Difference[], checked: readonly Difference[]): Difference[] {
  const known = new Set(seen.map(({ urn, property }) => `${urn} ${top(property)}`));
  return [
    ...seen,
    ...checked.filter(({ urn, property }) => urn === undefined || !known.has(`${urn} ${top(property)}`)),
  ];
}

/** @param events the engine's events of `pulumi preview --refresh` */
export async function look(api: WorkspaceApi, stack: string, state: State, events: readonly object[]): Promise<Drift> {
  const unchecked: string[] = [];
  /** A workspace may lack an API, or the principal a privilege; that is said, and the other checks go on. */
  async function check(what: string, work: Promise<Difference[]>): Promise<Difference[]> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof WorkspaceApiError) || ![403, 404, 501].includes(error.status)) throw error;
      unchecked.push(`${what}: ${error.message}`);
      return [];
    }
  }
  const tables = await catalog.tablesOf(api, state);
  const checked = [
    await check("content of notebooks and files", content(api, state)),
    await check("objects beside notebooks and files", objects(api, state)),
    await check("pipelines", pipelines(api, state)),
    await check("schedules", schedules(api, state)),
    await check("grants", catalog.grants(api, state, tables)),
    await check("tables, schemas and volumes", catalog.extras(api, state, tables)),
    await check("masks, row filters and policies", catalog.masks(api, state, tables)),
    await check("tags", catalog.tags(api, state, tables)),
    await check("owners", catalog.owners(api, state)),
  ];
  return { stack, differences: merged(refreshed(events), checked.flat()), unchecked, compared: state.resources.length };
}
