/** Writes docs/settings.md from the schema of the settings: `npm run docs`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Described, described } from "../../settings/schema.ts";

export const DOCS_FILE = join(import.meta.dirname, "..", "..", "docs", "settings.md");
const PROJECT = "olist-lakehouse";

export interface Setting extends Described {
  /** As `pulumi config set --path` takes it, without the namespace. */
  path: string;
  isRequired: boolean;
}

/** Every setting that holds a value, in the schema's order. */
export function settingsOf(at: Described = described, path = "", isRequired = true): Setting[] {
  const below = (inner: Described): Setting[] =>
    Object.entries(inner.properties ?? {}).flatMap(([key, value]) =>
      settingsOf(value, path === "" ? key : `${path}.${key}`, inner.required?.includes(key) ?? false),
    );
  if (at.oneOf) {
    const [first] = at.oneOf;
    const kinds = at.oneOf.map(({ properties }) => properties?.kind?.const ?? "");
    const kind = {
      description: at.description ?? "",
      allowed: kinds.map((name) => `\`${name}\``).join(" or "),
      default: (at.default as { kind?: string } | undefined)?.kind,
      example: kinds.at(-1)!,
    };
    return [
      { ...first!.properties!.kind!, ...kind, path: `${path}.kind`, isRequired: false },
      ...at.oneOf.flatMap((one, of) =>
        below(one)
          .filter((setting) => !setting.path.endsWith(".kind"))
          .map((setting) => ({ ...setting, description: `${setting.description} (kind \`${kinds[of]}\`)` })),
      ),
    ];
  }
  if (at.type === "array") return [{ ...at.items, default: at.default, path: `${path}[0]`, isRequired: false }];
  return at.properties ? below(at) : [{ ...at, path, isRequired }];
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
const literal = (value: unknown): string => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

function row({ path, description = "", allowed = "", unit, default: standard, isRequired, example }: Setting): string {
  const otherwise = standard !== undefined ? literal(standard) : isRequired ? "required" : "none";
  const texts = [description, allowed, unit ?? ""].map(cell);
  return `| ${[`\`${path}\``, ...texts, otherwise, literal(example)].join(" | ")} |`;
}

export function render(): string {
  return [
    "# Settings",
    "",
    "Generated from `settings/schema.ts` by `npm run docs`.",
    "",
    `The settings in \`Pulumi.<stack>.yaml\` under \`${PROJECT}:\`. With an invalid setting the program fails before it creates any resource; the`,
    "error names the file, the key, the value and the allowed values. The value of a secret is not shown. An element of a list is written as `[0]`,",
    "`[1]` and so on.",
    "",
    "```sh",
    "pulumi config set --stack dev --path 'schedule.cron' '0 30 5 * * ?'",
    "```",
    "",
    "| setting | what it is | allowed | unit | default | example |",
    "| --- | --- | --- | --- | --- | --- |",
    ...settingsOf().map(row),
    "",
    "Numbers are accepted where text is expected (`costCenter: 1000`). Quote values that YAML would change: numbers with a leading zero, and ids of more than 15 digits.",
    "",
    "## What depends on the environment",
    "",
    "- The environment of a stack named `local`, `dev`, `pr` or `prod` must equal its name; other stacks can have any environment.",
    "- `prod` requires `runAs`, `alerts` and `workspaceIds`, and has no `suffix`.",
    "- `pr` requires `suffix`.",
    "- `dashboard` and `quality` require `warehouse`; `quality` requires `alerts`.",
    "- `local` has no `storageRoot` and no `workspaceIds`.",
    "- Placeholders of the templates (ids of zeros, `example.com`) are rejected except in `local`.",
    "",
    "## Other namespaces",
    "",
    "`databricks:` contains the settings of the provider, such as `databricks:host` and `databricks:rateLimit`; keys that the provider does not",
    "have are rejected, and so are keys of any other namespace except `pulumi:`.",
    "",
  ].join("\n");
}

if (import.meta.main) writeFileSync(DOCS_FILE, render());
