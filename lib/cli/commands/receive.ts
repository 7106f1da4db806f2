// `lookout receive`: stands in for chats and pagers, and prints what channels send there until it is stopped.
import { once } from "node:events";
import { wallClock } from "../../app/clock.ts";
import { iso } from "../../model/iso.ts";
import { oneLine } from "../../model/printable.ts";
import { startReceiver } from "../../simulator/receiver.ts";
import { DONE, type Io } from "../io.ts";
import { portNumber, portProblem } from "./simulate.ts";

export interface ReceiveOptions {
  port: string;
  /** Whether the port was named, or is the default. */
  portGiven: boolean;
}

export async function receiveCommand(io: Io, options: ReceiveOptions): Promise<number> {
  const port = portNumber(options.port);
  const received = (type: string, body: string) => io.out(`${iso(wallClock.now())} ${oneLine(`${type} ${body}`)}\n`);
  const receiver = await startReceiver(received, port).catch((error: NodeJS.ErrnoException) => {
    throw portProblem(error, port, options.portGiven) ?? error;
  });
  for (const type of receiver.types) io.out(`${type.padEnd(10)} ${receiver.urlFor(type)}\n`);
  io.out("Receiving; Ctrl-C stops.\n");
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await receiver.close();
  return DONE;
}
