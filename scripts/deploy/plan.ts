/**
 * A plan that was looked at: the CLI's own file, and what its preview showed. The CLI finds a deviation from its file only when it comes to
 * the resource, after others were deployed, and lets a resource be left out; so the preview is repeated and must show the same.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Preview, ResourceChange } from "../pull-request/model.ts";

const PLAN = "plan.json";
const PREVIEW = "preview.json";

export const planFile = (folder: string): string => join(folder, PLAN);

export function savePreview(folder: string, preview: Preview): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, PREVIEW), `${JSON.stringify(preview, null, 2)}\n`);
}

/** @throws Error when the folder holds no plan, or one of another stack */
export function readPreview(folder: string, stack: string): Preview {
  for (const name of [PLAN, PREVIEW])
    if (!existsSync(join(folder, name)))
      throw new Error(
        `There is no ${name} in ${folder}; \`npm run deploy -- --stack ${stack} --save-plan ${folder}\` writes it.`,
      );
  const preview = JSON.parse(readFileSync(join(folder, PREVIEW), "utf8")) as Preview;
  if (preview.stack !== stack) throw new Error(`The plan in ${folder} is of stack ${preview.stack}, not of ${stack}.`);
  return preview;
}

const described = ({ operation, type, name, properties }: ResourceChange): string =>
  `${operation} ${type} ${name}${operation === "create" || properties.length === 0 ? "" : ` (${[...properties].sort().join(", ")})`}`;

const valued = (change: ResourceChange): string => `${described(change)} ${change.digest ?? ""}`;

/** How a preview differs from the approved one, a line each. */
export function deviations(approved: Preview, now: Preview): string[] {
  const [before, after] = [approved, now].map(({ changes }) => new Map(changes.map((one) => [one.urn, one])));
  const urns = [...new Set([...before!.keys(), ...after!.keys()])].sort();
  return urns.flatMap((urn) => {
    const [was, is] = [before!.get(urn), after!.get(urn)];
    if (was === undefined) return [`not in the plan: ${described(is!)}`];
    if (is === undefined) return [`no longer to do: ${described(was)}`];
    if (valued(was) === valued(is)) return [];
    const other = described(was) === described(is) ? "the same with other values" : described(is);
    return [`planned: ${described(was)}; now: ${other}`];
  });
}
