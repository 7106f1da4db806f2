// Text for receivers that read no markup, but whose clients look for addresses, mentions, tags and commands in it.

/**
 * An invisible character (U+2060) behind each character that holds one of those together; what is seen stays. Times and
 * the ends of sentences need none. Of a code point by itself, which may stand before anything, the most that it takes.
 */
export function apart(raw: string): string {
  return raw.replace(/[@#$/.](?!\s)|:(?!\s|(?<=\d:)\d)/g, "$&\u2060");
}

/** The same for receivers of HTML: what tags are made of becomes a lookalike, for where no escape is dependable. */
export function tagless(raw: string): string {
  return apart(raw).replace(/[<>&]/g, (char) => LOOKALIKES[char]!);
}
const LOOKALIKES: Readonly<Record<string, string>> = { "<": "＜", ">": "＞", "&": "＆" };
