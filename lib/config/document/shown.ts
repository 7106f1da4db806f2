// How findings show a word that people wrote where it means nothing: it may be a secret in the wrong place.

const MAX_LENGTH = 40;
/** Parts of a name: a word, perhaps with a number at its end, or something too short for a secret. */
const PART = /^([A-Za-z]{1,20}\d{0,4}|\w{0,4})$/;
const BETWEEN = /[./$_-]/;
/** Of a masked word, a few characters are shown where that leaves most of it unknown. */
const LONG = 8;
/** Names in a list of what there is. */
const MAX_NAMES = 30;

/** In quotes where it reads as a name, else masked. */
export function shownWord(word: string): string {
  return isName(word) ? `"${word}"` : masked(word);
}

/** `"hu…" (14 characters)` */
export function masked(word: string): string {
  const shown = word.slice(0, word.length >= LONG ? 2 : 1).toWellFormed();
  return `"${shown}…" (${word.length} ${word.length === 1 ? "character" : "characters"})`;
}

/** Names that there are, as a hint lists them. */
export function listed(words: readonly string[]): string {
  const names = words.filter(isName);
  const shown = names.slice(0, MAX_NAMES);
  return shown.length < words.length ? [...shown, "…"].join(", ") : shown.join(", ");
}

function isName(word: string): boolean {
  return word.length <= MAX_LENGTH && word.split(BETWEEN).every((part) => PART.test(part));
}
