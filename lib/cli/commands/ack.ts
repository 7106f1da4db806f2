// `lookout ack`: somebody takes care of an alert, or takes that back.
import { acknowledge, listOpen } from "../../app/oncall/acknowledge.ts";
import { DONE, type Io, jsonDocument, oneLine, UsageError } from "../io.ts";
import { type CommonOptions, openExisting } from "../open.ts";
import { alertName, findById, personOf } from "../person.ts";

export interface AckOptions extends CommonOptions {
  by?: string;
  undo?: boolean;
}

/** Until the alert is resolved it is neither repeated nor escalated. */
export async function ackCommand(io: Io, id: string, options: AckOptions): Promise<number> {
  if (options.undo && options.by !== undefined) throw new UsageError("--undo takes no --by");
  const by = options.undo ? null : personOf(options.by);
  const { app, close } = await openExisting(io, options);
  try {
    const about = { what: "open alert", where: "lookout alerts" };
    const open = findById(await listOpen(app), ({ alert }) => alert.id, id, about);
    const alert = await acknowledge(app, open, by);
    if (alert === undefined) throw new UsageError(`alert ${open.alert.id.slice(0, 8)} has just been resolved`);
    if (options.json) jsonDocument(io, alert);
    else if (by === null) io.out(`Nobody takes care of ${oneLine(alertName(alert))} any more.\n`);
    else io.out(`${oneLine(by)} takes care of ${oneLine(alertName(alert))}\n`);
    return DONE;
  } finally {
    await close();
  }
}
