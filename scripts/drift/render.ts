/** Drift as text, as Markdown for an issue, and as JSON. */
import { cell } from "../markup.ts";
import type { Difference, Drift } from "./model.ts";

export const FORMATS = ["text", "markdown", "json"] as const;
export type Format = (typeof FORMATS)[number];

export function render(drift: Drift, format: Format): string {
  if (format === "json") return `${JSON.stringify(drift, null, 2)}\n`;
  return format === "markdown" ? markdown(drift) : text(drift);
}

export function headline({ stack, differences, compared }: Drift): string {
  if (differences.length === 0)
    return `Stack ${stack}: the workspace is what was deployed (${compared} resources compared).`;
  const objects = new Set(differences.map(({ object }) => object)).size;
  const many = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
  return `Stack ${stack}: ${many(differences.length, "difference")} on ${many(objects, "object")} (${compared} resources compared).`;
}

const remedy = ({ fix }: Difference): string =>
  fix === "update" || "method" in fix ? "`npm run drift -- --fix`" : fix.byHand;

function text(drift: Drift): string {
  const lines = [headline(drift)];
  for (const [object, differences] of Map.groupBy(drift.differences, (one) => one.object)) {
    lines.push("", object);
    for (const difference of differences) {
      const { kind, property, deployed, workspace } = difference;
      lines.push(
        `  ${kind}: ${property}`,
        `    deployed   ${deployed}`,
        `    workspace  ${workspace}`,
        `    to mend    ${remedy(difference)}`,
      );
    }
  }
  if (drift.unchecked.length > 0) lines.push("", "Not looked at:", ...drift.unchecked.map((one) => `  ${one}`));
  return `${lines.join("\n")}\n`;
}

/** An issue holds 65,536 characters. */
const MOST_ROWS = 80;

function markdown(drift: Drift): string {
  const lines = [headline(drift)];
  if (drift.differences.length > 0) {
    lines.push(
      "",
      "| kind | object | property | deployed | in the workspace | to mend |",
      "| --- | --- | --- | --- | --- | --- |",
    );
    for (const difference of drift.differences.slice(0, MOST_ROWS)) {
      const { kind, object, property, deployed, workspace } = difference;
      lines.push(`| ${[kind, object, property, deployed, workspace, remedy(difference)].map(cell).join(" | ")} |`);
    }
    const more = drift.differences.length - MOST_ROWS;
    if (more > 0) lines.push("", `… and ${more} more; the run's log has them all.`);
  }
  if (drift.unchecked.length > 0)
    lines.push("", "Not looked at:", "", ...drift.unchecked.map((one) => `- ${cell(one)}`));
  return `${lines.join("\n")}\n`;
}
