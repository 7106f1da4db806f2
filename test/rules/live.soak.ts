// The properties of late input at length: as many histories as RUNS says, for each kind of rule and each way it ends.
import "./live.prop.ts";
import "./live-invariants.prop.ts";
