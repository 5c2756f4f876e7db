import { strict as assert } from "node:assert";
import { TestWorkspace } from "../client.ts";

const BASE = "/api/2.0/pipelines";

describe("who may query a pipeline's event log", () => {
  const workspace = new TestWorkspace();
  before(() => workspace.start());
  after(() => workspace.stop());

  it("its owner, who it runs as, and admins; not who may only view or manage it", async () => {
    const admin = workspace.admin;
    const [owner, manager] = [await workspace.servicePrincipal("owner"), await workspace.servicePrincipal("manager")];
    const sent = { name: "watched", catalog: "main", schema: "default", libraries: [{ file: { path: "/p/a.py" } }] };
    const { pipeline_id: id } = await admin.ok("POST", BASE, sent);
    const ask = (principal: string) => workspace.engine.ask("pipeline.authorize", { pipelineId: id, principal });
    const me = (await admin.ok("GET", "/api/2.0/preview/scim/v2/Me")).userName;
    await ask(me);
    const acl = [
      { service_principal_name: owner.name, permission_level: "IS_OWNER" },
      { service_principal_name: manager.name, permission_level: "CAN_MANAGE" },
    ];
    await assert.rejects(ask(owner.name), { errorCode: "PERMISSION_DENIED" });
    await admin.ok("PUT", `/api/2.0/permissions/pipelines/${id}`, { access_control_list: acl });
    await ask(owner.name);
    await assert.rejects(ask(manager.name), (error: { errorCode: string; message: string }) => {
      assert.equal(error.errorCode, "PERMISSION_DENIED");
      assert.match(error.message, new RegExp(`is not the owner of pipeline ${id}`));
      return true;
    });
    await assert.rejects(ask("nobody@local.workspace"), { errorCode: "PERMISSION_DENIED" });
  });
});
