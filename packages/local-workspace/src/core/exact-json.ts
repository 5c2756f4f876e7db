/**
 * JSON whose numbers keep the text they are written in: 2^60 + 1 and 12.0 are not what JavaScript's numbers make of them.
 * https://tc39.es/proposal-json-parse-with-source/
 */

interface RawJson {
  readonly rawJSON: string;
}

const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): RawJson;
};

/** As JSON.parse, with every number as an object that JSON.stringify writes as it was read. */
export const parseExact = (text: string): unknown =>
  parse(text, (_key, value, { source }) => (typeof value === "number" ? rawJSON(source!) : value));

/** A number from its text, for JSON.stringify to write as it is. */
export const exactNumber = (text: string): unknown => rawJSON(text);

/** Numbers, texts and booleans; of the values of parseExact, too. */
export const isScalar = (value: unknown): boolean =>
  (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON(value) ||
  ["string", "number", "boolean"].includes(typeof value);

/** A text as it is, and anything else as JSON. */
export const exactText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
