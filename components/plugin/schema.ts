/**
 * The components' schema for other languages, from their types and doc comments. Pulumi's own analyzer takes classes that
 * name ComponentResource in `extends`, and no functions, unions or read-only arrays in their arguments.
 * https://www.pulumi.com/docs/iac/extending-pulumi/schema
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const COMPONENTS = join(import.meta.dirname, "..");
const ANY = { $ref: "pulumi.json#/Any" };

export interface Property {
  type?: "string" | "number" | "boolean" | "array" | "object";
  $ref?: string;
  oneOf?: Property[];
  items?: Property;
  additionalProperties?: Property;
  description?: string;
  /** Must be known when the component is made. */
  plain?: true;
}

interface Properties {
  properties: Record<string, Property>;
  required: string[];
}

export interface PackageSchema {
  name: string;
  version: string;
  description: string;
  language: Record<string, object>;
  resources: Record<
    string,
    Properties & {
      isComponent: true;
      description: string;
      inputProperties: Record<string, Property>;
      requiredInputs: string[];
    }
  >;
  types: Record<string, Properties & { type: "object" }>;
}

/** Reads types of TypeScript as properties of a schema; objects become named types. */
class Reader {
  readonly types: PackageSchema["types"] = {};
  readonly #checker: ts.TypeChecker;
  readonly #package: string;
  /** Names of types by their text; undefined for one that is nothing in other languages. */
  readonly #names = new Map<string, string | undefined>();

  constructor(checker: ts.TypeChecker, packageName: string) {
    this.#checker = checker;
    this.#package = packageName;
  }

  description(symbol: ts.Symbol): string {
    return ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).replaceAll(/\s+/g, " ");
  }

  /** Properties of an object, or of any of several that stand for each other. */
  properties(types: readonly ts.Type[], name: string): Properties {
    const keys = [...new Set(types.flatMap((type) => type.getProperties().map((symbol) => symbol.name)))];
    const properties: Record<string, Property> = {};
    const required: string[] = [];
    for (const key of keys) {
      const symbols = types.map((type) => type.getProperty(key)).filter((symbol) => symbol !== undefined);
      const parts = symbols.flatMap((symbol) => members(this.#checker.getTypeOfSymbol(symbol)));
      const property = this.#property(parts, `${name}${pascal(key)}`);
      if (property === undefined) continue;
      const texts = [...new Set(symbols.map((symbol) => this.description(symbol)))];
      const description = [texts.join(" "), property.description ?? ""].filter((text) => text !== "").join(" ");
      properties[key] = description === "" ? property : { ...property, description };
      const everywhere = symbols.length === types.length && symbols.every((symbol) => !isOptional(symbol));
      if (everywhere && !parts.some(isNothing)) required.push(key);
    }
    return { properties, required: required.sort() };
  }

  /** Undefined for what only TypeScript has: functions, resources. */
  #property(parts: readonly ts.Type[], name: string): Property | undefined {
    const isInput = parts.some((part) => isNamed(part, "Promise"));
    const values = parts.filter((part) => !isNothing(part) && !isNamed(part, "Promise") && !isOutput(part));
    const property = this.#value(values, name);
    if (property === undefined || isInput || property.$ref === ANY.$ref) return property;
    return { ...property, plain: true };
  }

  #value(values: readonly ts.Type[], name: string): Property | undefined {
    const literals = [...new Set(values.filter((value) => value.isStringLiteral()).map((value) => value.value))];
    const simple = new Set<"string" | "number" | "boolean">();
    for (const { flags } of values) {
      if (flags & ts.TypeFlags.StringLike) simple.add("string");
      else if (flags & ts.TypeFlags.NumberLike) simple.add("number");
      else if (flags & ts.TypeFlags.BooleanLike) simple.add("boolean");
    }
    const objects = values.filter((value) => value.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection));
    const found: Property[] = [...simple].map((type) => ({ type }));
    const object = objects.length === 0 ? undefined : this.#object(objects, name);
    // One or several: Python's SDK takes a list only where nothing else may stand.
    if (object?.type === "array") found.length = 0;
    if (object !== undefined) found.push(object);
    const [only] = found;
    if (only === undefined) return undefined;
    const property = found.length === 1 ? only : { oneOf: found };
    return literals.length === 0 ? property : { ...property, description: `One of ${literals.join(", ")}.` };
  }

  #object(types: readonly ts.Type[], name: string): Property | undefined {
    const objects = types.filter((type) => type.getCallSignatures().length === 0 && !isResource(type));
    const [first] = objects;
    if (first === undefined) return undefined;
    if (this.#checker.isArrayType(first)) {
      const items = this.#property(members(this.#checker.getTypeArguments(first as ts.TypeReference)[0]!), name);
      return items && { type: "array", items };
    }
    if (objects.some(isProviders)) {
      return { ...ANY, description: `As \`${first.symbol.name}\` of the Databricks provider.` };
    }
    const [index] = this.#checker.getIndexInfosOfType(first);
    if (index !== undefined) {
      const additionalProperties = this.#property(members(index.type), name);
      return additionalProperties && { type: "object", additionalProperties };
    }
    return this.#reference(objects, name);
  }

  #reference(types: readonly ts.Type[], name: string): Property | undefined {
    const key = types
      .map((type) => this.#checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation))
      .join();
    const token = (named: string): string => `${this.#package}:index:${named}`;
    if (!this.#names.has(key)) {
      const [first] = types;
      const own = types.length === 1 && (first?.symbol?.name ?? "__type") !== "__type" ? first!.symbol.name : name;
      this.#names.set(key, own); // found when the type holds itself
      const read = this.properties(types, own);
      if (Object.keys(read.properties).length === 0) this.#names.set(key, undefined);
      else this.types[token(own)] = { type: "object", ...read };
    }
    const named = this.#names.get(key);
    return named === undefined ? undefined : { $ref: `#/types/${token(named)}` };
  }

  /** Outputs of a component: its properties that are outputs of plain values. */
  outputs(type: ts.Type): Properties {
    const properties: Record<string, Property> = {};
    for (const symbol of type.getProperties()) {
      const output = this.#checker.getTypeOfSymbol(symbol);
      const inner = isOutput(output) ? (output.aliasTypeArguments ?? []) : [];
      const property = symbol.name === "urn" ? undefined : this.#value(inner.flatMap(members), symbol.name);
      if (property === undefined) continue;
      const description = this.description(symbol);
      properties[symbol.name] = description === "" ? property : { ...property, description };
    }
    return { properties, required: Object.keys(properties).sort() };
  }
}

