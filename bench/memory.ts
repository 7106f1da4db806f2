// Loaded into a measured process (`--import`): sets V8 as bin/lookout.js does. Given on the command
// line the same flags save less.
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=100");
