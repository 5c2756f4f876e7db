/** SQL's LIKE: % stands for any text, _ for any character; without a regular expression, whose time could explode. */
export function like(text: string, pattern: string): boolean {
  let [at, place, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[place] === "%") {
      star = place++;
      mark = at;
    } else if (place < pattern.length && (pattern[place] === "_" || pattern[place] === text[at])) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++mark;
    } else return false;
  }
  return [...pattern.slice(place)].every((letter) => letter === "%");
}
