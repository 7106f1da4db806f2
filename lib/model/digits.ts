// Whether a number that a person wrote survives being read: a double keeps 15 to 17 digits.

/** False where `value`, read from `written` as JSON or YAML, is only the nearest number to it. */
export function keepsDigits(written: string, value: number): boolean {
  const digits = digitsOf(written);
  return digits === undefined || digits === digitsOf(String(value));
}

/** Sign, digits and exponent, the same for all spellings of one number; undefined for what is no decimal (`0x1f`). */
function digitsOf(written: string): string | undefined {
  const parts = /^[+]?(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(written);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
