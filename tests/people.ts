/** Who the tests' stacks have in their roles, as Pulumi.local.yaml and the others name them. */
import type { Role } from "../access.ts";

/** Who the pipelines run as. */
export const RUN_AS = "1b4f8c2e-6a7d-4f3b-8c9e-0d1a2b3c4d5e";
export const GROUPS: Readonly<Record<Exclude<Role, "pipelines">, string>> = {
  platformAdmins: "platform-admins",
  dataEngineers: "data-engineers",
  analysts: "analysts",
  auditors: "auditors",
  dataStewards: "data-stewards",
};
