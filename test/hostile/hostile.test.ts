// Attacks that are over soon, against the command; hostile.soak.ts has those that hang as well.
import { hangs, QUICK } from "./attacks.ts";
import { SOME } from "./configurations.ts";
import { nothingGivesWay } from "./suite.ts";

const SIDE_BY_SIDE = 2;

nothingGivesWay(
  QUICK.filter((attack) => !hangs(attack)),
  SOME,
  SIDE_BY_SIDE,
);
