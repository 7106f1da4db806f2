// What an acknowledgement takes back of escalations that have not left, and what it never takes, as timelines in minutes.
import { describe, expect, it } from "vitest";
import { dropDelivery, listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { foldsWith } from "../../../lib/app/delivery/folding.ts";
import { acknowledge, listOpen, type OpenAlert } from "../../../lib/app/oncall/acknowledge.ts";
import { type DeliveryRow, deliveryKey } from "../../../lib/app/persistence/delivery-rows.ts";
import { createExplainer } from "../../../lib/app/queries/explain.ts";
import { createReader } from "../../../lib/app/queries/explain-reader.ts";
import { createIo } from "../../../lib/cli/io.ts";
import { alertText } from "../../../lib/cli/print/explain-text.ts";
import type { NotifiedAlert } from "../../../lib/model/notification.ts";
import { keepingIo } from "../../support/io.ts";
import { type Bench, bench, line } from "../support.ts";

const yaml = (lead = "", route = "groupBy: [rule]") => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupInterval: 5m, escalate: [{ after: 15m, channels: [lead] }], ${route} }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
  lead: { type: webhook, url: "HOOK/lead"${lead} }
  boss: { type: webhook, url: "HOOK/boss" }
  pager: { type: pagerduty, url: "HOOK/pager", routingKey: k }
