// What a destination throws where its options turn out unusable once their references are resolved.

/** Trying again cannot help. The message is for people and shows no value. */
export class UnusableOptions extends Error {
  override name = "UnusableOptions";
}
