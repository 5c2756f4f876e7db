/** Starts the pack: what makes it quick has to come first. */
import "./lean.ts";
import "./index.ts";
