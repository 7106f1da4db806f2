// Places inside a document that a person wrote, and values from it, as error messages show them.

/** Keys and indexes that lead from the document's root to a place in it. */
export type Place = readonly (string | number)[];

/** The place as a person would write it: `$or[0].text[1].prefix`. */
export function formatPlace(place: Place): string {
  return place
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      return `${index === 0 ? "" : "."}${step === "" ? '""' : step}`;
    })
    .join("");
}

/** A value as a message may show it: JSON of at most 40 characters, lists and objects only by their kind. */
export function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
