/** The Files API over the folders of managed volumes. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../../core/service.ts";
import { fileRoutes } from "./routes.ts";

export const files: Service = {
  name: "files",
  routes: fileRoutes,
  start({ dataDir }) {
    // uploads that a kill cut off
    rmSync(join(dataDir, "uploads"), { recursive: true, force: true });
    mkdirSync(join(dataDir, "uploads"), { recursive: true });
  },
};
