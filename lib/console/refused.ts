// The error of a request that is answered with words of what to do instead.

/** What was asked for cannot be done; the message says why, and what to do. */
export class Refused extends Error {
  override name = "Refused";
  readonly status: 400 | 404 | 409;
  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}
