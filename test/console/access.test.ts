// Who may look and act: each line is one request and what it is answered.
import { describe, expect, test } from "vitest";
import { consoleBench, TOKEN } from "./bench.ts";

const YAML = `
rules: [{ id: down, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const bearer = { authorization: `Bearer ${TOKEN}` };

describe("without a token", () => {
  const cases: [what: string, path: string, headers: Record<string, string>, status: number][] = [
    ["this machine by number", "/", {}, 200],
    ["this machine by name", "/", { host: "localhost:8791" }, 200],
    ["this machine in the new numbers", "/", { host: "[::1]:8791" }, 200],
    ["a name that was made to lead here", "/", { host: "evil.example" }, 421],
    ["a name that begins like this machine's", "/", { host: "localhost.evil.example:8791" }, 421],
    ["a name that was made to lead here, at the API", "/api/alerts", { host: "evil.example:8791" }, 421],
    ["no name at all", "/", { host: "" }, 421],
  ];
  test.each(cases)("%s", async (_, path, headers, status) => {
    const made = await consoleBench({ yaml: YAML });
    expect((await made.ask(path, { headers })).status).toBe(status);
  });

  test.each([
    ["its own name", "lookout.example.com", 421],
    ["its own name with the port that goes without saying", "lookout.example.com:443", 421],
    ["this machine in capitals", "LOCALHOST:8791", 200],
  ])("and with an address of its own: %s", async (_, host, status) => {
    const made = await consoleBench({ yaml: YAML }, { publicUrl: "https://lookout.example.com" });
    expect((await made.ask("/", { headers: { host } })).status).toBe(status);
  });

  const homes: [what: string, host: string, status: number][] = [
    ["its own name", "lookout.example.com", 200],
    ["its own name in capitals", "LookOut.Example.COM", 200],
    ["its own name with the port that goes without saying", "lookout.example.com:443", 200],
    ["its own name with another port", "lookout.example.com:8443", 421],
    ["its own name behind another's", "evil.example@lookout.example.com", 421],
    ["this machine in capitals", "LOCALHOST:8791", 200],
  ];
  test.each(homes)("under an address that lets its readers in: %s", async (_, host, status) => {
    const made = await consoleBench({ yaml: YAML }, { publicUrl: "https://lookout.example.com", gated: true });
    expect((await made.ask("/", { headers: { host } })).status).toBe(status);
    const form = { host, origin: "https://lookout.example.com" };
    const written = await made.ask("/api/alerts/none/ack", { method: "POST", headers: form, body: { by: "ada" } });
    expect(written.status).toBe(status === 200 ? 404 : 421);
  });

  test("no header of a proxy changes who asks", async () => {
    const made = await consoleBench({ yaml: YAML });
    const headers = {
      host: "evil.example",
      "x-forwarded-host": "127.0.0.1",
      "x-forwarded-for": "127.0.0.1",
      forwarded: "host=localhost",
    };
    expect((await made.ask("/", { headers })).status).toBe(421);
  });

  const writes: [what: string, headers: Record<string, string>, allowed: boolean][] = [
    ["a program, which says nothing", {}, true],
    ["its own page", { "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:8791" }, true],
    ["another site's form", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }, false],
    ["another site's form, by an older browser", { origin: "https://evil.example" }, false],
    ["a page of another port", { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:9999" }, false],
    ["a page from a file", { origin: "null" }, false],
  ];
  test.each(writes)("a write by %s", async (_, headers, allowed) => {
    const made = await consoleBench({ yaml: YAML });
    const { status } = await made.ask("/api/alerts/none/ack", { method: "POST", headers, body: { by: "ada" } });
    // There is no such alert: it was asked for, at least.
    expect(status).toBe(allowed ? 404 : 403);
  });

  const reads: [who: string, site: string | undefined, status: number][] = [
    ["a program", undefined, 200],
    ["its own page", "same-origin", 200],
    ["somebody who typed the address", "none", 200],
    ["another site", "cross-site", 403],
    ["a page of another port", "same-site", 403],
  ];
  test.each(reads)("the API is read by %s", async (_, site, status) => {
    const made = await consoleBench({ yaml: YAML });
    const headers = site === undefined ? {} : { "sec-fetch-site": site };
    expect((await made.ask("/api/alerts", { headers })).status).toBe(status);
    expect((await made.ask("/api/stream", { method: "HEAD", headers })).status).toBe(status);
  });

  test("whose links other sites have", async () => {
    const made = await consoleBench({ yaml: YAML });
    expect((await made.ask("/events", { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(200);
  });
});

describe("with a token", () => {
  const cases: [what: string, path: string, headers: Record<string, string>, status: number][] = [
    ["nobody asks whether it lives", "/healthz", {}, 200],
    ["nobody asks whether it is ready", "/readyz", {}, 401],
    ["nobody asks for metrics", "/metrics", {}, 401],
    ["nobody asks for alerts", "/api/alerts", {}, 401],
    ["nobody opens the stream", "/api/stream", {}, 401],
    ["a browser comes without a session", "/alerts/abc", { accept: "text/html" }, 302],
    ["who has the token asks for alerts", "/api/alerts", bearer, 200],
    ["who has the token, from any host", "/api/alerts", { ...bearer, host: "lookout.example.com" }, 200],
    ["a wrong token", "/api/alerts", { authorization: "Bearer a-token-that-nobody-guessed" }, 401],
    ["a token cut short", "/api/alerts", { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, 401],
    ["no token behind the word", "/api/alerts", { authorization: "Bearer " }, 401],
    ["the token as a session", "/api/alerts", { cookie: `lookout_session=${TOKEN}` }, 401],
  ];
  test.each(cases)("%s", async (_, path, headers, status) => {
    const made = await consoleBench({ yaml: YAML }, { token: TOKEN });
    expect((await made.ask(path, { headers })).status).toBe(status);
  });

  test("who logs in gets a session that scripts cannot read, other sites do not send, and that does not hold the token", async () => {
    const made = await consoleBench({ yaml: YAML }, { token: TOKEN, publicUrl: "https://lookout.example.com" });
    const wrong = await made.ask("/login", { method: "POST", form: { token: "wrong", to: "/rules" } });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get("set-cookie")).toBeNull();
    const right = await made.ask("/login", { method: "POST", form: { token: TOKEN, to: "/rules" } });
    expect([right.status, right.headers.get("location")]).toEqual([303, "/rules"]);
    const cookie = right.headers.get("set-cookie")!;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).toMatch(/Secure/);
    expect(cookie).not.toContain(TOKEN);
    const session = { cookie: cookie.split(";")[0]! };
    expect((await made.ask("/rules", { headers: session })).status).toBe(200);
    const forged = { ...session, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await made.ask("/silences", { method: "POST", headers: forged, form: {} })).status).toBe(403);
  });

  test("who logs in comes to what was asked for", async () => {
    const made = await consoleBench({ yaml: YAML }, { token: TOKEN });
    const wanted = "/events?resource=abc&q=no%20answer%26more&until=2026-11-20+10%3A00";
    const asked = await made.ask(wanted, { headers: { accept: "text/html" } });
    const { text } = await made.ask(asked.headers.get("location")!);
    const to = /name="to" value="([^"]+)"/.exec(text)![1]!.replaceAll("&amp;", "&");
    const { headers } = await made.ask("/login", { method: "POST", form: { token: TOKEN, to } });
    expect(headers.get("location")).toBe(wanted);
  });

  test.each([
    '/?//evil.example"',
    "/\t/evil.example",
    "/?\r\nx: y",
    "//evil.example/x",
    "https://evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
  ])("the login leads to a page of its own, whatever it is asked for: %s", async (to) => {
    const made = await consoleBench({ yaml: YAML }, { token: TOKEN });
    const { headers } = await made.ask("/login", { method: "POST", form: { token: TOKEN, to } });
    expect(headers.get("location")).toBe("/");
  });
});

test("every page forbids scripts that are not its own, frames and sniffing", async () => {
  const made = await consoleBench({ yaml: YAML });
  for (const path of ["/", "/events", "/sources", "/deliveries", "/silences", "/rules", "/ended", "/nothing"]) {
    const { headers } = await made.ask(path);
    const policy = headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test("a body of more than 64 KB is not read", async () => {
  const made = await consoleBench({ yaml: YAML });
  const body = { by: "x".repeat(70_000) };
  expect((await made.ask("/api/alerts/a/ack", { method: "POST", body })).status).toBe(413);
});
