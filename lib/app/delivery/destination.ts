// What a channel sends to, as its service counts messages: channels with the same address are one destination.
import { hashOf } from "../../model/hash.ts";

export interface Destination {
  /** Names it among all. */
  id: string;
  /** A hash of all the channel's options: others may reach what these do not. */
  options: string;
}

/** So few digits that no secret can be guessed from them. */
const DIGITS = 6;

/** `options` with their secrets resolved. */
export function destinationOf(type: string, options: Record<string, unknown>): Destination {
  const { url = options } = options;
  return { id: `${type}/${hashOf([type, url], DIGITS)}`, options: hashOf([type, options], DIGITS) };
}
