/** The optional parts of the program, deployed with the real CLI and the policy pack. */
import assert from "node:assert/strict";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { ensureGroups } from "../../scripts/stack/identities.ts";
import { GROUPS } from "../people.ts";
import { ProjectCopy } from "./harness.ts";

describe("warehouse, dashboard, quality alerts and secret scope", () => {
  let workspace: LocalWorkspace;
  let project: ProjectCopy;

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    project = new ProjectCopy(workspace);
    await ensureGroups(workspace.api, Object.values(GROUPS));
    project.withoutMasks("local");
    await project.initStack();
  });
  after(async () => {
    project?.remove();
    await workspace?.remove();
  });

  it("deploy, keep to the policies, show no change afterwards and go with the stack", async () => {
    const run = async (...args: string[]): Promise<string> => {
      const { code, text } = await project.run([...args, "--non-interactive"]);
      assert.equal(code, 0, `pulumi ${args.join(" ")}:\n${text}`);
      return text;
    };
    const settings = ["warehouse.size=2X-Small", "dashboard=true", "quality.staleHours=6", "secretScope=true"];
    const values = [...settings, "alerts[0]=data@acme.io"].flatMap((one) => ["--plaintext", one]);
    const set = await project.run(["config", "set-all", "--path", ...values]);
    assert.equal(set.code, 0, set.text);
    const pack = ["--policy-pack", "policy", "--policy-pack-config", "policy/config/local.json"];
    const text = await run("up", "--yes", "--skip-preview", ...pack);
    for (const type of ["SqlEndpoint", "Dashboard", "AlertV2", "SecretScope", "SecretAcl"])
      assert.match(text, new RegExp(`databricks:index:${type} .*created`));
    const preview = await run("preview", "--refresh", "--json");
    const { steps } = JSON.parse(preview.slice(preview.indexOf("{"))) as { steps: { op: string; urn: string }[] };
    assert.deepEqual(
      steps.filter(({ op }) => !["same", "refresh"].includes(op)),
      [],
    );
    const { alerts } = await workspace.api.get<{ alerts: { display_name: string }[] }>("/api/2.0/alerts");
    assert.deepEqual(alerts.map(({ display_name }) => display_name).sort(), [
      "olist_local quarantine",
      "olist_local staleness",
    ]);
    await run("destroy", "--yes", "--skip-preview");
  });
});
