// Text for receivers that read no markup, but whose clients look for addresses, mentions, tags and commands in it.

/** An invisible character (U+2060) behind each character that holds one of those together; what is seen stays. */
export function apart(raw: string): string {
  return raw.replace(/[@#$/.:]/g, "$&\u2060");
}
