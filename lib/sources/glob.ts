// Names by a pattern with `*` and `?`, without backtracking: a name is whatever somebody gave a service.

/**
 * Whether all of the text is the pattern's: `*` stands for any text, `?` for one UTF-16 unit. Each star
 * is tried once from each place.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let place = 0;
  /** Behind the newest star, and how much of the text it takes so far: what an earlier one takes need never be more. */
  let star = -1;
  let taken = 0;
  while (place < text.length) {
    if (pattern[at] === "*") {
      star = ++at;
      taken = place;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star;
      place = ++taken;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
