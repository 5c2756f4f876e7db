/** The policy pack: every rule as a policy. `pulumi preview --policy-pack policy --policy-pack-config policy/config/prod.json`. */
import { PolicyPack } from "@pulumi/policy";
import { toPolicies } from "./register.ts";
import { rules } from "./rules/index.ts";

new PolicyPack("databricks-governance", { policies: toPolicies(rules) });
