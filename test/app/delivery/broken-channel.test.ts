// A channel that takes nothing: seen at once, an alert once it has lasted, and never said to that channel alone.
import { describe, expect, it } from "vitest";
import { channelKey } from "../../../lib/app/persistence/delivery-rows.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";

const yaml = (health: string, more = "") => `
rules: [{ id: broken, when: { level: [error] } }]
route: { channels: [ops], groupInterval: 1m }
channels:
  ops: { type: webhook, url: "HOOK/ops"${more} }
  mail: { type: webhook, url: "HOOK/mail" }
  chat: { type: webhook, url: "HOOK/chat" }
health: { channels: [${health}] }
`;

/** These answer 503 from so many minutes on, and Lookout has found out. */
async function breakChannels(b: Bench, names: readonly string[], minutes: number): Promise<void> {
  b.answer(({ to }) => ({ status: names.includes(to.slice(1)) ? 503 : 200 }));
  for (const name of names) {
    const at = T0 + minutes * MINUTE;
    const data = { failingSince: at, error: "HTTP 503", failedAt: at };
    await b.store.commit([{ op: "put", ...channelKey(name), data }]);
  }
}

/** Who has taken an alert of this status about `ops`, in the order of the names. */
function takers(b: Bench, status: string, problem = "channel failing"): string[] {
  const about = b.messages.filter(({ body }) => {
    // biome-ignore lint/suspicious/noExplicitAny: bodies as they come
    return body.alerts.some((alert: any) => alert.key.problem === problem && alert.status === status);
  });
  return [...new Set(about.map(({ to }) => to))].sort();
}

describe("a channel that fails", () => {
  it("is in the status at once, and an alert after `fallbackAfter`", async () => {
    const b = await bench({ yaml: yaml("chat", ", fallbackAfter: 3m") });
    await b.rounds(1);
    await breakChannels(b, ["ops"], 1);
    await b.rounds(2);
    expect(await readStatus(b.app)).toMatchObject({
      healthy: false,
      failingChannels: [{ channel: "ops", since: "2026-11-20T10:01:00.000Z", error: "HTTP 503" }],
      problems: [{ problem: "channel failing", name: "ops" }],
    });
    await b.rounds(4);
    expect(takers(b, "firing")).toEqual([]);
    await b.rounds(5);
    expect(takers(b, "firing")).toEqual(["/chat"]);
  });

  it.each([
    ["to the others where it is the only one for health", "ops", "", ["ops"], ["/chat", "/mail", "/ops"]],
    ["to its fallback alone where that works", "ops", ", fallback: mail", ["ops"], ["/mail", "/ops"]],
    ["past a fallback that fails, too", "ops", ", fallback: mail", ["ops", "mail"], ["/chat", "/mail", "/ops"]],
    ["to those for health that work", "ops, mail", "", ["ops"], ["/mail", "/ops"]],
    ["where it is configured to where nothing works", "ops", "", ["ops", "mail", "chat"], ["/ops"]],
  ])("is said %s", async (_, health, more, broken, expected) => {
    const b = await bench({ yaml: yaml(health, more) });
    await b.rounds(1);
    await breakChannels(b, broken, 1);
    await b.rounds(7);
    expect(takers(b, "firing")).toEqual(expected);
  });

  it("is said to be well again to those who were notified", async () => {
    const b = await bench({ yaml: yaml("ops", ", fallback: mail") });
    await b.rounds(1);
    await breakChannels(b, ["ops"], 1);
    await b.rounds(7);
    b.answer(() => ({ status: 200 }));
    await b.store.commit([
      { op: "put", ...channelKey("ops"), data: { failingSince: null, error: null, failedAt: null } },
    ]);
    await b.rounds(10);
    expect(takers(b, "resolved")).toContain("/mail");
    expect(await readStatus(b.app)).toMatchObject({ healthy: true, failingChannels: [] });
  });

  it("keeps no other trouble of Lookout's from those who can be notified", async () => {
    const b = await bench({ yaml: yaml("ops"), env: { HW_SECRET_KEY: "wrong" } });
    await breakChannels(b, ["ops"], 0);
    await b.rounds(3);
    expect(takers(b, "firing", "connection paused")).toEqual(["/chat", "/mail", "/ops"]);
  });

  it("is no alert of its own where its secret is missing or its deliveries are dead", async () => {
    const b = await bench({ yaml: yaml("chat").replace('"HOOK/ops"', '"${env:UNSET_URL}"') });
    b.fail(0.5);
    await b.rounds(1);
    await breakChannels(b, ["ops"], 1);
    await b.rounds(10);
    expect(takers(b, "firing", "secret unresolved")).toEqual(["/chat"]);
    expect(takers(b, "firing")).toEqual([]);
  });
});
