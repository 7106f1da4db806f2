// Notifications of any size and text, and all that may go with one, for what must hold whatever they are.
import fc from "fast-check";
import type { RenderContext } from "../../lib/channels/port.ts";
import type { Notification, NotifiedAlert } from "../../lib/model/notification.ts";
import { aNotification, anAlert } from "./samples.ts";

/** Long more often than not; of characters that grow when they are escaped, too. */
const text = fc
  .tuple(
    fc.constantFrom(
      "a.b:c@d/",
      "....",
      "failed to pull image ",
      "训练作业失败",
      "😀👩‍🚒",
      "\ud83d",
      '&<>"\\[*_',
      "$x ",
    ),
    fc.nat(600),
  )
  .map(([unit, length]) => unit.repeat(length).slice(0, length));

const alert: fc.Arbitrary<Partial<NotifiedAlert>> = fc.record({
  id: fc.constantFrom("a1b2c3d4", "b2c3d4e5", "c3d4e5f6"),
  severity: fc.constantFrom("critical", "error", "warning", "info"),
  reason: fc.constantFrom("new", "repeat", "update", "escalation", "digest"),
  summary: text,
  description: text,
  labels: fc.dictionary(text, text, { maxKeys: 2 }),
  acknowledgedBy: fc.option(text, { nil: null }),
  runbook: fc.option(
    text.map((path) => `https://wiki.example.com/${encodeURIComponent(path.toWellFormed())}`),
    { nil: null },
  ),
});
const ENDED = { status: "resolved", reason: "resolved", endsAt: "2026-11-20T10:04:00.000Z" } as const;

export const anyNotification: fc.Arbitrary<Notification> = fc
  .record({
    alerts: fc.array(fc.tuple(alert, fc.boolean()), { minLength: 1, maxLength: 15 }),
    held: fc.nat(100_000),
    group: text,
    test: fc.boolean(),
  })
  .map(({ alerts, held, group, test }) =>
    aNotification({
      alerts: alerts.map(([fields, isOver]) => anAlert({ ...fields, ...(isOver ? ENDED : {}) })),
      suppressed: { silenced: held, muted: 0, inhibited: held },
      group: { rule: group, team: group },
      ...(test ? { test } : {}),
    }),
  );

/** Mentions, links, a note and a user's words: none, or many and long ones. */
export function anyContext(mention: string | undefined): fc.Arbitrary<Partial<RenderContext>> {
  const words = fc.record({ title: text, lines: fc.array(text, { minLength: 1, maxLength: 4 }) });
  return fc
    .record({ mentions: fc.nat(20), links: fc.nat(3), note: fc.option(text), words: fc.option(words) })
    .map(({ mentions, links, note, words: own }) => ({
      mentions: mention === undefined ? [] : Array.from({ length: mentions }, () => mention),
      links: () => {
        return Array.from({ length: links }, (_, at) => ({
          text: `Page ${at}`,
          url: `https://c.example/${"p".repeat(150)}${at}`,
        }));
      },
      ...(note === null ? {} : { note }),
      ...(own === null ? {} : { words: own }),
    }));
}
