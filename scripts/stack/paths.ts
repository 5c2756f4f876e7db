/** Where the local workspace of this checkout keeps its things. */
import { join, resolve } from "node:path";

export const PROJECT_DIR = join(import.meta.dirname, "..", "..");
/** LAKEHOUSE_DATA_DIR puts it elsewhere, for a second local workspace beside the first. */
export const DATA_DIR = resolve(process.env.LAKEHOUSE_DATA_DIR ?? join(PROJECT_DIR, ".local"));
export const LOG_DIR = join(DATA_DIR, "logs");
/** File backend of stack `local`; real stacks use whatever backend their user is logged into. */
export const BACKEND_DIR = join(DATA_DIR, "pulumi");
