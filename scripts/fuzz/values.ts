/** Values of a JSON schema, ordinary and hostile. */
import type { Random } from "../random.ts";

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

export const HOSTILE_TEXTS: readonly string[] = [
  ...["", " ", ".", "..", "/", "//", "../../../../etc/passwd", "/Volumes/../..", "a.b.c.d", "`", "``", '"', "'", "\\"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "valueOf", "__defineGetter__", "then"],
  ...["\0", "a\0b", "\r\n", "x\r\nSet-Cookie: a=b", "\u2028", "\u2029", "\ufeff", "\ud800", "\udc00a", "\u{10ffff}"],
  ...["x".repeat(256), "x".repeat(5000), "é".repeat(300), "😀".repeat(100), "a/".repeat(200), "a.".repeat(200)],
  ...["%", "%00", "%2e%2e%2f", "%zz", "*", "[", "(", "{{job.run_id}}", "{{", "${x}", "<script>", "--", ";", "'; DROP"],
  ...["-1", "1e400", "NaN", "Infinity", "0x10", "9223372036854775808", "1970-01-01T00:00:00Z", "99999-99-99", "null"],
  ...["true", "[]", "{}", "0 0 0 ? * * *", "* * *", 'userName eq "x" and (', "name LIKE '%", "id eq", "desc", "===="],
];
const HOSTILE_NUMBERS = [0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 63), 1e21, 1e308, 1e-320];
const WORDS = [
  "main",
  "default",
  "main.default",
  "olist",
  "x",
  "admins",
  "users",
  "SELECT",
  "/Shared",
  "/Shared/a",
  "1",
];
/** Keys of answers that name something, for a parameter that no answer has. */
const NAMING = ["id", "name", "full_name", "path", "object_id", "application_id", "catalog_name"];
const DEEPEST = 6;
const property = (name: string, value: unknown): [string, unknown] => [name, value];

/** Makes values; remembers those that the workspace answered, so that a name or an id leads somewhere now and then. */
export class Values {
  readonly #random: Random;
  readonly #seen = new Map<string, unknown[]>();
  /** Makes ordinary values only: something must exist before what changes it is reached. */
  tame = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Keeps the scalars of an answer by their keys. */
  learn(answer: unknown, key = "", depth = 0): void {
    if (depth > DEEPEST || answer === null) return;
    if (Array.isArray(answer)) for (const each of answer.slice(0, 5)) this.learn(each, key, depth + 1);
    else if (typeof answer === "object")
      for (const [name, value] of Object.entries(answer)) this.learn(value, name, depth + 1);
    else if (typeof answer !== "boolean" && String(answer).length < 200) {
      const known = this.#seen.get(key) ?? [];
      if (known.length < 50) known.push(answer);
      else known[this.#random.whole(0, 49)] = answer;
      this.#seen.set(key, known);
    }
  }

  /** Keeps what names an object in an answer, for the parameters that follow `noun` in a path. */
  learnNames(answer: unknown, noun: string, depth = 0): void {
    if (depth > 2 || answer === null || typeof answer !== "object") return;
    const named = Object.entries(answer).filter(([key]) => /(^|_)(id|name|path|key)$/.test(key));
    for (const [, value] of named) this.learn(value, noun);
    for (const each of Object.values(answer)) {
      if (Array.isArray(each)) for (const one of each.slice(0, 5)) this.learnNames(one, noun, depth + 1);
      else this.learnNames(each, noun, depth + 1);
    }
  }

  /** A value that an answer had under this key, or that named an object of this noun. */
  known(key: string): unknown {
    const found = this.#seen.get(key);
    return found === undefined ? undefined : this.#random.of(found);
  }

  #known(key: string): unknown {
    const short = /[a-z0-9]+$/i.exec(key)?.[0] ?? key;
    const found = this.#seen.get(key) ?? this.#seen.get(short) ?? this.#seen.get(this.#random.of(NAMING));
    return found === undefined ? undefined : this.#random.of(found);
  }

  hostile(depth = 0): unknown {
    const random = this.#random;
    switch (random.whole(0, 7)) {
      case 0:
        return random.of(HOSTILE_NUMBERS);
      case 1:
        return random.of([null, true, false]);
      case 2:
        return depth > 2 ? [] : [this.hostile(depth + 1), this.hostile(depth + 1)];
      case 3:
        return depth > 2 ? {} : Object.fromEntries([property(random.of(HOSTILE_TEXTS), this.hostile(depth + 1))]);
      default:
        return random.of(HOSTILE_TEXTS);
    }
  }

  /** @param key under which the value is sent */
  of(schema: JsonSchema, key = "", depth = 0): unknown {
    const random = this.#random;
    if (!this.tame && random.chance(0.08)) return this.hostile();
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return random.of(schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return this.of(random.of(choices), key, depth);
    if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map((each) => this.of(each, key, depth)));
    const type = typeof schema.type === "string" ? schema.type : random.of(schema.type ?? ["string", "object"]);
    return this.#typed(type, schema, key, depth);
  }

  #typed(type: string, schema: JsonSchema, key: string, depth: number): unknown {
    const random = this.#random;
    const known = random.chance(0.7) ? this.#known(key) : undefined;
    switch (type) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return depth > DEEPEST
          ? []
          : Array.from({ length: random.whole(0, 3) }, () => this.of(schema.items ?? {}, key, depth + 1));
      case "integer":
      case "number":
        if (typeof known === "number") return known;
        return !this.tame && random.chance(0.3) ? random.of(HOSTILE_NUMBERS) : random.whole(schema.minimum ?? 0, 100);
      case "boolean":
        return random.chance(0.5);
      case "null":
        return null;
      default:
        if (known !== undefined) return String(known);
        return !this.tame && random.chance(0.35) ? random.of(HOSTILE_TEXTS) : random.of(WORDS);
    }
  }

  #object({ properties = {}, required = [], additionalProperties }: JsonSchema, depth: number): unknown {
    const random = this.#random;
    const entries: [string, unknown][] = [];
    for (const [name, schema] of Object.entries(properties)) {
      const optional = this.tame || depth > 2 ? 0.15 : 0.4;
      if (random.chance(required.includes(name) ? (this.tame ? 1 : 0.97) : optional))
        entries.push(property(name, this.of(schema, name, depth + 1)));
    }
    if (!this.tame && (additionalProperties || random.chance(0.05))) {
      const schema = typeof additionalProperties === "object" ? additionalProperties : {};
      entries.push(
        property(random.of([...HOSTILE_TEXTS, ...WORDS]), depth > DEEPEST ? 1 : this.of(schema, "", depth + 1)),
      );
    }
    return Object.fromEntries(entries);
  }
}
