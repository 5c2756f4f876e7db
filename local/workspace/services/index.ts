/** The services of the workspace. Adding one touches its folder and this list. */
import type { Service } from "../core/service.ts";

export const services: readonly Service[] = [];
