/** Reads what the npm SDK of the Databricks provider says of resources and functions, for comparison with a plugin's schema. */
import { join } from "node:path";
import ts from "typescript";

const SDK = join(import.meta.dirname, "..", "..", "..", "node_modules", "@pulumi", "databricks");

/** Property → its type as normal text, with a `?` at the end when it may be left out. */
export type Shape = Record<string, string>;

export class NpmTypes {
  readonly #files = new Map<string, ts.SourceFile>();

  #file(name: string): ts.SourceFile {
    let file = this.#files.get(name);
    if (!file) {
      const path = join(SDK, name);
      const text = ts.sys.readFile(path);
      if (text === undefined) throw new Error(`@pulumi/databricks has no ${name}`);
      file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
      this.#files.set(name, file);
    }
    return file;
  }

  /** The arguments of a resource (`JobArgs`) or a function (`GetCurrentUserArgs`). */
  inputs(module: string, name: string): Shape {
    const found = this.#file(`${module}.d.ts`).statements.find(
      (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name,
    );
    return found ? shape(found.members) : {};
  }

  /** The outputs of a resource: the fields of its class. */
  outputs(module: string, name: string): Shape {
    const found = this.#file(`${module}.d.ts`).statements.find(
      (node): node is ts.ClassDeclaration => ts.isClassDeclaration(node) && node.name?.text === name,
    );
    if (!found) throw new Error(`${module}.d.ts has no class ${name}`);
    return shape(found.members.filter((member) => !isStatic(member)));
  }

  /** A nested type, as an input or an output. */
  nested(side: "input" | "output", name: string): Shape | undefined {
    const all = this.#nested(side);
    const found = all.get(name);
    return found ? shape(found.members) : undefined;
  }

  readonly #types = new Map<string, Map<string, ts.InterfaceDeclaration>>();

  #nested(side: "input" | "output"): Map<string, ts.InterfaceDeclaration> {
    let all = this.#types.get(side);
    if (!all) {
      all = new Map();
      const visit = (node: ts.Node): void => {
        if (ts.isInterfaceDeclaration(node)) all!.set(node.name.text, node);
        ts.forEachChild(node, visit);
      };
      visit(this.#file(join("types", `${side}.d.ts`)));
      this.#types.set(side, all);
    }
    return all;
  }
}

function isStatic(member: ts.ClassElement): boolean {
  return (
    ts.canHaveModifiers(member) && (ts.getModifiers(member) ?? []).some((m) => m.kind === ts.SyntaxKind.StaticKeyword)
  );
}

function shape(members: Iterable<ts.TypeElement | ts.ClassElement>): Shape {
  const found: Shape = {};
  for (const member of members) {
    if (!(ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) || !member.type) continue;
    const type = normal(member.type);
    const optional = member.questionToken !== undefined || type.endsWith("?");
    found[member.name.getText()] = type.replace(/\?$/, "") + (optional ? "?" : "");
  }
  return found;
}

/** `pulumi.Input<pulumi.Input<inputs.JobTask>[] | undefined>` → `JobTask[]?`. */
function normal(type: ts.TypeNode): string {
  if (ts.isParenthesizedTypeNode(type)) return normal(type.type);
  if (ts.isArrayTypeNode(type)) return `${normal(type.elementType)}[]`;
  if (ts.isUnionTypeNode(type)) {
    const parts = type.types.map(normal);
    const rest = parts.filter((part) => part !== "undefined");
    return rest.join("|") + (rest.length < parts.length ? "?" : "");
  }
  if (ts.isTypeLiteralNode(type)) {
    const index = type.members.find(ts.isIndexSignatureDeclaration);
    if (index) return `{${normal(index.type)}}`;
  }
  if (ts.isTypeReferenceNode(type)) {
    const name = type.typeName.getText();
    if (/^pulumi\.(Input|Output)$/.test(name)) return normal(type.typeArguments![0]!);
    return name.replace(/^(inputs|outputs)\./, "");
  }
  return type.getText();
}
