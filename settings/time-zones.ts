/** Names of the IANA time zone database, spelt as it spells them: jobs run on Java, which tells cases apart. */

/** Names without a region: those of the database's `backward` and `etcetera` files. */
const WITHOUT_REGION = new Set(
  (
    "UTC GMT UCT Zulu Universal Greenwich GMT0 GMT+0 GMT-0 EST MST HST CET MET EET WET EST5EDT CST6CDT MST7MDT PST8PDT " +
    "Cuba Egypt Eire GB GB-Eire Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya NZ NZ-CHAT Navajo PRC Poland " +
    "Portugal ROC ROK Singapore Turkey W-SU"
  ).split(" "),
);
const REGION =
  /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)(\/[A-Z][A-Za-z0-9_+-]*){1,2}$/;

/** Canonical names, and older names of the same zones, which JavaScript knows without listing them. */
export function isTimeZone(name: string): boolean {
  if (WITHOUT_REGION.has(name)) return true;
  const canonical = Intl.supportedValuesOf("timeZone");
  if (canonical.includes(name)) return true;
  if (!REGION.test(name) || canonical.some((known) => known.toLowerCase() === name.toLowerCase())) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
