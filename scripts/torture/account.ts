/** What a torture did, as text. */
import type { Size } from "./machine.ts";
import type { Account } from "./torture.ts";

const FEW = 10;

function sizes(measured: readonly Size[]): string[] {
  const [first, last] = [measured[0]!, measured.at(-1)!];
  const line = (what: string, part: keyof Size): string => {
    const most = Math.max(...measured.map((size) => size[part]));
    return `${what} ${first[part]} MB at the start, ${last[part]} MB at the end, ${most} MB at most`;
  };
  return [
    line("memory of the server", "server"),
    line("memory of the engine", "engine"),
    line("data folder", "folder"),
  ];
}

export function shown({ model, sizes: measured, updates, laws, faults }: Account): string {
  const acts = [...model.counts].map(([act, { done, unknown }]) => [act, String(done), String(unknown)]);
  const table = [["operation", "answered", "failed or lost"], ...acts];
  const total = [...model.counts.values()].reduce((sum, { done, unknown }) => sum + done + unknown, 0);
  const listed = (counts: ReadonlyMap<string, number>): string =>
    [...counts].map(([what, count]) => `${count} ${what}`).join(", ") || "none";
  const broken = laws.filter((law) => law.broken.length > 0).length;
  return [
    "",
    ...table.map(([act, done, unknown]) => `${act!.padEnd(14)} ${done!.padStart(9)} ${unknown!.padStart(15)}`),
    `operations: ${total}`,
    "what clients were told of those that failed:",
    ...[...model.reasons]
      .sort(([, a], [, b]) => b - a)
      .slice(0, FEW)
      .map(([reason, count]) => `${String(count).padStart(6)} ${reason}`),
    `faults: ${listed(faults)}`,
    `updates: ${listed(updates)}`,
    ...sizes(measured),
    "",
    ...laws.flatMap(({ says, broken: found }) => [
      `${found.length === 0 ? "✓" : "✗"} ${says}`,
      ...found.slice(0, FEW).map((line) => `    ${line}`),
      ...(found.length > FEW ? [`    and ${found.length - FEW} more`] : []),
    ]),
    `${broken} laws broken`,
  ].join("\n");
}
