/** Policy violations of a preview, read from the engine's events as the CLI streams them. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { EXEMPTIONS_POLICY } from "databricks-governance/register";
import { rules } from "databricks-governance/rules";
import { SAT_CHECKS } from "databricks-governance/sat";

export interface Violation {
  readonly rule: string;
  readonly level: "mandatory" | "advisory";
  readonly urn: string;
  readonly message: string;
}
export interface Report {
  readonly project: string;
  readonly stack: string;
  readonly violations: readonly Violation[];
  /** Exemptions that let a violation pass. */
  readonly exemptions: readonly Violation[];
  /** Why the preview failed, beside violations. */
  readonly errors: readonly string[];
}

export const ruleOf = (name: string) => rules.find((rule) => rule.name === name);
/** Ids of a rule's checks elsewhere, with what framework they are of. */
export function idsOf(name: string): string[] {
  const { sat = [], dasf = [], kics = [], cis = [] } = ruleOf(name)?.ids ?? {};
  const controls = SAT_CHECKS.filter(({ id }) => sat.includes(id)).flatMap((check) => check.dasf ?? []);
  return [
    ...sat.map((id) => `SAT/${id}`),
    ...[...new Set([...dasf, ...controls])].map((id) => `DASF/${id.replace("DASF-", "")}`),
    ...cis.map((id) => `CIS-Azure-5.0/${id}`),
    ...kics.map((id) => `KICS/${id}`),
  ];
}

interface Event {
  policyEvent?: { policyName: string; enforcementLevel: string; resourceUrn: string; message: string };
  diagnosticEvent?: { severity: string; message: string };
}

/** The message without the rule's description, which the CLI puts on a line in front. */
const own = (message: string): string => message.trim().split("\n").slice(-1)[0]!.trim();

/** Sorts the lines of `pulumi preview --json` with streamed events. */
export function reportOf(project: string, stack: string, lines: readonly string[]): Report {
  const found: Violation[] = [];
  const errors: string[] = [];
  for (const line of lines) {
    if (!line.startsWith("{")) continue;
    let event: Event;
    try {
      event = JSON.parse(line) as Event;
    } catch {
      continue; // what a program prints may look like JSON
    }
    const { policyEvent: policy, diagnosticEvent: diagnostic } = event;
    if (policy) {
      const level = policy.enforcementLevel === "mandatory" ? "mandatory" : "advisory";
      found.push({ rule: policy.policyName, level, urn: policy.resourceUrn, message: own(policy.message) });
    } else if (diagnostic?.severity === "error" && diagnostic.message.trim() !== "preview failed") {
      errors.push(diagnostic.message.trim());
    }
  }
  const isExemption = ({ rule }: Violation): boolean => rule === EXEMPTIONS_POLICY;
  const order = (a: Violation, b: Violation): number =>
    a.level === b.level ? `${a.rule} ${a.urn}`.localeCompare(`${b.rule} ${b.urn}`) : a.level === "mandatory" ? -1 : 1;
  return {
    project,
    stack,
    violations: found.filter((one) => !isExemption(one)).sort(order),
    exemptions: found.filter(isExemption).sort(order),
    errors,
  };
}

/** A preview that failed without saying why among its events must not look like one in which no rule is violated. */
function withStatus(report: Report, code: number, said: string): Report {
  const explained = report.errors.length > 0 || report.violations.some(({ level }) => level === "mandatory");
  if (code === 0 || explained) return report;
  const reason = said.trim().split("\n").slice(-5).join("\n");
  return { ...report, errors: [`pulumi preview ended with status ${code}${reason === "" ? "" : `: ${reason}`}`] };
}

/** Previews and collects; the CLI's own messages go to stderr. */
export async function preview(
  pulumi: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; stack: string },
): Promise<{ code: number; report: Report }> {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(pulumi, ["preview", "--json", ...args], {
    cwd: options.cwd,
    env: { ...options.env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data: Buffer) => {
    process.stderr.write(data);
    said += data.toString();
  });
  let text = "";
  child.stdout.on("data", (data: Buffer) => {
    text += data.toString();
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  const project =
    /^name:\s*["']?([\w.-]+)/m.exec(readFileSync(join(options.cwd, "Pulumi.yaml"), "utf8"))?.[1] ?? "project";
  return { code, report: withStatus(reportOf(project, options.stack, text.split("\n")), code, said) };
}
