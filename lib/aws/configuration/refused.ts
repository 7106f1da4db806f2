// A configuration that was fetched and is not taken over: the one before it runs on.

export class Refused extends Error {
  override name = "Refused";
}
