/** Rules on what keeps earlier versions of data: a full refresh and a short retention lose them without an error. */
import { CLUSTER_TYPES, clustersOf, within } from "../read/clusters.ts";
import { tasksOf } from "../read/tasks.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { isFalseValue, isFields, isTrue, objects, type Value } from "../values.ts";

const RETENTION = ["delta.deletedFileRetentionDuration", "delta.logRetentionDuration"];
const CHECK = "spark.databricks.delta.retentionDurationCheck.enabled";
const DAYS: Readonly<Record<string, number>> = { hour: 1 / 24, day: 1, week: 7, month: 30, year: 365 };

/** Days of an interval as Delta takes it (`interval 7 days`); undefined for what is none. */
function daysOf(value: Value): number | undefined {
  const parts = /^\s*(?:interval\s+)?'?(\d+)'?\s+(hour|day|week|month|year)s?\s*$/i.exec(String(value));
  return parts ? Number(parts[1]) * DAYS[parts[2]!.toLowerCase()]! : undefined;
}

function unchecked(path: string, settings: Value): Finding[] {
  return isFields(settings) && isFalseValue(settings[CHECK])
    ? [{ property: `${path}["${CHECK}"]`, problem: "is false" }]
    : [];
}

export const historyRules: readonly Rule[] = [
  resourceRule({
    name: "data-keep-history",
    title: "Runs and tables keep the history of data",
    level: "production",
    severity: "high",
    why: "A full refresh in every run empties streaming tables whose sources are gone, and VACUUM with a short retention breaks time travel and recovery.",
    fix: "Leave `fullRefresh` to a person, the check of retention on, and retention at a week or more.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/delta/history",
    types: [...CLUSTER_TYPES, "SqlTable"],
    limits: {
      minDays: {
        type: "integer",
        default: 7,
        minimum: 1,
        description: "Fewest days that removed files and the log are kept",
      },
    },
    check: ({ type, props }, { minDays }) => {
      if (type === "SqlTable") {
        const properties = isFields(props.properties) ? props.properties : {};
        return RETENTION.filter((key) => (daysOf(properties[key]) ?? minDays) < minDays).map((key) => ({
          property: `properties["${key}"]`,
          problem: `is less than ${minDays} days`,
        }));
      }
      return [
        ...(type === "Job" ? tasksOf(props) : []).flatMap(({ path, task }) =>
          objects(task.pipelineTask)
            .filter(({ fullRefresh }) => isTrue(fullRefresh))
            .map(() => ({ property: `${path}.pipelineTask.fullRefresh`, problem: "is true" })),
        ),
        ...(type === "Pipeline" ? unchecked("configuration", props.configuration) : []),
        ...clustersOf(type, props).flatMap(({ path, cluster }) =>
          unchecked(within(path, "sparkConf"), cluster.sparkConf),
        ),
      ];
    },
  }),
];
