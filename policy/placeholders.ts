/** Text that stands where something should be said: "TODO TODO TODO", "n/a", "xxx", "lorem ipsum". */
import { visible } from "./values.ts";

const EMPTY_WORDS = new Set([
  ...[
    "todo",
    "tbd",
    "tba",
    "tbc",
    "fixme",
    "xxx",
    "na",
    "none",
    "null",
    "nil",
    "nan",
    "undefined",
    "unknown",
    "unset",
    "empty",
  ],
  ...[
    "test",
    "testing",
    "foo",
    "bar",
    "baz",
    "qux",
    "asdf",
    "asdfgh",
    "qwerty",
    "abc",
    "abcdef",
    "blah",
    "bla",
    "dummy",
  ],
  ...[
    "placeholder",
    "changeme",
    "change",
    "me",
    "comment",
    "description",
    "some",
    "text",
    "string",
    "value",
    "here",
    "please",
  ],
  ...[
    "add",
    "fill",
    "in",
    "insert",
    "write",
    "later",
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "a",
    "an",
    "the",
    "your",
    "my",
  ],
  ...[
    "missing",
    "nothing",
    "no",
    "not",
    "applicable",
    "available",
    "set",
    "see",
    "above",
    "is",
    "to",
    "be",
    "done",
    "wip",
    "ok",
  ],
]);

/** Words that say something; a text of two letters or fewer of those says nothing. */
const words = (text: string): string[] =>
  visible(text)
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll("n/a", "na")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");

/** Whether nothing in a text says anything. */
export const isPlaceholder = (text: string): boolean => {
  const all = words(text);
  if (all.length === 0) return true;
  // "xxxx", "1111" and the like: one character again and again.
  return all.every((word) => EMPTY_WORDS.has(word) || (word.length > 2 && /^(.)\1+$/u.test(word)));
};

/** Values of tags that give a bill to nobody. */
const NOBODY = new Set([
  "",
  "na",
  "none",
  "null",
  "nil",
  "tbd",
  "tba",
  "todo",
  "unknown",
  "undefined",
  "unset",
  "xxx",
  "x",
  "changeme",
  "placeholder",
  "dummy",
  "foo",
]);
export const isEmptyTag = (text: string): boolean =>
  NOBODY.has(
    visible(text)
      .normalize("NFKC")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, ""),
  );
