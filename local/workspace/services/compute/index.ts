/** The Compute service. */
import type { Service } from "../../core/service.ts";

export const compute: Service = { name: "compute", routes: () => undefined };
