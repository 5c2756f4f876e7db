/** Where the local workspace of this checkout keeps its things. */
import { join } from "node:path";

export const PROJECT_DIR = join(import.meta.dirname, "..", "..");
/** LAKEHOUSE_DATA_DIR puts it elsewhere, for a second local workspace beside the first. */
export const DATA_DIR = process.env.LAKEHOUSE_DATA_DIR ?? join(PROJECT_DIR, ".local");
export const LOG_DIR = join(DATA_DIR, "logs");
export const WORKSPACE_FILE = join(DATA_DIR, "workspace.json");
export const TOKEN_FILE = join(DATA_DIR, "token");
/** File backend of stack `local`; real stacks use whatever backend their user is logged into. */
export const BACKEND_DIR = join(DATA_DIR, "pulumi");
