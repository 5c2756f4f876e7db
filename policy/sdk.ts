/**
 * Spares the Pulumi policy SDK (1.21) work that it does for every policy anew: it reads all properties of a resource from the
 * message once per policy, and for the stack all properties of all resources. Here each message is read once.
 *
 * It also keeps what the SDK drops: which values the program marked as secrets.
 *
 * Both need the SDK's own modules. Where they are laid out differently the pack works without: slower, and not knowing what is secret.
 */
import { createRequire } from "node:module";

/** How properties are marshaled: a secret is an object of this signature, with the value inside. */
interface Wire {
  readonly specialSigKey: string;
  readonly specialSecretSig: string;
}
interface Message {
  toJavaScript(): Record<string, unknown>;
}

const messages = new WeakMap<object, { readonly message: Message; secrets?: ReadonlySet<string> }>();
let wire: Wire | undefined;

/** Takes effect for whatever the SDK reads from then on. */
export function readOnce(require: NodeJS.Require): void {
  const deserialize = require("@pulumi/policy/deserialize") as {
    deserializeProperties(message: Message, keepSecrets: boolean): object;
  };
  const proxy = require("@pulumi/policy/proxy") as { unknownCheckingProxy(properties: object): object };
  const { deserializeProperties } = deserialize;
  const { unknownCheckingProxy } = proxy;
  const read = new WeakMap<Message, object>();
  const guarded = new WeakMap<object, object>();
  deserialize.deserializeProperties = (message, keepSecrets) => {
    // Remediations change what they are given.
    if (keepSecrets) return deserializeProperties(message, keepSecrets);
    const known = read.get(message);
    if (known !== undefined) return known;
    const properties = deserializeProperties(message, keepSecrets);
    read.set(message, properties);
    messages.set(properties, { message });
    return properties;
  };
  proxy.unknownCheckingProxy = (properties) => {
    const known = guarded.get(properties);
    if (known !== undefined) return known;
    const guard = unknownCheckingProxy(properties);
    guarded.set(properties, guard);
    const source = messages.get(properties);
    if (source !== undefined) messages.set(guard, source);
    return guard;
  };
  const sdk = createRequire(require.resolve("@pulumi/policy"));
  wire = sdk("@pulumi/pulumi/runtime/rpc") as Wire;
}

/** Whether the program marked the value at a path as a secret, or what holds it; undefined where that cannot be known. */
export function isSecretAt(properties: object, path: string): boolean | undefined {
  const source = messages.get(properties);
  if (source === undefined || wire === undefined) return undefined;
  source.secrets ??= new Set(secretPaths(source.message.toJavaScript(), "", wire));
  if (source.secrets.has(path)) return true;
  return [...path.matchAll(/[.[]/g)].some(({ index }) => source.secrets!.has(path.slice(0, index)));
}

function* secretPaths(value: unknown, path: string, { specialSigKey, specialSecretSig }: Wire): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  if ((value as Record<string, unknown>)[specialSigKey] === specialSecretSig) {
    yield path;
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    yield* secretPaths(child, at, { specialSigKey, specialSecretSig });
  }
}
