/** Violations and failing tests as GitHub's workflow commands, which show them at file and line of the change. */
import { ruleOf } from "../policy/events.ts";
import type { Place, PullRequest } from "./model.ts";

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions: what a message and a property must not hold as it stands. */
const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

function annotation(level: "error" | "warning", title: string, message: string, place?: Place): string {
  const at = place === undefined ? [] : [`file=${property(place.file)}`, `line=${place.line}`];
  return `::${level} ${[...at, `title=${property(title)}`].join(",")}::${data(message)}`;
}

export function annotations({ preview, tests = [] }: PullRequest): string[] {
  const violations = (preview?.violations ?? []).map(({ rule, level, message, place }) =>
    annotation(
      level === "mandatory" ? "error" : "warning",
      rule,
      `${message}\n${ruleOf(rule)?.fix ?? ""}`.trim(),
      place,
    ),
  );
  const failures = tests.flatMap((one) => one.failures);
  return [
    ...violations,
    ...failures.map(({ suite, title, message, place }) => annotation("error", `${suite}: ${title}`, message, place)),
  ];
}
