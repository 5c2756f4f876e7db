/** What a pull request's comment says, as plain data: each check writes its part to a file, and the comment is made of all of them. */
import type { Violation } from "../policy/events.ts";

export type Operation = "replace" | "delete" | "update" | "create" | "import" | "other";

export interface ResourceChange {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly operation: Operation;
  /** Names of the properties that change, those that replace the resource first. Never values, which may be secret. */
  readonly properties: readonly string[];
  readonly replacedBy: readonly string[];
  /** What data the resource holds, where it holds any. */
  readonly data?: string;
  /** Of the values that the program gives it, by which two previews are compared. */
  readonly digest?: string;
  readonly isProtected: boolean;
  /** Deleting it from the program leaves the object in the workspace. */
  readonly isRetained: boolean;
}

export interface Place {
  readonly file: string;
  readonly line: number;
}

export interface PlacedViolation extends Violation {
  /** Where the program makes the resource. */
  readonly place?: Place | undefined;
}

export interface Preview {
  readonly project: string;
  readonly stack: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly unchanged: number;
  readonly changes: readonly ResourceChange[];
  readonly violations: readonly PlacedViolation[];
  readonly exemptions: readonly Violation[];
  readonly errors: readonly string[];
}

export interface TestFailure {
  readonly suite: string;
  readonly title: string;
  readonly message: string;
  readonly place?: Place | undefined;
}

export interface TestResults {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly failures: readonly TestFailure[];
}

export interface Environment {
  readonly url: string;
  readonly catalog: string;
  readonly result: string;
  readonly expires: string;
}

/** All parts are optional: a check that has not run is named as such by who asks for it. */
export interface PullRequest {
  readonly preview?: Preview | undefined;
  /** Of the data diff: its Markdown, the first line of which is the verdict. */
  readonly dataDiff?: string | undefined;
  readonly tests?: readonly TestResults[] | undefined;
  readonly environment?: Environment | undefined;
  /** Link to the page of the run and the other artifacts. */
  readonly artifacts?: string | undefined;
  readonly commit?: string | undefined;
  /** Checks that left no result, because their job failed or was canceled before. */
  readonly missing?: readonly string[] | undefined;
}
