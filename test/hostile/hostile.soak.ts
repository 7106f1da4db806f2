// Attacks of every kind, against the command; those in two places are tried in one of them.
import { QUICK } from "./attacks.ts";
import { SOME } from "./configurations.ts";
import { nothingGivesWay } from "./suite.ts";

/** What hangs takes half a minute each. */
const SIDE_BY_SIDE = 4;

nothingGivesWay(QUICK, SOME, SIDE_BY_SIDE);
