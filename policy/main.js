// Pulumi starts a policy pack through ts-node, which would type-check it at every preview. What this module imports goes through
// Node's own loader instead: erasable TypeScript in the repository, which Node runs as it stands, and JavaScript in the package.
// Not awaited, since Pulumi requires this module; until the pack serves, the pending import keeps the process.
import { existsSync } from "node:fs";

import(existsSync(new URL("./start.ts", import.meta.url)) ? "./start.ts" : "./dist/start.js");
