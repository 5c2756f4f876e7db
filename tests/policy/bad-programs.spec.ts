/** Programs that a platform team fears are each caught, in a preview and in an update, with production's configuration. */
import assert from "node:assert/strict";
import { COMPUTE } from "./bad/compute.ts";
import { DATA } from "./bad/data.ts";
import { IDENTITY } from "./bad/identity.ts";
import { SERVICES } from "./bad/services.ts";
import { findings } from "./pure.ts";
import { registered } from "./registered.ts";

const PROGRAMS = [...IDENTITY, ...DATA, ...COMPUTE, ...SERVICES];

describe("programs that a platform team fears", () => {
  for (const [rule, what, program] of PROGRAMS)
    it(`are caught by ${rule}: ${what}`, async () => {
      for (const preview of [true, false]) {
        const sent = await registered(program, { project: "bad", stack: "prod", preview });
        const found = findings(sent);
        assert.ok(
          found.some((finding) => finding.rule === rule),
          `${preview ? "preview" : "update"}: ${JSON.stringify(found)}`,
        );
      }
    });
});
