/** Rules on the definitions of cluster policies, which decide for every cluster that uses them. */
import { allowedBy, definitionsOf, isOwnDefinition } from "../read/cluster-policies.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { asNumber, type Fields, isBlank, isFalseValue } from "../values.ts";
import { isGoverned, isOlder } from "./clusters.ts";

/** What an entry of a definition must not say. */
function problemOf(attribute: string, entry: Fields, oldest: string): string | undefined {
  const values = allowedBy(entry);
  if (attribute === "data_security_mode" && values.some((value) => typeof value === "string" && !isGoverned(value)))
    return "allows a data_security_mode without isolation or of the legacy kind";
  if (attribute === "spark_version" && values.some((value) => typeof value === "string" && isOlder(value, oldest)))
    return `allows a spark_version older than ${oldest}`;
  if (attribute === "autotermination_minutes" && values.some((value) => asNumber(value) === 0))
    return "lets clusters run for ever (autotermination_minutes)";
  if (attribute === "enable_local_disk_encryption" && entry.type === "fixed" && isFalseValue(entry.value))
    return "leaves local disks unencrypted (enable_local_disk_encryption)";
  if (/^ssh_public_keys\./.test(attribute) && entry.type !== "forbidden")
    return "lets holders of a key log in (ssh_public_keys)";
  return undefined;
}

export const clusterPolicyRules: readonly Rule[] = [
  resourceRule({
    name: "cluster-policy-safe",
    title: "Cluster policies allow nothing that clusters may not be",
    level: "mandatory",
    severity: "high",
    why: "A policy decides for every cluster of everybody who may use it.",
    fix: "Take the value out of the definition, or fix another one.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/admin/clusters/policy-definition",
    types: ["ClusterPolicy"],
    limits: {
      oldest: { type: "string", default: "14.3", description: "Oldest release of a runtime that a policy may allow" },
    },
    check: ({ props }, { oldest }) => {
      const entries = definitionsOf(props);
      const restricts = entries.some(({ entry }) => entry.type !== "unlimited");
      return [
        ...(isOwnDefinition(props) && isBlank(props.policyFamilyId) && !restricts
          ? [
              {
                property: "definition",
                problem: "restricts nothing",
                fix: "Fix or limit what a cluster may be: its size, its access mode, and when it stops.",
              },
            ]
          : []),
        ...entries.flatMap(({ property, attribute, entry }): Finding[] => {
          const problem = problemOf(attribute, entry, oldest);
          return problem === undefined ? [] : [{ property, problem }];
        }),
      ];
    },
  }),
];
