// Before each test file: property tests draw from the one seed, and show in a failure how to repeat it.
import fc from "fast-check";
import { SEED } from "./seed.ts";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
