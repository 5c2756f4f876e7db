/** The README's two recipes for what exists: `adopt` by name, and `opts.import` by id. Configured `adopt: true` for one update. */
import * as pulumi from "@pulumi/pulumi";
import { LakehouseCatalog } from "databricks-lakehouse";

const adopt = new pulumi.Config().getBoolean("adopt") ?? false;

new LakehouseCatalog("trade", {
  name: "trade",
  comment: "Made by hand",
  owner: "trade-owners",
  schemas: {
    raw: {
      comment: "Files",
      volumes: { landing: { comment: "As delivered" }, returns: { comment: "Sent back" } },
    },
    gold: { comment: "Measures" },
  },
  adopt,
});

new LakehouseCatalog("science", {
  name: "science",
  existing: true,
  schemas: { models: { comment: "Of both teams" }, trials: { comment: "New" } },
  transform: {
    schema: (args, opts, name) => {
      if (name === "science-models" && adopt) {
        opts.import = "science.models";
        // An import must find what exists: the mark of the stack comes with the next update.
        delete args.properties;
      }
    },
  },
});
