/** `npm run workspace -- COMMAND`: the command `lakehouse` on the local workspace of this checkout. */
import { run } from "lakehouse-local-workspace/cli";
import { DATA_DIR } from "./stack/paths.ts";

process.env.LAKEHOUSE_DATA_DIR = DATA_DIR;
process.exitCode = await run(process.argv.slice(2));
