// Test files with late events at length: as many as FILES says.
import "./late.test.ts";
