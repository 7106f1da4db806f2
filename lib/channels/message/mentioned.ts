// Who is mentioned, as a receiver writes it: chosen by the configuration, never by an event.
import type { RenderContext } from "../port.ts";

/** The first of the ids, as many as cost at most `room` together: a message has more to say than names. */
export function mentionsWithin(
  { mentions = [] }: RenderContext,
  room: number,
  cost: (id: string) => number = (id) => id.length + 1,
): string[] {
  let left = room;
  const enough = mentions.findIndex((id) => {
    left -= cost(id);
    return left < 0;
  });
  return enough < 0 ? [...mentions] : mentions.slice(0, enough);
}
