// Pulumi starts a policy pack through ts-node, which would type-check it at every preview. What this module imports goes
// through Node's own loader instead, which runs erasable TypeScript as it stands.
import "./lean.ts";
import "./index.ts";
