// How V8 holds the memory of a process of Lookout, which shares its machine with what it watches: garbage is collected
// early, instead of the heap growing as far as the machine allows. Half the memory during a catch-up, for a tenth more
// processor time (docs/performance.md).
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const MB = 1_048_576;
/** So much room for young objects: with less, what one batch of work reads and writes would soon count as old. */
const YOUNG_MB = 8;
/** The room grows as objects survive; at the latest with so many it has grown. */
const MOST_OBJECTS = 1_000_000;
const OBJECTS = 2_000;

// No flag sets the room of a process that runs already.
setFlagsFromString("--semi-space-growth-factor=4");
growYoung();
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=100");

function growYoung() {
  let kept = [];
  for (let made = 0; made < MOST_OBJECTS && youngMegabytes() < YOUNG_MB; made += OBJECTS) {
    kept = [...kept.slice(-10), Array.from({ length: OBJECTS }, () => ({}))];
  }
}

function youngMegabytes() {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  return (young?.space_size ?? Number.POSITIVE_INFINITY) / MB;
}
