/** The generator of test data: the task that writes the next batch of files, and the job's parameters that it reads. */
import type * as pulumi from "@pulumi/pulumi";
import type { Task } from "./components/index.ts";
import type { Settings } from "./settings.ts";

/** A batch is written whole or not at all, so running the task again is safe. */
export const generateTask = (landing: pulumi.Input<string>, changes: pulumi.Input<string>): Task<never> => ({
  description: "Writes the next batch of files into the landing volumes",
  retries: { max: 2 },
  notebook: {
    notebookPath: "generator/generate",
    // The run names its batch, so that a retry after the batch was written does not write the next one.
    baseParameters: { landing_path: landing, changes_path: changes, run: "{{job.run_id}}" },
  },
});

export const generatorParameters = ({ scale, seed, badShare }: Settings["generator"]): Record<string, string> => ({
  scale: String(scale),
  seed: String(seed),
  bad_share: String(badShare),
  batch: "next",
});
