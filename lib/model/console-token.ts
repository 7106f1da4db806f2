// What a token of the console must be: one that a header takes, and that nobody guesses.

const TOKEN = /^[\w.~+/=-]{20,}$/;

/** For people; after "must be". */
export const TOKEN_FORM = 'at least 20 of A-Z a-z 0-9 . _ ~ + / = -, as "openssl rand -hex 32" makes it';

/** Every link that acknowledges is signed with it: who reads one could try short tokens in peace. */
export function isConsoleToken(text: string): boolean {
  return TOKEN.test(text);
}
