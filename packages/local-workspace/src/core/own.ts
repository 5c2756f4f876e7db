/** The entry of a table of constants that a request names: `constructor` and `__proto__` are none of its own. */
export const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
