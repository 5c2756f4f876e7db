/** Writes docs/components.md from the doc comments of the components: `npm run docs`. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";

export const DOCS_FILE = join(import.meta.dirname, "..", "..", "docs", "components.md");
const FOLDER = join(import.meta.dirname, "..", "..", "components");

export interface Member {
  name: string;
  type: string;
  isOptional: boolean;
  text: string;
}

export interface Described {
  name: string;
  text: string;
  args: Member[];
  outputs: Member[];
}

const exported = (node: ts.ClassDeclaration): boolean =>
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;

/** The text of a block comment, or of a node's, in one line. */
const plain = (comment: string): string =>
  comment
    .replaceAll(/^\/\*\*?|\*\/$/g, "")
    .replaceAll(/^\s*\* ?/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();

function commentOf(node: ts.Node, source: ts.SourceFile): string {
  const ranges = ts.getLeadingCommentRanges(source.text, node.pos) ?? [];
  const docs = ranges.map(({ pos, end }) => source.text.slice(pos, end)).filter((text) => text.startsWith("/**"));
  return docs.length === 0 ? "" : plain(docs.at(-1)!);
}

const typeOf = (node: ts.TypeNode | undefined, source: ts.SourceFile): string =>
  (node?.getText(source) ?? "").replaceAll(/\s+/g, " ");

function members(list: readonly ts.Node[], source: ts.SourceFile): Member[] {
  return list
    .filter((node) => ts.isPropertySignature(node) || ts.isPropertyDeclaration(node))
    .filter(({ name, modifiers }) => {
      const hidden = modifiers?.some(
        ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.StaticKeyword,
      );
      return !hidden && !ts.isPrivateIdentifier(name);
    })
    .map((node) => ({
      name: node.name.getText(source),
      type: typeOf(node.type, source),
      isOptional: node.questionToken !== undefined,
      text: commentOf(node, source),
    }));
}

/** What a file's exported components are, take and give. */
function describeFile(path: string): Described[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const interfaces = new Map(source.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node]));
  return source.statements.filter(ts.isClassDeclaration).flatMap((node) => {
    const name = node.name?.text ?? "";
    const args = interfaces.get(`${name}Args`);
    if (!exported(node) || !args) return [];
    const own = commentOf(node, source);
    const first = source.statements[0] ? commentOf(source.statements[0], source) : "";
    return [
      {
        name,
        text: [first, ...(own === "" || own === first ? [] : [own])].join(" "),
        args: members(args.members, source),
        outputs: members(node.members, source),
      },
    ];
  });
}

/** Every component, by name. */
export function described(): Described[] {
  const files = globSync("*.ts", { cwd: FOLDER }).filter((file) => basename(file) !== "index.ts");
  return files.flatMap((file) => describeFile(join(FOLDER, file))).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

/** Of members that say the same in every component. */
const STANDARD: Readonly<Record<string, string>> = {
  transform:
    "Changes a child's arguments and options before it is made ([how](../components/README.md#changing-a-child)).",
  tags: "Tags by key.",
  comment: "Shown in Unity Catalog.",
  description: "Shown in the workspace.",
  warehouseId: "Id of the SQL warehouse.",
  owner: "Group, user or service principal; the deployer when absent.",
};
const meaning = ({ name, type, text }: Member): string =>
  text !== "" ? cell(text) : (STANDARD[name] ?? (/^databricks\.\w+$/.test(type) ? "The resource." : ""));

export function render(): string {
  const pages = described().flatMap(({ name, text, args, outputs }) => [
    `## ${name}`,
    "",
    cell(text),
    "",
    ...table(
      ["argument", "type", "meaning"],
      args.map((one) => [`\`${one.name}\`${one.isOptional ? "" : " (required)"}`, code(one.type), meaning(one)]),
    ),
    ...(outputs.length === 0
      ? []
      : table(
          ["property", "type", "meaning"],
          outputs.map((one) => [`\`${one.name}\``, code(one.type), meaning(one)]),
        )),
  ]);
  return [
    "# Components",
    "",
    "Generated from the doc comments in `components/` by `npm run docs`. How they are used: [components/README.md](../components/README.md).",
    "",
    ...pages,
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

if (import.meta.main) writeFileSync(DOCS_FILE, render());