/** Of a class, or of the file that it is in. */
function describe(component: ts.Symbol, reader: Reader): string {
  const own = reader.description(component);
  const source = component.declarations![0]!.getSourceFile();
  const [comment] = ts.getLeadingCommentRanges(source.text, 0) ?? [];
  const first = comment === undefined ? "" : source.text.slice(comment.pos, comment.end);
  const text = first
    .replaceAll(/^\/\*\*|\*\/$|^\s*\* ?/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return [text, own].filter((part) => part !== "").join(" ");
}

const pascal = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const members = (type: ts.Type): readonly ts.Type[] => (type.isUnion() ? type.types : [type]);
const isNothing = ({ flags }: ts.Type): boolean =>
  (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never)) !== 0;
const isOptional = ({ flags }: ts.Symbol): boolean => (flags & ts.SymbolFlags.Optional) !== 0;
const isNamed = (type: ts.Type, name: string): boolean => type.symbol?.name === name;
const isOutput = (type: ts.Type): boolean =>
  type.isIntersection() ? type.types.some(isOutput) : isNamed(type, "OutputInstance");
const isResource = (type: ts.Type): boolean => type.getProperty("urn") !== undefined;
const isProviders = (type: ts.Type): boolean =>
  type.symbol?.declarations?.some((node) => node.getSourceFile().fileName.includes("/@pulumi/databricks/")) ?? false;

function compile(): ts.Program {
  const config = join(COMPONENTS, "tsconfig.build.json");
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    COMPONENTS,
  );
  return ts.createProgram([join(COMPONENTS, "plugin", "arguments.ts"), join(COMPONENTS, "index.ts")], options);
}

export function packageSchema(): PackageSchema {
  const { name, version, description } = JSON.parse(readFileSync(join(COMPONENTS, "package.json"), "utf8")) as {
    [key in "name" | "version" | "description"]: string;
  };
  const program = compile();
  const checker = program.getTypeChecker();
  const exported = (path: string): ts.Symbol[] =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(join(COMPONENTS, path))!)!);
  const reader = new Reader(checker, name);
  const all = exported("plugin/arguments.ts").find((symbol) => symbol.name === "Arguments")!;
  const classes = new Map(exported("index.ts").map((symbol) => [symbol.name, symbol]));
  const resources: PackageSchema["resources"] = {};
  for (const symbol of checker.getDeclaredTypeOfSymbol(all).getProperties()) {
    const alias = classes.get(symbol.name)!;
    const component = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    const args = reader.properties([checker.getTypeOfSymbol(symbol)], symbol.name);
    resources[`${name}:index:${symbol.name}`] = {
      isComponent: true,
      description: describe(component, reader),
      inputProperties: args.properties,
      requiredInputs: args.required,
      ...reader.outputs(checker.getDeclaredTypeOfSymbol(component)),
    };
  }
  const language = { nodejs: { respectSchemaVersion: true }, python: { respectSchemaVersion: true } };
  return { name, version, description, language, resources, types: reader.types };
}
