// One unit of work over many items where it fits one commit, else one over each half of them.
import type { Transact, Unit } from "./unit.ts";

/** Returns what `build` returned for each part, in order. A single item has to fit. */
export async function inParts<T, R>(
  app: { transact: Transact },
  items: readonly T[],
  build: (unit: Unit, items: readonly T[]) => Promise<R>,
): Promise<R[]> {
  if (items.length === 0) return [];
  const { result, fits } = await app.transact(async (unit, abandon) => {
    const result = await build(unit, items);
    const fits = items.length === 1 || unit.fits();
    if (!fits) abandon();
    return { result, fits };
  });
  if (fits) return [result];
  const half = items.length >> 1;
  return [...(await inParts(app, items.slice(0, half), build)), ...(await inParts(app, items.slice(half), build))];
}
