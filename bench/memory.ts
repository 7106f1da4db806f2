// Loaded into a measured process (`--import`): sets V8 as bin/command.js does. Given on the command
// line the same flags save less.
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=100");
