// What a channel sends to, as its service counts messages: channels with the same address, and the same chat where one
// address has many, are one destination.
import type { ChannelType } from "../../../channels/port.ts";
import { hashOf } from "../../../model/hash.ts";

export interface Destination {
  /** Names it among all. */
  id: string;
  /** A hash of all the channel's options: others may reach what these do not. */
  options: string;
}

/** So few digits that no secret can be guessed from them. */
const DIGITS = 6;

/** Of options that stay the same object, as those without references do: their hashes are made once. */
const known = new WeakMap<Record<string, unknown>, Destination>();

/** `options` with their secrets resolved; they are one channel's, and never changed. */
export function destinationOf(
  { type, countedBy = [] }: Pick<ChannelType, "type" | "countedBy">,
  options: Record<string, unknown>,
): Destination {
  const before = known.get(options);
  if (before !== undefined) return before;
  const { url = options } = options;
  const place = countedBy.map((name) => options[name] ?? null);
  const made = { id: `${type}/${hashOf([type, url, ...place], DIGITS)}`, options: hashOf([type, options], DIGITS) };
  known.set(options, made);
  return made;
}
