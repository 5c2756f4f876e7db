/** Who a run acts as: its run-as, of whom a task asks the privileges that the REST API asks for. */
import { denied } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import { actingPrincipal } from "./store.ts";

/** @throws PERMISSION_DENIED when the run-as is no active principal any more */
export function actingAs(context: Context, { runAs }: { runAs: string }): Principal {
  const principal = actingPrincipal(context.db, runAs);
  if (!principal) throw denied(`The run acts as '${runAs}', which is no active user or service principal here.`);
  return principal;
}
