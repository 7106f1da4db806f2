// A quick part of the attacks, against the command; hostile.soak.ts has all of them.
import { QUICK } from "./attacks.ts";
import { SOME } from "./configurations.ts";
import { nothingGivesWay } from "./suite.ts";

/** By turns: one of each place, some that repeat secrets, none that hangs. */
const isFew = (_: unknown, at: number) => at % 3 === 1;

nothingGivesWay(QUICK.filter(isFew), SOME.filter(isFew), 2);