`;
const A = "svc-1";
const B = "svc-2";

async function ackOne({ app }: Pick<Bench, "app">, service: string, by: string | null = "ada"): Promise<void> {
  const open = await listOpen(app);
  await acknowledge(app, open.find(({ alert }) => alert.resource?.id === service)!, by);
}

/** These paths do not answer; the others do. */
function down(b: Bench, ...paths: string[]): void {
  b.answer(({ to }) => ({
    status: paths.includes(to) ? 503 : to === "/pager" ? 202 : 200,
    body: '{"status":"success"}',
  }));
}

/** What has come to the path since so many messages, each with the reasons of its alerts. */
function came(b: Bench, path: string, since = 0): string[] {
  const own = b.messages.slice(since).filter(({ to }) => to === path);
  return own.map((one) => {
    const reasons = one.body.alerts.map(({ reason }: NotifiedAlert) => reason);
    return `${line(one)} (${reasons})`;
  });
}

/** Escalated to lead: A in minute 17 and, while lead is down, B in minute 19. */
async function second(lead = ""): Promise<Bench> {
  const b = await bench({ yaml: yaml(lead), services: [A, B] });
  b.fail(1.5, "Failed", A);
  await b.beats(2);
  // Its own group's interval: it is notified in minute 7.
  b.fail(2.5, "Failed", B);
  await b.beats(18);
  down(b, "/lead");
  await b.beats(23);
  return b;
}

describe("an escalation that names an alert that was escalated before", () => {
  it("is taken back, and that one's end is told", async () => {
    const b = await second();
    await ackOne(b, A);
    await ackOne(b, B);
    const since = b.messages.length;
    down(b);
    await b.beats(30);
    expect(came(b, "/lead", since)).toEqual([]);
    await ackOne(b, A, null);
    await ackOne(b, B, null);
    await b.beats(32);
    expect(came(b, "/lead", since)).toEqual([
      "31 /lead escalation firing: svc-1 firing ×1(+0), svc-2 firing ×1(+1) (repeat,escalation)",
    ]);
    b.recover(32.5, A);
    await b.beats(40);
    expect(came(b, "/lead", since).at(-1)).toMatch(/resolved firing: svc-1 resolved ×1\(\+0\), svc-2/);
  });

  it("is taken back alone where nobody has taken the other one", async () => {
    const b = await second();
    await ackOne(b, B);
    const since = b.messages.length;
    down(b);
    await b.beats(35);
    expect(came(b, "/lead", since).join()).not.toContain(B);
    b.recover(35.5, A);
    b.recover(35.5, B);
    await b.beats(45);
    expect(came(b, "/lead", since).at(-1)).toMatch(/resolved resolved: svc-1 resolved/);
    expect(came(b, "/lead", since).join()).not.toContain(B);
  });
});

it("an escalation is taken back though somebody dropped the one behind it", async () => {
  const b = await bench({ yaml: yaml("", "groupBy: [rule], urgent: [error]"), services: [A, B] });
  down(b, "/lead");
  b.fail(0.5, "Failed", A);
  await b.beats(2);
  b.fail(2.5, "Failed", B);
  await b.beats(20);
  const [first, second] = (await listDeliveries(b.app)).filter(({ status }) => status === "pending");
  expect(second!.previous).toBe(first!.id);
  await dropDelivery(b.app, second!.id);
  await ackOne(b, A);
  const since = b.messages.length;
  down(b);
  await b.beats(30);
  expect(came(b, "/lead", since)).toEqual([]);
});

describe("an escalation that its channel's fallback has had", () => {
  const FALLBACK = ", fallback: pager, fallbackAfter: 5m";
  const actions = (b: Bench) => {
    return b.messages.filter(({ to }) => to === "/pager").map(({ body }) => `${body.event_action}`);
  };

  it.each([[["/lead"]], [[]]])("is tried no more, and its end goes to the fallback (down then: %j)", async (later) => {
    const b = await bench({ yaml: yaml(FALLBACK) });
    down(b, "/lead");
    b.to(1);
    b.fail(0.5);
    await b.beats(25);
    expect(actions(b)).toEqual(["trigger"]);
    await ackOne(b, A);
    const since = b.messages.length;
    down(b, ...later);
    await b.beats(40);
    expect(b.messages.slice(since).map(({ to }) => to)).toEqual(["/pager"]);
    b.recover(40.5);
    await b.beats(50);
    expect(actions(b)).toEqual(["trigger", "acknowledge", "resolve"]);
  });

  it.each([[["/lead"]], [[]]])(
    "is ended for the people behind a fallback that is a chat, too (down then: %j)",
    async (later) => {
      const b = await bench({ yaml: yaml(FALLBACK.replace("pager", "boss")) });
      down(b, "/lead");
      b.to(1);
      b.fail(0.5);
      await b.beats(25);
      await ackOne(b, A);
      down(b, ...later);
      await b.beats(40);
      b.recover(40.5);
      await b.beats(43);
      expect(came(b, "/boss")).toEqual([
        "22 /boss escalation firing: svc-1 firing ×1(+1) (escalation)",
        expect.stringMatching(/resolved resolved: svc-1/),
      ]);
    },
  );

  it("is taken back there, too, as long as the fallback has not had it", async () => {
    const b = await bench({ yaml: yaml(FALLBACK) });
    down(b, "/lead", "/pager");
    b.to(1);
    b.fail(0.5);
    await b.beats(25);
    await ackOne(b, A);
    const since = b.messages.length;
    down(b);
    await b.beats(40);
    expect(b.messages.slice(since)).toEqual([]);
    await ackOne(b, A, null);
    await b.beats(42);
    expect(came(b, "/lead", since)).toEqual(["41 /lead escalation firing: svc-1 firing ×1(+1) (escalation)"]);
  });
});

describe("an escalation that shares its message with an end", () => {
  /** While lead is down, it is told of A's end and of B's escalation in one message. */
  async function shared(): Promise<Bench> {
    const b = await bench({ yaml: yaml("", "groupBy: [rule], urgent: [error]"), services: [A, B] });
    b.fail(0.5, "Failed", A);
    await b.beats(2);
    b.fail(2.5, "Failed", B);
    await b.beats(16);
    b.recover(16.2, A);
    down(b, "/lead");
    await b.beats(18);
    return b;
  }

  it("is taken out of it by the acknowledgement; the end is sent", async () => {
    const b = await shared();
    expect(came(b, "/lead").at(-1)).toBe(
      "18 /lead resolved firing: svc-1 resolved ×1(+0), svc-2 firing ×1(+1) (resolved,escalation)",
    );
    await ackOne(b, B);
    const since = b.messages.length;
    down(b);
    await b.beats(30);
    expect(came(b, "/lead", since).map((text) => text.replace(/^\S+ /, ""))).toEqual([
      "/lead resolved resolved: svc-1 resolved ×1(+0) (resolved)",
    ]);
    await ackOne(b, B, null);
    await b.beats(31);
    expect(came(b, "/lead", since).at(-1)).toBe("31 /lead escalation firing: svc-2 firing ×1(+1) (escalation)");
  });

  it("is folded into escalations alone", async () => {
    const b = await shared();
    const waiting = (await listDeliveries(b.app)).find(({ status }) => status === "pending")!;
    const untried = { ...waiting, attempts: 0 };
    expect(foldsWith(untried)).toBe("escalations");
    const alerts = untried.notification.alerts.filter(({ status }) => status === "resolved");
    expect(foldsWith({ ...untried, notification: { ...untried.notification, alerts } })).toBe("others");
  });

  it("is not tried again where it was being sent, unlike the end", async () => {
    const b = await shared();
    b.answer(async ({ to }) => {
      if (to === "/lead") await ackOne(b, B);
      return { status: to === "/lead" ? 503 : 200 };
    });
    await b.beats(20);
    const since = b.messages.length;
    down(b);
    await b.beats(30);
    expect(came(b, "/lead", since).map((text) => text.replace(/^\S+ /, ""))).toEqual([
      "/lead resolved resolved: svc-1 resolved ×1(+0) (resolved)",
    ]);
  });
});

describe("an escalation that is being sent as it is acknowledged, in vain,", () => {
  it("is not tried again, likewise where the release before has written that down", async () => {
    const b = await bench({ yaml: yaml() });
    down(b, "/lead");
    b.to(1);
    b.fail(0.5);
    await b.beats(18);
    const { id } = (await listDeliveries(b.app)).find(({ status }) => status === "pending")!;
    const { version: _known, ...row } = (await b.store.get<DeliveryRow>(deliveryKey(id)))!;
    await b.store.commit([{ ...row, op: "put", data: { ...row.data, revoked: true } }]);
    const since = b.messages.length;
    down(b);
    await b.beats(30);
    expect(came(b, "/lead", since)).toEqual([]);
    expect(await listDeliveries(b.app)).toHaveLength(1);
  });

  it("comes where that is taken back", async () => {
    const b = await bench({ yaml: yaml() });
    b.answer(async ({ to }) => {
      if (to === "/lead") await ackOne(b, A);
      return { status: to === "/lead" ? 503 : 200 };
    });
    b.to(1);
    b.fail(0.5);
    await b.beats(25);
    const since = b.messages.length;
    down(b);
    await ackOne(b, A, null);
    await b.beats(26);
    expect(came(b, "/lead", since)).toEqual(["26 /lead escalation firing: svc-1 firing ×1(+1) (escalation)"]);
  });

  it("comes where that was taken back, though another one of it is acknowledged", async () => {
    const b = await bench({ yaml: yaml(), services: [A, B] });
    let asked = 0;
    b.answer(async ({ to }) => {
      if (to !== "/lead" || ++asked > 1) return { status: 200 };
      await ackOne(b, A);
      await ackOne(b, A, null);
      await ackOne(b, B);
      return { status: 503 };
    });
    b.to(1);
    for (const service of [A, B]) b.fail(0.5, "Failed", service);
    await b.beats(25);
    expect(came(b, "/lead").slice(1)).toEqual([
      expect.stringMatching(/escalation firing: svc-1 firing \S+ \(escalation\)/),
    ]);
  });

  it("comes where that was taken back before the try ended", async () => {
    const b = await bench({ yaml: yaml() });
    b.answer(async ({ to }) => {
      if (to === "/lead") {
        await ackOne(b, A);
        await ackOne(b, A, null);
        down(b);
        return { status: 503 };
      }
      return { status: 200 };
    });
    b.to(1);
    b.fail(0.5);
    await b.beats(20);
    expect(came(b, "/lead").length).toBe(2);
    b.recover(20.5);
    await b.beats(27);
    expect(came(b, "/lead").at(-1)).toMatch(/resolved resolved: svc-1/);
  });

  it.each([
    ["by none of its channels", 503, 2],
    ["by one of its channels alone", 200, 0],
  ])("comes again where it was taken %s", async (_, boss, count) => {
    const b = await bench({ yaml: yaml().replace("channels: [lead]", "channels: [lead, boss]") });
    const waits = Promise.withResolvers<void>();
    let asked = 0;
    b.answer(async ({ to }) => {
      if (to === "/ops") return { status: 200 };
      if (++asked === 2) {
        await ackOne(b, A);
        waits.resolve();
      }
      await waits.promise;
      return { status: to === "/boss" ? boss : 503 };
    });
    b.to(1);
    b.fail(0.5);
    await b.beats(25);
    const since = b.messages.length;
    down(b);
    await ackOne(b, A, null);
    await b.beats(27);
    expect(b.messages.slice(since)).toHaveLength(count);
    b.recover(27.5);
    await b.beats(33);
    expect([...came(b, "/lead", since), ...came(b, "/boss", since)].at(-1)).toMatch(/resolved resolved: svc-1/);
  });
});

it("explain says that an escalation was taken back, and since who acknowledged the alert", async () => {
  const b = await bench({ yaml: yaml(), services: [A] });
  b.answer(async ({ to }) => {
    if (to !== "/lead") return { status: 200 };
    await ackOne(b, A);
    return { status: 503 };
  });
  b.to(1);
  b.fail(0.5, "Failed", A);
  await b.beats(20);
  expect(came(b, "/lead")).toHaveLength(1);
  const [{ alert }] = (await listOpen(b.app)) as [OpenAlert];
  const explained = await createExplainer(b.app, createReader(b.app), () => null).alert(alert);
  const text = alertText({ ...createIo(keepingIo().io), time: (at) => at }, explained);
  expect(text).toMatch(/route\.escalate\[0\] → lead; .*\n {2}not notified: taken back, since ada acknowledged it/);
  expect(text).not.toContain("came and went");
});

describe("escalations of several groups in one message", () => {
  const services = Array.from({ length: 30 }, (_, at) => `svc-${at}`);
  const each = (lead = "") => yaml(lead, "groupBy: [resource.id]");

  /** All but the first are escalated in one message, which has not left: the service takes one a second. */
  async function folded(more: (text: string) => string = (text) => text): Promise<Bench> {
    const b = await bench({ yaml: more(each()), services });
    busy(b);
    b.to(1);
    for (const service of services) b.fail(0.5, "Failed", service);
    await b.beats(17);
    expect(came(b, "/lead").length).toBeGreaterThan(0);
    return b;
  }

  /** Lead takes nothing for a while, and says so. */
  function busy(b: Bench): void {
    b.answer(({ to }) => (to === "/lead" ? { status: 429, headers: { "retry-after": "40" } } : { status: 200 }));
  }

  const named = (b: Bench, since = 0): string[] => {
    const own = b.messages.slice(since).filter(({ to }) => to === "/lead");
    return own.flatMap(({ body }) => body.alerts.map(({ resource }: NotifiedAlert) => resource!.id));
  };

  it("go to a service that takes few, each alert once", async () => {
    const b = await folded();
    const since = b.messages.length;
    down(b);
    await b.beats(22);
    expect(named(b, since).toSorted()).toEqual(services.toSorted());
    expect(came(b, "/lead", since).length).toBeLessThanOrEqual(3);
    for (const { body } of b.messages.slice(since)) expect(body.reason).toBe("escalation");
  });

  it("are taken back one by one", async () => {
    const b = await folded();
    for (const service of ["svc-3", "svc-20"]) await ackOne(b, service);
    const since = b.messages.length;
    down(b);
    await b.beats(22);
    expect(named(b, since).toSorted()).toEqual(services.filter((id) => id !== "svc-3" && id !== "svc-20").toSorted());
    await ackOne(b, "svc-3", null);
    const again = b.messages.length;
    await b.beats(24);
    expect(named(b, again)).toEqual(["svc-3"]);
    b.recover(24.5, "svc-20");
    b.recover(24.5, "svc-4");
    const ended = b.messages.length;
    await b.beats(30);
    expect(named(b, ended)).toEqual(["svc-4"]);
  });

  it("that are being sent as some are acknowledged, in vain, are tried again without those", async () => {
    const b = await folded();
    let asked = 0;
    b.answer(async ({ to, body }) => {
      if (to !== "/lead") return { status: 200 };
      const ids: string[] = body.alerts.map(({ resource }: NotifiedAlert) => resource!.id);
      if (ids.length > 2 && ++asked === 1) for (const id of ids.slice(0, 2)) await ackOne(b, id);
      return { status: 503 };
    });
    await b.beats(19);
    const since = b.messages.length;
    down(b);
    await b.beats(25);
    const gone = services.filter((id) => !named(b, since).includes(id));
    expect(gone).toHaveLength(2);
    expect(new Set(named(b, since)).size).toBe(28);
    for (const id of gone) await ackOne(b, id, null);
    const again = b.messages.length;
    await b.beats(27);
    expect(named(b, again).toSorted()).toEqual(gone.toSorted());
  });

  it("of one alert, which is in two groups, are taken back in both", async () => {
    const two = (text: string) =>
      text.replace(
        "route: { channels: [ops], groupInterval: 5m, escalate: [{ after: 15m, channels: [lead] }], groupBy: [resource.id] }",
        `route:
  channels: [ops]
  groupInterval: 5m
  groupBy: [resource.id]
  routes:
    - { match: { rule: [broken] }, continue: true, escalate: [{ after: 15m, channels: [lead] }] }
    - { match: { rule: [broken] }, groupBy: [rule, resource.id], escalate: [{ after: 15m, channels: [lead] }] }`,
      );
    const b = await folded(two);
    await ackOne(b, "svc-7");
    const since = b.messages.length;
    down(b);
    await b.beats(22);
    expect(named(b, since)).not.toContain("svc-7");
    b.recover(20.5, "svc-7");
    b.recover(20.5, "svc-8");
    const ended = b.messages.length;
    await b.beats(30);
    expect([...new Set(named(b, ended))]).toEqual(["svc-8"]);
  });
});
