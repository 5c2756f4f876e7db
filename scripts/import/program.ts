/** A first program of imported resources, from the inputs that `pulumi import` put into the stack's state. */

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  custom: boolean;
  inputs?: Record<string, unknown>;
}

/** What only the workspace says of an object. In a program it would be a change as soon as the workspace says something else. */
const ANSWERED: Readonly<Record<string, readonly string[]>> = {
  Catalog: ["metastoreId"],
  Schema: ["metastoreId"],
  Pipeline: [
    ...["cause", "clusterId", "creatorUserName", "expectedLastModified", "health", "lastModified", "latestUpdates"],
    ...["pipelineId", "runAsUserName", "state", "url"],
  ],
};

function said({ type, inputs = {} }: StateResource): Record<string, unknown> {
  const answered = ANSWERED[short(type)] ?? [];
  const managed = short(type) === "Volume" && inputs.volumeType === "MANAGED" ? ["storageLocation"] : [];
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => ![...answered, ...managed].includes(key)));
}

const SECRET = "4dabf18193072939515e22adb298388d";
const short = (type: string): string => type.slice(type.lastIndexOf(":") + 1);
const nameIn = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

/** Makes what is a name in a URN a name in TypeScript. */
function variable(name: string, type: string, taken: ReadonlySet<string>): string {
  const base = `${short(type)[0]!.toLowerCase()}${short(type).slice(1)}_${name}`.replace(
    /[^A-Za-z0-9]+(.)?/g,
    (_, next: string = "") => next.toUpperCase(),
  );
  let free = base;
  for (let at = 2; taken.has(free); at += 1) free = `${base}${at}`;
  return free;
}

/** A property that holds another resource's name or id becomes a reference to it. */
function referenceTo(
  key: string,
  value: unknown,
  made: readonly { resource: StateResource; name: string }[],
): string | undefined {
  if (typeof value !== "string") return undefined;
  const wanted = {
    catalogName: "Catalog",
    catalog: "Catalog",
    schemaName: "Schema",
    schema: "Schema",
    pipelineId: "Pipeline",
    jobId: "Job",
  }[key];
  const found = made.filter(({ resource }) => short(resource.type) === wanted);
  if (key === "pipelineId" || key === "jobId") {
    const target = found.find(({ resource }) => resource.id === value);
    return target && `${target.name}.id`;
  }
  const target = found.filter(({ resource }) => resource.inputs?.name === value);
  return target.length === 1 ? `${target[0]!.name}.name` : undefined;
}

function literal(
  value: unknown,
  path: string,
  indent: string,
  reference: (key: string, value: unknown) => string | undefined,
): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const items = value.map((one, at) => `${inner}${literal(one, `${path}[${at}]`, inner, reference)},\n`);
    return `[\n${items.join("")}${indent}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (SECRET in value)
    throw new Error(`${path} is a secret: write this resource by hand, with \`config.requireSecret\`.`);
  const entries = Object.entries(value).filter(([key]) => key !== "__defaults");
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, one]) => {
    const shown = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return `${inner}${shown}: ${reference(key, one) ?? literal(one, `${path}.${key}`, inner, reference)},\n`;
  });
  return `{\n${lines.join("")}${indent}}`;
}

/** Resources come in the order in which they refer to each other: that of the import file. */
export function renderProgram(resources: readonly StateResource[]): string {
  const made: { resource: StateResource; name: string }[] = [];
  const blocks = resources
    .filter(({ custom, type }) => custom && type.startsWith("databricks:"))
    .map((resource) => {
      const name = variable(nameIn(resource.urn), resource.type, new Set(made.map((one) => one.name)));
      const args = literal(said(resource), nameIn(resource.urn), "", (key, value) => referenceTo(key, value, made));
      made.push({ resource, name });
      return `export const ${name} = new databricks.${short(resource.type)}(${JSON.stringify(nameIn(resource.urn))}, ${args}, kept);\n`;
    });
  return [
    "/** What was imported, as it was found. Move it into components step by step; `aliases` keep the resources. */\n",
    'import * as databricks from "@pulumi/databricks";\n',
    "\n// Nothing that was imported is deleted before somebody takes this away.\nconst kept = { protect: true };\n",
    ...blocks.map((block) => `\n${block}`),
  ].join("");
}
