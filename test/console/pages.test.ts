// The pages without a script: what they show, what their forms do, and that what events say is text.
import { describe, expect, test } from "vitest";
import { listSilences } from "../../lib/app/oncall/silences.ts";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import { consoleBench } from "./bench.ts";

const YAML = `
rules: [{ id: down, when: { level: [error] }, severity: critical }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

async function failing(what = "lost it") {
  const made = await consoleBench({ yaml: YAML });
  made.fail(1, what);
  await made.beats(2);
  const [alert] = await openAlerts(made.app);
  return { made, alert: alert! };
}

test("the first page says in its title what fires", async () => {
  const { made } = await failing();
  const { text } = await made.ask("/");
  expect(text).toContain("<title>1 open: 1 critical");
  expect(text).toContain("lost it");
});

test("an alert's page tells its story and says who is notified", async () => {
  const { made, alert } = await failing();
  const { text } = await made.ask(`/alerts/${alert.id}`);
  for (const part of ["lost it", "The alert opened with this event", "Notification to", "delivered", "notified"]) {
    expect(text).toContain(part);
  }
});

test("a name of a hundred characters is taken, also where it is longer than what is remembered of it", async () => {
  const { made, alert } = await failing();
  const form = { by: `${"a".repeat(99)}\u{1f600}` };
  expect((await made.ask(`/alerts/${alert.id}/ack`, { method: "POST", form })).status).toBe(303);
  expect((await openAlerts(made.app))[0]!.acknowledgedBy).toBe(form.by);
});

test("the story has who silenced it and when that was over, and the tries of a message that nobody takes", async () => {
  const made = await consoleBench({ yaml: YAML });
  made.answer(() => ({ status: 503 }));
  made.fail(1, "lost it");
  await made.beats(2);
  const [alert] = await openAlerts(made.app);
  const silenced = { alert: alert!.id, duration: "2h", by: "ada", comment: "migration" };
  const added = await made.ask("/api/silences", { method: "POST", body: silenced });
  const other = { ...silenced, alert: undefined, match: { rule: ["another"] }, by: "mallory" };
  await made.ask("/api/silences", { method: "POST", body: other });
  await made.beats(4);
  await made.ask(`/api/silences/${added.json.id}`, { method: "DELETE" });
  await made.beats(6);
  const { text } = await made.ask(`/alerts/${alert!.id}`);
  const story = text.slice(text.indexOf("What happened"), text.indexOf("Who is notified"));
  const plain = story.replaceAll(/<[^>]*>/g, "").replaceAll(/\s+/g, " ");
  expect(plain).toMatch(/The alert opened with this event.*Silenced by ada until .*: migration.*The silence was over/);
  expect(plain).toMatch(/Notification to ops \(new\), \d tries: .*503.*, next at 2026-/);
  expect(plain).not.toContain("mallory");
});

test("what nobody has seen to comes first, by severity, then what is held back, and last what somebody has", async () => {
  const rule = (id: string, severity: string) => {
    return `{ id: ${id}, when: { text: [{ wildcard: "*${id}*" }] }, severity: ${severity}, summary: "the ${id} one" }`;
  };
  const rules = [
    ["slow", "warning"],
    ["gone", "critical"],
    ["full", "critical"],
    ["broken", "error"],
  ] as const;
  const made = await consoleBench({
    yaml: `${YAML.replace(/rules: .*/, `rules: [${rules.map(([id, severity]) => rule(id, severity)).join(", ")}]`)}
