/** Medians of several rounds, their ratios, and the table that is printed. */
import { table } from "../../scripts/start/summary.ts";
import type { Cost } from "./runs.ts";

export interface Measured {
  copies: number;
  /** Milliseconds that each request is held. */
  latency: number;
  command: string;
  /** Median of the rounds, in seconds; the fastest and the slowest. */
  seconds: number;
  spread: [number, number];
  requests: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function measured(copies: number, latency: number, command: string, costs: readonly Cost[]): Measured {
  const seconds = costs.map((cost) => cost.seconds);
  return {
    copies,
    latency,
    command,
    seconds: median(seconds),
    spread: [Math.min(...seconds), Math.max(...seconds)],
    requests: median(costs.map((cost) => cost.requests)),
  };
}

/** What each command is compared with: previews with an empty program's, updates with OpenTofu's apply, where it was run. */
export function ratio(row: Measured, rows: readonly Measured[]): string {
  const same = (command: string): Measured | undefined =>
    rows.find((one) => one.copies === row.copies && one.latency === row.latency && one.command.startsWith(command));
  const against = (what: string, peer: Measured | undefined): string =>
    peer === undefined ? "" : `${(row.seconds / peer.seconds).toFixed(2)} of ${what}`;
  if (/--refresh/.test(row.command)) return against("tofu plan", same("tofu plan"));
  if (/^(pulumi preview, |… with the policy pack)/.test(row.command))
    return against("an empty program's", same("pulumi preview of an empty program"));
  if (/^pulumi up, all new/.test(row.command)) return against("tofu apply", same("tofu apply"));
  if (/^pulumi destroy/.test(row.command)) return against("tofu destroy", same("tofu destroy"));
  return "";
}

export function tableOf(rows: readonly Measured[]): string {
  const lines = rows.map((row) => [
    row.command,
    String(row.copies),
    `${row.latency} ms`,
    row.seconds.toFixed(2),
    `${row.spread[0].toFixed(2)}–${row.spread[1].toFixed(2)}`,
    String(row.requests),
    ratio(row, rows),
  ]);
  return `${table(["command", "copies", "latency", "seconds", "spread", "requests", "ratio"], lines).join("\n")}\n`;
}
