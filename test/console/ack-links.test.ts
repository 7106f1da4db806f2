// The links in messages that acknowledge one alert.
import { describe, expect, test } from "vitest";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import { type AckLink, ackLink, ackPath } from "../../lib/model/ack-link.ts";
import { consoleBench, TOKEN } from "./bench.ts";

const YAML = `
rules: [{ id: down, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

async function withLink(secret = TOKEN) {
  const made = await consoleBench({ yaml: YAML }, { token: TOKEN, publicUrl: "https://lookout.example.com" });
  made.fail(1);
  await made.beats(2);
  const [alert] = await openAlerts(made.app);
  const link = ackLink(secret, alert!.id, made.app.clock.now());
  const who = async () => (await openAlerts(made.app))[0]!.acknowledgedBy;
  return { made, link, who };
}

test("a look does nothing, a click acknowledges without a login, a second click is refused", async () => {
  const { made, link, who } = await withLink();
  const path = ackPath(link);
  for (let look = 0; look < 3; look++) expect((await made.ask(path)).text).toContain("I take care of it");
  expect(await who()).toBeNull();
  expect((await made.ask(path, { method: "POST", form: { by: "ada" } })).text).toContain("ada takes care of it");
  expect(await who()).toBe("ada");
  const again = await made.ask(path, { method: "POST", form: { by: "eve" } });
  expect([again.status, await who()]).toEqual([409, "ada"]);
});

describe("refused, and nothing is acknowledged", () => {
  const changed: [what: string, change: (link: AckLink) => AckLink][] = [
    ["another alert", (link) => ({ ...link, alert: `${link.alert.slice(0, -1)}0` })],
    ["the beginning of an alert's id", (link) => ({ ...link, alert: link.alert.slice(0, 8) })],
    ["a later end", (link) => ({ ...link, expires: link.expires + 1 })],
    ["no end", (link) => ({ ...link, expires: Number.NaN })],
    [
      "a changed signature",
      (link) => ({ ...link, signature: link.signature.replace(/^./, (c) => (c === "A" ? "B" : "A")) }),
    ],
    ["no signature", (link) => ({ ...link, signature: "x" })],
  ];
  test.each(changed)("%s", async (_, change) => {
    const { made, link, who } = await withLink();
    const path = ackPath(change(link));
    expect((await made.ask(path)).status).toBe(404);
    expect((await made.ask(path, { method: "POST", form: { by: "eve" } })).status).toBe(404);
    expect(await who()).toBeNull();
  });

  test("one that another token signed", async () => {
    const { made, link, who } = await withLink("another token");
    expect((await made.ask(ackPath(link), { method: "POST", form: { by: "eve" } })).status).toBe(404);
    expect(await who()).toBeNull();
  });

  test("after a day", async () => {
    const { made, link, who } = await withLink();
    made.to(25 * 60);
    expect((await made.ask(ackPath(link), { method: "POST", form: { by: "ada" } })).status).toBe(404);
    expect(await who()).toBeNull();
  });

  test("without a name, and the link is still good", async () => {
    const { made, link, who } = await withLink();
    expect((await made.ask(ackPath(link), { method: "POST", form: { by: " " } })).status).toBe(400);
    expect((await made.ask(ackPath(link), { method: "POST", form: { by: "ada" } })).status).toBe(200);
    expect(await who()).toBe("ada");
  });
});
