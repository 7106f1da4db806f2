// What a token of the console must be, one that a header takes, and should be, one that nobody guesses.

const TOKEN = /^[!-~]+$/;
const SAFE = 20;

/** For people; after "must be". */
export const TOKEN_FORM = 'of visible ASCII characters without spaces, as "openssl rand -hex 32" makes it';

export function isConsoleToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Every link that acknowledges is signed with it: who reads one could try short tokens in peace. */
export function isGuessable(token: string): boolean {
  return token.length < SAFE;
}
