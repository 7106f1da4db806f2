// Log lines on Lambda: one JSON object each, with the request's id, and no secret that this process knows of.
import type { Clock } from "../model/clock.ts";
import type { Log } from "../model/log.ts";
import { printable, redactedJson } from "../model/printable.ts";

export interface LambdaLog extends Log {
  /** From now on every line carries this id: a container serves one request at a time. */
  begin(requestId: string): void;
  /** Writes the object as a line of its own, as others read it out of the log. */
  raw(line: object): void;
}

/** Lines of level debug are left out: on Lambda every byte is paid for. */
export function createLambdaLog(
  write: (line: string) => void,
  clock: Clock,
  redact: (text: string) => string,
): LambdaLog {
  let requestId: string | undefined;
  const raw = (line: object) => write(`${printable(redactedJson(line, redact))}\n`);
  const at =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      raw({ time: new Date(clock.now()).toISOString(), level, message, requestId, ...fields });
    };
  return {
    debug() {},
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    begin(id) {
      requestId = id;
    },
    raw,
  };
}
