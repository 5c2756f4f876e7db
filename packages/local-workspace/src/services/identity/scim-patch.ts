/** SCIM PATCH (RFC 7644, 3.5.2) on the plain form of a resource. */
import { ScimError } from "./rules.ts";

export interface PatchOperation {
  op?: string | undefined;
  path?: string | undefined;
  value?: unknown;
}

type Resource = Record<string, unknown>;
type Member = { value: string; [key: string]: unknown };

const MULTI_VALUED = new Set(["members", "entitlements", "roles", "emails", "groups"]);

/** The provider sends `[{}]` or `[{ "value": "" }]` to empty a list. */
const saysNothing = (item: unknown): boolean =>
  typeof item === "object" && item !== null && ["", undefined].includes((item as { value?: string }).value);

const asMembers = (value: unknown): Member[] =>
  (Array.isArray(value) ? value : [value]).flatMap((item) => {
    if (typeof item === "string") return [{ value: item }];
    if (saysNothing(item)) return [];
    if (typeof item === "object" && item !== null && typeof (item as Resource).value === "string")
      return [item as Member];
    throw new ScimError(400, `A value must be an object with 'value', got ${JSON.stringify(item)}`, "invalidValue");
  });

/** SDKs and identity providers send booleans of a PATCH as text, too. */
function asFlag(value: unknown): unknown {
  const text = typeof value === "string" ? value.toLowerCase() : undefined;
  if (text === "true" || text === "false") return text === "true";
  if (typeof value === "boolean") return value;
  throw new ScimError(400, `active must be true or false, got ${JSON.stringify(value)}`, "invalidValue");
}

function apply(resource: Resource, op: string, attribute: string, value: unknown, selected: string | undefined): void {
  if (!MULTI_VALUED.has(attribute)) {
    if (op === "remove") delete resource[attribute];
    else resource[attribute] = attribute === "active" ? asFlag(value) : value;
    return;
  }
  const current = asMembers(resource[attribute] ?? []);
  if (op === "remove") {
    const gone =
      selected !== undefined ? [selected] : value === undefined ? undefined : asMembers(value).map((m) => m.value);
    resource[attribute] = gone === undefined ? [] : current.filter((member) => !gone.includes(member.value));
    return;
  }
  const added = asMembers(value ?? []);
  const kept = op === "replace" ? [] : current.filter((old) => !added.some((member) => member.value === old.value));
  resource[attribute] = [...kept, ...added];
}

/** Applies `operations` in order to a copy of `resource`. */
export function patched(resource: Resource, operations: readonly PatchOperation[]): Resource {
  const result = structuredClone(resource);
  for (const { op: given, path, value } of operations) {
    const op = (given ?? "").toLowerCase();
    if (!["add", "remove", "replace"].includes(op)) {
      throw new ScimError(400, `The operation '${given ?? ""}' is not one of add, remove, replace`, "invalidSyntax");
    }
    if (!path) {
      if (op === "remove") throw new ScimError(400, "A remove operation needs a path", "noTarget");
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new ScimError(400, "An operation without a path needs an object as value", "invalidValue");
      }
      for (const [attribute, part] of Object.entries(value)) apply(result, op, attribute, part, undefined);
      continue;
    }
    const [, whole, part] = /^([A-Za-z]+)\.([A-Za-z]+)$/.exec(path) ?? [];
    if (whole && part) {
      const { [part]: _, ...others } = (result[whole] ?? {}) as Resource;
      result[whole] = op === "remove" ? others : { ...others, [part]: value };
      continue;
    }
    const match = /^([A-Za-z]+)(?:\[\s*value\s+eq\s+"([^"]*)"\s*\])?$/.exec(path);
    if (!match) throw new ScimError(400, `The path '${path}' is not supported`, "invalidPath");
    apply(result, op, match[1]!, value, match[2]);
  }
  return result;
}
