/** Which tests failed, why, and at which line of the repository, as both runners report it. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface Failure {
  title: string;
  message: string;
  /** From the root of the repository. */
  place?: { file: string; line: number };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

export const unescaped = (text: string): string =>
  text.replace(/&(?:(lt|gt|quot|apos|amp)|#(\d+)|#x([0-9a-fA-F]+));/g, (_, named, decimal, hex) =>
    named ? ENTITIES[named]! : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  );

export function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescaped(value);
}

/** Of pytest's --junitxml: failures, and errors of fixtures. The traceback ends with the line that failed. */
export function junitFailures(xml: string): Failure[] {
  return [...xml.matchAll(/(<testcase [^>]*[^/]>)([\s\S]*?)<\/testcase>/g)].flatMap(([, test, content]) => {
    const failed = /<(failure|error)( [^>]*)?>([\s\S]*?)<\/\1>/.exec(content!);
    if (!failed) return [];
    const title = `${attribute(test!, "classname")}.${attribute(test!, "name")}`;
    const text = unescaped(failed[3]!).trim();
    const place = [...text.matchAll(/^([\w./-]+\.py):(\d+): /gm)].at(-1);
    return [
      {
        title,
        message: text || attribute(failed[2] ?? "", "message") || failed[1]!,
        ...(place ? { place: { file: place[1]!, line: Number(place[2]) } } : {}),
      },
    ];
  });
}

/** Of an error that mocha caught: the first line of its stack that is the repository's own. */
export function mochaFailure(root: string, title: string, error: Error): Failure {
  const stack = error.stack ?? String(error);
  const own = [...stack.matchAll(/(file:\/\/\/[^\s)]+|\/[^\s():]+):(\d+):\d+/g)]
    .map(([, path, line]) => ({
      file: relative(root, path!.startsWith("file:") ? fileURLToPath(path!) : path!),
      line: Number(line),
    }))
    .find(({ file }) => !file.startsWith("..") && !file.includes("node_modules"));
  const message = stack.includes(error.message) ? stack : `${error.message}\n${stack}`;
  return { title, message, ...(own ? { place: own } : {}) };
}