inhibit: [{ source: { rule: [slow] }, target: { rule: [gone] } }]
`,
  });
  for (const [at, [id]] of rules.entries()) made.fail(at, id);
  await made.beats(2);
  const full = (await openAlerts(made.app)).find((alert) => alert.rule === "full")!;
  await made.ask(`/api/alerts/${full.id}/ack`, { method: "POST", body: { by: "ada" } });
  const { text } = await made.ask("/");
  const shown = [...text.matchAll(/the (\w+) one/g)].map(([, id]) => id);
  expect([...new Set(shown)]).toEqual(["broken", "slow", "gone", "full"]);
});

describe("forms", () => {
  test("acknowledge, and remember who it was", async () => {
    const { made, alert } = await failing();
    const path = `/alerts/${alert.id}/ack`;
    const done = await made.ask(path, { method: "POST", form: { by: "ada" } });
    expect([done.status, done.headers.get("location")]).toEqual([
      303,
      expect.stringContaining(`/alerts/${alert.id}?done=`),
    ]);
    expect(done.headers.get("set-cookie")).toContain("lookout_name=ada");
    expect((await openAlerts(made.app))[0]!.acknowledgedBy).toBe("ada");
    const story = await made.ask(`/alerts/${alert.id}`);
    expect(story.text).toMatch(
      /<li class="taken"><time [^>]+>[^<]+<\/time> <span><strong>Acknowledged<\/strong> by ada/,
    );
    await made.ask(path, { method: "POST", form: { undo: "yes" } });
    expect((await openAlerts(made.app))[0]!.acknowledgedBy).toBeNull();
  });

  test("who has not said a name is asked for it", async () => {
    const { made, alert } = await failing();
    const { headers } = await made.ask(`/alerts/${alert.id}/ack`, { method: "POST", form: { by: "", to: "/" } });
    expect(headers.get("location")).toBe(`/alerts/${alert.id}`);
    expect((await openAlerts(made.app))[0]!.acknowledgedBy).toBeNull();
  });

  test.each([
    ["alert", (id: string) => ({ id: [id] })],
    ["rule", () => ({ rule: ["down"] })],
    ["resource", () => ({ "resource.id": ["svc-1"] })],
  ])("silence the %s, after a look at what that holds back", async (what, match) => {
    const { made, alert } = await failing();
    const form = { alert: alert.id, what, duration: "2h", by: "ada", comment: "migration" };
    const seen = await made.ask("/silences", { method: "POST", form: { ...form, do: "preview" } });
    expect(seen.text).toContain("It would have held back 1 alert");
    expect(await listSilences(made.app)).toEqual([]);
    await made.ask("/silences", { method: "POST", form: { ...form, do: "add" } });
    const [silence] = await listSilences(made.app);
    expect(silence).toMatchObject({ match: match(alert.id), by: "ada", comment: "migration" });
    await made.ask(`/silences/${silence!.id}/expire`, { method: "POST", form: {} });
    expect((await made.ask("/silences")).text).toContain("expired");
  });

  test("silence an alert about Lookout itself by itself, which no silence of others holds", async () => {
    const made = await consoleBench({ yaml: YAML, env: { HW_SECRET_KEY: "" } });
    await made.rounds(1);
    const [own] = await openAlerts(made.app);
    expect(own?.rule).toBe("lookout-unhealthy");
    const add = (by: string, body: object) =>
      made.ask("/api/silences", { method: "POST", body: { duration: "2h", by, ...body } });
    await add("mallory", { match: { status: ["firing"] } });
    const story = async () => (await made.ask(`/alerts/${own!.id}`)).text;
    expect(await story()).not.toContain("mallory");
    await made.ask("/silences", { method: "POST", form: { alert: own!.id, duration: "1h", by: "ada", do: "add" } });
    await add("bob", { alert: own!.id });
    expect((await openAlerts(made.app))[0]!.suppressedBy).toHaveLength(1);
    for (const by of ["ada", "bob"]) expect(await story()).toContain(`by ${by}`);
  });

  test("what cannot be done is said on a page", async () => {
    const { made, alert } = await failing();
    const form = { alert: alert.id, what: "alert", duration: "soon", by: "ada", do: "add" };
    const { status, text } = await made.ask("/silences", { method: "POST", form });
    expect(status).toBe(400);
    expect(text).toContain("expected a duration");
  });
});

test.each([
  ["a script", "<script>alert(1)</script>"],
  ["an attribute's end", `"><img src=x onerror=alert(1)>`],
  ["a style", "<style>*{display:none}</style>"],
  ["a link", "<a href=javascript:alert(1)>x</a>"],
  ["an entity", "&lt;script&gt;"],
])("%s in an event is text on every page", async (_, evil) => {
  const { made, alert } = await failing(evil);
  for (const path of [
    "/",
    `/alerts/${alert.id}`,
    "/events",
    "/ended",
    `/?q=${encodeURIComponent(evil)}`,
    `/?done=${encodeURIComponent(evil)}`,
  ]) {
    const { text } = await made.ask(path);
    expect(text).not.toContain(evil);
  }
});

test("a text of 100 KB is cut, and what nobody sees is left out", async () => {
  const { made } = await failing(`\u202eevil ${"x".repeat(100_000)}`);
  const { text } = await made.ask("/");
  expect(text.length).toBeLessThan(50_000);
  expect(text).not.toContain("\u202e");
});

test("a page of 10,000 alerts has fifty, and names the next", async () => {
  const services = Array.from({ length: 120 }, (_, at) => `svc-${at}`);
  const made = await consoleBench({ yaml: YAML, services });
  for (const service of services) made.fail(1, "lost", service);
  await made.beats(2);
  const { text } = await made.ask("/");
  expect(text.match(/<li class="alert/g)).toHaveLength(50);
  expect(text).toContain("Page 1 of 3");
  expect((await made.ask("/?page=3")).text.match(/<li class="alert/g)).toHaveLength(20);
});

test("a secret that was made known after its event was read is in no page and no answer, nor a part of it", async () => {
  const later = "whsec_dG9tb3Jyb3cncyBrZXkhdG9tb3Jyb3cncyBrZXkh";
  const yaml = YAML.replace('"HOOK/ops"', '"HOOK/ops", secret: "${env:KEY}"');
  const made = await consoleBench({ yaml, env: { KEY: "whsec_dG9kYXkncyBrZXk=" } });
  // A page cuts long texts: also within a secret.
  made.fail(1, `lost ${"x".repeat(240)} ${later}, again`);
  await made.beats(2);
  made.setEnv({ KEY: later });
  await made.reload(yaml);
  await made.app.learnSecrets();
  const [alert] = await openAlerts(made.app);
  const paths = ["/", "/events", `/alerts/${alert!.id}`, "/api/alerts", "/api/events", `/api/alerts/${alert!.id}`];
  for (const path of paths) {
    const { status, text } = await made.ask(path);
    expect([status, text.includes("lost xxx"), text.includes(later.slice(0, 12))], path).toEqual([200, true, false]);
  }
});
