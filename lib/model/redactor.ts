// What keeps secrets out of everything that people will see; lib/config/secrets/redactor.ts has the real one.
export interface Redactor {
  /**
   * From now on `redact` replaces this value, and what is a key within an address. Values under 6 characters are left.
   */
  add(value: string): void;
  /**
   * Likewise for what is issued over and over, as tokens are: those that were given last are remembered, in bounds.
   * Given again, it counts as the last.
   */
  addPassing(value: string): void;
  /**
   * The text with every known secret replaced by `[secret]`, fast where it holds none. With `length`, no more than its
   * first so many characters, and what is there of a secret that they cut is replaced too. Always before any other cut.
   */
  redact(text: string, length?: number): string;
}
