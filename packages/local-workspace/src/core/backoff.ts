/** Milliseconds to wait after so many failures in a row (1 or more): twice as long with each, and ten minutes at the most. */
export const pauseAfter = (failures: number): number => Math.min(10_000 * 2 ** (failures - 1), 600_000);
