// One command line from its words to its exit code.
import { CommanderError } from "commander";
import { Superseded } from "../app/persistence/superseded.ts";
import { ConfigError, formatFindings } from "../config/document/finding.ts";
import { processEnvironment } from "../config/environment.ts";
import { oneLine } from "../model/printable.ts";
import { RowDamaged, StoreError, StoreGone } from "../store/port.ts";
import { createIo, DONE, type Io, REFUSED, type Screen, UsageError, WRONG } from "./io.ts";
import { createProgram } from "./program.ts";

// What bin/command.js makes the screen of.
export { createOutlet } from "../local/outlet.ts";
export { terminalOf } from "./print/terminal.ts";

/** Runs one command line (without node and script) and returns its exit code. Never throws. */
export async function main(argv: readonly string[], screen: Screen, version: string): Promise<number> {
  const io = createIo(screen);
  let code = DONE;
  const program = createProgram(io, version, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return failure(io, error);
  }
}

function failure(io: Io, error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : REFUSED;
  if (error instanceof ConfigError) {
    io.err(`${formatFindings(error.findings, error.more)}\n`);
    return REFUSED;
  }
  if (error instanceof Superseded || error instanceof RowDamaged || error instanceof StoreGone) {
    io.err(`lookout: ${oneLine(error.message)}\n`);
    return WRONG;
  }
  if (error instanceof UsageError || error instanceof StoreError) {
    io.err(`lookout: ${oneLine(error.message)}\n`);
    return REFUSED;
  }
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === "uv_cwd") {
    io.err("lookout: the folder that it was started in is gone; change to one that exists\n");
    return REFUSED;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  io.err(
    `lookout: unexpected failure: ${oneLine(message)}\n${processEnvironment()["LOOKOUT_DEBUG"] ? `${stack}\n` : ""}`,
  );
  return WRONG;
}
