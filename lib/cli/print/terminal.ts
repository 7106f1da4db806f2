// What stdout is: whether a view can be drawn on it, and whether to write in colour. The two are asked for separately.
import type { Environment } from "../../config/environment.ts";
import type { Io } from "../io.ts";

/** Where nothing says how large the screen is. */
const COLUMNS = 100;
const ROWS = 40;

/** What is asked of a stream such as `process.stdout`. */
export interface Stream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export function terminalOf(stream: Stream, env: Environment): Pick<Io, "tty" | "color" | "columns" | "rows"> {
  const tty = stream.isTTY === true && env["TERM"] !== "dumb";
  // Some terminals have no size at first: 0 by 0.
  return {
    tty,
    color: isColored(tty, env),
    columns: () => stream.columns || COLUMNS,
    rows: () => stream.rows || ROWS,
  };
}

/**
 * https://force-color.org and https://no-color.org: an empty variable says nothing. As in Node,
 * FORCE_COLOR comes first.
 */
function isColored(tty: boolean, env: Environment): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced) return forced !== "0" && forced !== "false";
  return tty && !env["NO_COLOR"];
}
