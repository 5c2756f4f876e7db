/** The engine's log: whole lines of what it prints, without the secrets that it was given. */
import { appendFileSync, closeSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { Redactor } from "./redactor.ts";

/** A line may be longer; it is then written in parts. */
const LONGEST = 1024 * 1024;

export class EngineLog {
  readonly file: string;
  readonly #redactor = new Redactor();

  constructor(file: string) {
    this.file = file;
  }

  /** Leaves the value out of what is written from now on. */
  hide(value: string): void {
    this.#redactor.hide(value);
  }

  /** Takes what one process prints; `end` writes what is left of it. */
  writer(): { write: (chunk: Buffer) => void; end: () => void } {
    mkdirSync(dirname(this.file), { recursive: true });
    closeSync(openSync(this.file, "a", 0o600));
    const decoder = new StringDecoder("utf8");
    let rest = "";
    const flush = (length: number): void => {
      this.write(rest.slice(0, length));
      rest = rest.slice(length);
    };
    return {
      write: (chunk) => {
        rest += decoder.write(chunk);
        const whole = rest.lastIndexOf("\n") + 1;
        if (whole > 0) flush(whole);
        else if (rest.length > LONGEST) flush(rest.length);
      },
      end: () => flush(rest.length),
    };
  }

  /** On a full disk the log loses lines, and the workspace goes on. */
  write(text: string): void {
    if (text === "") return;
    try {
      appendFileSync(this.file, this.#redactor.text(text), { mode: 0o600 });
    } catch {
      // there is nowhere else to say it
    }
  }

  get size(): number {
    try {
      return statSync(this.file).size;
    } catch {
      return 0;
    }
  }

  /** The last line since the log had that size: mostly the reason why a process ended. */
  lastLine(since: number): string {
    const length = Math.min(4096, this.size - since);
    if (length <= 0) return "";
    const file = openSync(this.file, "r");
    try {
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, length, this.size - length);
      return buffer.toString("utf8").trimEnd().split("\n").at(-1) ?? "";
    } finally {
      closeSync(file);
    }
  }
}
