/** Registers a remote component with an argument that no SDK would let through. */
import * as pulumi from "@pulumi/pulumi";

class Job extends pulumi.ComponentResource {
  constructor(name, args) {
    super("databricks-lakehouse:index:LakehouseJob", name, args, {}, true);
  }
}

new Job("nightly", { tasks: { readings: { pipeline: { pipelineId: "1" } } }, shedule: "x" });
