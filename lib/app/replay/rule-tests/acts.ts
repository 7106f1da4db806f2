// What people do in a rule test: they add silences and acknowledge alerts.
import { isDeepStrictEqual } from "node:util";
import { momentOf } from "../../../config/check/test-times.ts";
import type { RuleTest, TestAck } from "../../../model/files/test-file.ts";
import type { App } from "../../deps.ts";
import { acknowledge, listOpen } from "../../oncall/acknowledge.ts";
import { addSilence } from "../../oncall/silences.ts";

const FOREVER = Date.parse("9999-01-01T00:00:00Z");

/** The silences of the test, which begin at `start` (ms). */
export async function addSilences(app: App, { silences }: RuleTest, start: number): Promise<void> {
  for (const { match, from, until, during = [], comment = null } of silences) {
    const times = { from: momentOf(from, start), until: until === undefined ? FOREVER : momentOf(until, start) };
    await addSilence(app, { match, ...times, during, comment, by: "test" });
  }
}

/** Throws where there is no such alert: the test means something else than what happens. */
export async function acknowledgeAll(app: App, acks: readonly TestAck[]): Promise<void> {
  for (const { at, rule, key = {}, by, undo } of acks) {
    const open = (await listOpen(app)).filter(({ alert }) => {
      const values = Object.entries(key);
      return alert.rule === rule && values.every(([field, value]) => isDeepStrictEqual(alert.key[field], value));
    });
    if (open.length === 0) throw new Error(`there is no open alert of ${rule} to acknowledge at ${at}`);
    for (const one of open) await acknowledge(app, one, undo ? null : by);
  }
}
