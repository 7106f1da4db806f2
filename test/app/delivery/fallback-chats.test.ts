// People whom a fallback told of an alert hear of its end: from the fallback as long as the channel fails, and from there
// as well once the channel is back; each end once.
import { describe, expect, it } from "vitest";
import { dropDelivery, listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { acknowledge, listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import { type Bench, bench, line } from "../support.ts";

const END = "resolve: { when: { source: [service-events], level: [normal] } }";
const yaml = (ops = "type: webhook", route = "groupBy: [rule]", rule = END) => `
rules: [{ id: broken, when: { level: [error] }, by: [resource.id], ${rule} }]
route: { channels: [ops], urgent: [error], ${route} }
health: { channels: [quiet] }
channels:
  ops: { ${ops}, url: "HOOK/ops", fallback: spare, fallbackAfter: 3m }
  spare: { type: webhook, url: "HOOK/spare" }
  quiet: { type: console }`;
const [A, B] = ["svc-1", "svc-2"];

/** These paths answer so, the others take everything. */
function answers(b: Bench, status: Record<string, number>): void {
  b.answer(({ to }) => ({ status: status[to] ?? (to === "/ops" ? 202 : 200), body: '{"status":"success"}' }));
}

/** What has come to the fallback, without the minutes. */
const spare = (b: Bench): string[] => {
  return b.messages.filter(({ to }) => to === "/spare").map((one) => line(one).replace(/^\S+ \S+ /, ""));
};

/** A fails while ops is down, which is back at minute 8. */
async function told(text = yaml(), services = [A, B]): Promise<Bench> {
  const b = await bench({ yaml: text, services });
  answers(b, { "/ops": 503 });
  b.fail(0.5, "Failed", A);
  await b.rounds(7);
  expect(spare(b)).toEqual(["new firing: svc-1 firing ×1(+1)"]);
  answers(b, {});
  await b.rounds(12);
  return b;
}

const ENDED = "resolved resolved: svc-1 resolved ×1(+0)";

describe("an alert that a fallback told of", () => {
  it("is over there, too, though its channel has long been back", async () => {
    const b = await told();
    b.recover(12.5, A);
    await b.rounds(20);
    expect(spare(b).slice(1)).toEqual([ENDED]);
    expect(b.messages.filter(({ to }) => to === "/ops").at(-1)!.body.status).toBe("resolved");
  });

  it("is over there once, where its channel fails all the time, or again", async () => {
    for (const again of [false, true]) {
      const b = await told();
      answers(b, { "/ops": again ? 404 : 503 });
      b.recover(12.5, A);
      await b.rounds(30);
      answers(b, {});
      await b.rounds(40);
      expect(spare(b).slice(1)).toEqual([ENDED]);
    }
  });

  it("is over there though its channel has said other things since", async () => {
    const b = await told();
    b.fail(13, "Failed", B);
    await b.rounds(20);
    b.fail(20.5, "Failed", A);
    await b.rounds(270);
    expect(spare(b)).toHaveLength(1);
    b.recover(270.5, B);
    await b.rounds(280);
    expect(spare(b)).toHaveLength(1);
    b.recover(280.5, A);
    await b.rounds(290);
    expect(spare(b).slice(1)).toEqual([ENDED.replace("×1", "×2")]);
  });

  it("is over there where its channel is one for incidents", async () => {
    const b = await told(yaml("type: pagerduty, routingKey: k"));
    b.recover(12.5, A);
    await b.rounds(20);
    expect(spare(b).slice(1)).toEqual([ENDED]);
  });

  it("is over there though what its channel has had since was dropped", async () => {
    const b = await told(yaml("type: webhook", "groupBy: [rule], repeatInterval: 15m"));
    answers(b, { "/ops": 503 });
    await b.rounds(17);
    const [last] = (await listDeliveries(b.app)).filter(({ status }) => status === "pending");
    expect(last!.notification.reason).toBe("repeat");
    await dropDelivery(b.app, last!.id);
    answers(b, {});
    b.recover(17.5, A);
    await b.rounds(25);
    expect(spare(b).slice(1)).toEqual([ENDED]);
  });

  it("is over there as often as it comes", async () => {
    const b = await told();
    b.recover(12.5, A);
    await b.rounds(20);
    answers(b, { "/ops": 503 });
    b.fail(20.5, "Failed", A);
    await b.rounds(27);
    answers(b, {});
    b.recover(30.5, A);
    await b.rounds(40);
    expect(spare(b).slice(1)).toEqual([ENDED, "new firing: svc-1 firing ×1(+1)", ENDED]);
  });

  it("is over there in the end, where its end comes as ops is failing, but not for long", async () => {
    const b = await told();
    answers(b, { "/ops": 503 });
    b.recover(12.5, A);
    await b.rounds(14);
    answers(b, {});
    await b.rounds(30);
    expect(spare(b).slice(1)).toEqual([ENDED]);
  });

  it("is over there behind what told of it, where that comes late", async () => {
    const b = await bench({ yaml: yaml(), services: [A] });
    answers(b, { "/ops": 503, "/spare": 503 });
    b.fail(0.5, "Failed", A);
    await b.rounds(7);
    const before = b.messages.length;
    answers(b, { "/spare": 503 });
    b.recover(12.5, A);
    await b.rounds(20);
    expect(b.messages.slice(before).filter(({ to }) => to === "/ops")).toHaveLength(2);
    answers(b, {});
    const tried = spare(b).length;
    await b.rounds(40);
    expect(spare(b).slice(tried)).toEqual(["new firing: svc-1 firing ×1(+1)", ENDED]);
  });
});

describe("the end of an alert that a fallback told of", () => {
  it("comes there once where the fallback is in the route as well", async () => {
    const b = await bench({ yaml: yaml().replace("channels: [ops]", "channels: [ops, spare]") });
    answers(b, { "/ops": 503 });
    b.fail(0.5);
    await b.rounds(8);
    answers(b, {});
    await b.rounds(16);
    b.recover(16.5);
    await b.rounds(30);
    expect(spare(b).filter((text) => text.startsWith("resolved"))).toEqual([ENDED]);
  });

  it("comes there and at the fallback of now, where that is another one", async () => {
    const b = await told(`${yaml()}
  other: { type: webhook, url: "HOOK/other" }`);
    await b.reload(`${yaml().replace("fallback: spare", "fallback: other")}
  other: { type: webhook, url: "HOOK/other" }`);
    answers(b, { "/ops": 503 });
    b.recover(12.5);
    await b.rounds(25);
    answers(b, {});
    await b.rounds(40);
    expect(spare(b).slice(1)).toEqual([ENDED]);
    expect(b.messages.filter(({ to }) => to === "/other")).toHaveLength(1);
  });

  it("leaves with the run that told the channel", async () => {
    const b = await told();
    b.to(60);
    b.recover(59);
    await b.round();
    const tail = b.messages.slice(-2).map(({ at, to }) => [Math.floor(at), to]);
    expect(tail).toEqual([
      [60, "/ops"],
      [60, "/spare"],
    ]);
  });

  it("comes there though it was acknowledged meanwhile, and so does what opens again", async () => {
    const reopening = `${END}, reopen: 30m`;
    const b = await bench({ yaml: yaml("type: pagerduty, routingKey: k", "groupBy: [rule]", reopening) });
    answers(b, { "/ops": 503 });
    b.fail(0.5);
    await b.rounds(6);
    await acknowledge(b.app, (await listOpen(b.app))[0]!, "ada");
    b.recover(8.5);
    await b.rounds(12);
    b.fail(12.5);
    await b.rounds(40);
    expect(spare(b).map((text) => text.split(" ")[0])).toEqual(["new", "resolved", "new"]);
  });
});

it("a fallback may have the name of something that every object has", async () => {
  const b = await bench({
    yaml: yaml().replaceAll("spare:", "constructor:").replace("fallback: spare", "fallback: constructor"),
  });
  answers(b, { "/ops": 503 });
  b.fail(0.5);
  await b.rounds(8);
  answers(b, {});
  b.recover(8.5);
  await b.rounds(20);
  expect(spare(b)).toEqual(["new firing: svc-1 firing ×1(+1)", ENDED]);
});

it("a fallback hears of no other's end", async () => {
  const b = await told();
  b.fail(12.5, "Failed", B);
  await b.rounds(15);
  b.recover(15.5, B);
  await b.rounds(25);
  expect(spare(b)).toHaveLength(1);
});

it("a silent end is silent at the fallback", async () => {
  const b = await told(yaml("type: webhook", "groupBy: [rule]", "labels: {}"));
  b.to(30 * 60);
  await b.rounds(30 * 60 + 2);
  expect(spare(b)).toHaveLength(1);
});

it("each of many groups is over at the fallback, once, though their channel takes few messages", async () => {
  const services = Array.from({ length: 30 }, (_, at) => `svc-${at}`);
  const b = await bench({ yaml: yaml("type: slack", "groupBy: [resource.id]"), services });
  const slow = (to: string) => (to === "/ops" ? { status: 429, headers: { "retry-after": "90" } } : { status: 200 });
  b.answer(({ to }) => slow(to));
  for (const service of services) b.fail(0.5, "Failed", service);
  await b.rounds(8);
  b.answer(() => ({ status: 200, body: "ok" }));
  await b.rounds(12);
  const before = b.messages.length;
  for (const service of services) b.recover(12.5, service);
  await b.rounds(25);
  const named = (from: number, to: number) => {
    const own = b.messages.slice(from, to).filter((one) => one.to === "/spare");
    return own.flatMap(({ body }) => body.alerts.map((alert: { resource: { id: string } }) => alert.resource.id));
  };
  expect(named(0, before).toSorted()).toEqual(services.toSorted());
  expect(named(before, b.messages.length).toSorted()).toEqual(services.toSorted());
});
