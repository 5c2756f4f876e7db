/**
 * Values of secrets that the engine was given are left out of its log: what user code, Spark and the JVM print there.
 * What runs and updates answer, the engine itself clears (redaction.py).
 */
const MARK = "[REDACTED]";
/** A shorter line of a secret is nothing that identifies it. */
const LINE = 8;

export class Redactor {
  #hidden: string[] = [];

  /** From now on leaves out the value, each of its lines, and both as JSON writes them. */
  hide(value: string): void {
    const lines = value.split(/\r?\n/).filter((line) => line.trim().length >= LINE);
    const parts = [value, value.trim(), ...lines].filter((part) => part.trim() !== "");
    const forms = parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]);
    this.#hidden = [...new Set([...this.#hidden, ...forms])].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    return this.#hidden.reduce((left, value) => left.replaceAll(value, MARK), text);
  }
}
