// What a hostile API, target or receiver does, each drawn from a seed: the table that the hostile-input suite runs.
import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Random } from "../../lib/simulator/random.ts";

/**
 * Where the hostile one sits: the events of one service of ten, a list, another API, the token service, or a receiver.
 */
export type Place = "service-events" | "service-updates" | "pool-events" | "pools" | "tokens" | "receiver";

export interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** Lets the simulated cloud, or a well-behaved receiver, answer instead. */
  forward(): void;
  /** Secrets of the configuration, and tokens issued so far. */
  secrets: readonly string[];
}

export type Hostile = (asked: Asked) => void;

export interface Attack {
  /** What it does, as a sentence about its place. */
  name: string;
  at: Place;
  make(random: Random): Hostile;
}

const MINUTE = 60_000;
/** Items of a long list: enough for a quadratic algorithm to show. */
const MANY = 30_000;
const BOMB_BYTES = 64 * 1_048_576;

/** Values that no document allows somewhere, and words that mean something to a language, a terminal or a chat. */
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  -1e308,
  2 ** 53 + 2,
  "",
  " ",
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "../../etc/passwd",
  "..%2f..%2f",
  ".",
  "a/b",
  "NaN",
  "\u0000",
  "\ud800",
  "\u001b[2J\u001b]0;owned\u0007",
  "\u009b31m",
  "\u202eesrever\u2066",
  "line\nline\r\n\u2028line",
  "<!channel> <@U1> @all *bold* _it_ ~no~ `x` [a](https://evil.example) https://evil.example",
  '<at user_id="all">all</at><script>alert(1)</script>',
  "{{ 1 | plus: 1 }}{% for i in (1..100000000) %}x{% endfor %}",
  "${env:HW_SECRET_KEY}",
  "x".repeat(100_000),
  "漢".repeat(10_000),
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: null, constructor: { prototype: 1 } },
  253_402_300_800_000,
  -62_135_596_800_001,
];

function json(response: ServerResponse, body: unknown, status = 200): void {
  text(response, typeof body === "string" ? body : JSON.stringify(body), status);
}

function text(response: ServerResponse, body: string, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

interface ServiceEvent {
  occur_time: unknown;
  event_type: unknown;
  event_info: unknown;
}

const failure = (ago: number, event_info: unknown = "Failed"): ServiceEvent => ({
  occur_time: Date.now() - ago,
  event_type: "abnormal",
  event_info,
});

/** The answer of a service's events, as documented. */
function answerOf(events: readonly unknown[], total = events.length): Record<string, unknown> {
  return { service_id: "svc-0", service_name: "svc-0", count: events.length, total_count: total, events };
}

/** Serves these events, and nothing from the second page on. */
function serving(events: readonly unknown[]): Hostile {
  return ({ response, url }) => json(response, answerOf(Number(url.searchParams.get("offset")) > 0 ? [] : events));
}

/** A copy with one value somewhere replaced. */
function withOneReplaced(value: unknown, by: unknown, random: Random): unknown {
  if (value === null || typeof value !== "object" || random.chance(0.15)) return by;
  const entries = Object.entries(value);
  if (entries.length === 0) return by;
  const at = random.int(0, entries.length - 1);
  const changed = entries.map(([key, one], index) => [key, index === at ? withOneReplaced(one, by, random) : one]);
  return Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed);
}

/** A secret as it might be repeated: whole, encoded, or behind a text that pushes it over a bound. */
function disguised(secret: string, random: Random): string {
  const form = random.pick<(secret: string) => string>([
    (one) => one,
    encodeURIComponent,
    (one) => Buffer.from(one).toString("base64"),
    (one) => Buffer.from(`${"x".repeat(random.int(0, 3))}${one}`).toString("base64"),
    (one) => JSON.stringify(one).slice(1, -1),
    (one) => [...one].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
    (one) => one.toUpperCase(),
    (one) => `${one}${one}`,
    (one) => [...one].map((char) => `<b>${char}</b>`).join(""),
  ]);
  return `${"e".repeat(random.pick([0, 10, 180, 265, 460, 480, 495, 990, 1_005, 2_040]))} ${form(secret)} tail`;
}

const drip: Hostile = ({ response }) => {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 200);
  response.on("close", () => clearInterval(timer));
};
const hang: Hostile = () => {};
const cut: Hostile = ({ request, response }) => {
  response.writeHead(200, { "content-length": "1000000" });
  response.write('{"events":[');
  setTimeout(() => request.socket.destroy(), 5);
};
const reset: Hostile = ({ request }) => void request.socket.resetAndDestroy();
const garbage: Hostile = ({ request }) => void request.socket.end("SSH-2.0-OpenSSH_9.9\r\n\r\n");
const bombs = {
  gzip: gzipSync(Buffer.alloc(BOMB_BYTES, 0x20), { level: 9 }),
  br: brotliCompressSync(Buffer.alloc(BOMB_BYTES, 0x20), { params: { 1: 1 } }),
};
const bomb =
  (encoding: keyof typeof bombs): Hostile =>
  ({ response }) =>
    void response.writeHead(200, { "content-encoding": encoding }).end(bombs[encoding]);
const redirect =
  (random: Random): Hostile =>
  ({ response }) => {
    const location = random.pick(["http://169.254.169.254/latest", "file:///etc/passwd", "//evil.example/", "\\\\x"]);
    response.writeHead(random.pick([301, 302, 303, 307, 308]), { location }).end();
  };
const manyHeaders: Hostile = ({ request }) => {
  const lines = Array.from({ length: 3_000 }, (_, at) => `x-${at}: ${"y".repeat(50)}`);
  request.socket.end(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\ncontent-length: 2\r\n\r\n{}`);
};
const status =
  (random: Random): Hostile =>
  ({ response }) => {
    const after = random.pick(["0", "-1", "86400", "999999999999", "NaN", "Wed, 21 Oct 2099 07:28:00 GMT"]);
    const code = random.pick([400, 401, 403, 404, 409, 410, 418, 429, 500, 502, 503, 504]);
    text(response, `{"error_msg":"no","error_code":"constructor"}`, code, { "retry-after": after });
  };
const echo =
  (random: Random): Hostile =>
  ({ response, secrets }) => {
    const said = disguised(random.pick(secrets), random);
    const body = JSON.stringify({ error_msg: said, error_code: said, request_id: said });
    text(response, random.chance(0.5) ? body : said, random.pick([400, 403, 404, 409, 422, 500]), {
      "x-request-id": encodeURIComponent(said).slice(0, 4_000),
    });
  };
const deep: Hostile = ({ response }) => text(response, `{"events":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
const notJson =
  (random: Random): Hostile =>
  ({ response }) =>
    text(response, random.pick(["", "null", "[]", "0", '"x"', "<html>", '{"events":', '{"events":{}}', "\u0000"]));
const empties: Hostile = ({ response }) => {
  response.writeHead(200, { "content-encoding": "gzip" });
  response.end(gzipSync(`{"total_count":1,"events":[${"{},".repeat(3_000_000)}{}]}`, { level: 1 }));
};

/** What any HTTP server may do to whoever asks it. */
const WIRE: Record<string, (random: Random) => Hostile> = {
  "sends its answer byte by byte": () => drip,
  "never answers": () => hang,
  "cuts the connection in mid-answer": () => cut,
  "resets the connection": () => reset,
  "speaks another protocol": () => garbage,
  "answers with a gzip bomb": () => bomb("gzip"),
  "answers with a Brotli bomb": () => bomb("br"),
  "redirects elsewhere": redirect,
  "sends 150 KB of headers": () => manyHeaders,
  "refuses, with a strange Retry-After": status,
  "repeats a secret in its error": echo,
  "answers with what is no such document": notJson,
  "answers with JSON of 200,000 levels": () => deep,
};

const HANGS: ReadonlySet<string> = new Set(["sends its answer byte by byte", "never answers"]);

const PLACES: readonly Place[] = ["service-events", "service-updates", "pool-events", "pools", "tokens", "receiver"];

const ofWire: Attack[] = PLACES.flatMap((at) => Object.entries(WIRE).map(([name, make]) => ({ name, at, make })));

const ofEvents: Attack[] = [
  {
    name: "has one value of its answer replaced",
    at: "service-events",
    make(random) {
      const answer = answerOf([failure(MINUTE), failure(2 * MINUTE, "Failed twice"), failure(3 * MINUTE)]);
      const changed = withOneReplaced(answer, random.pick(VALUES), random);
      return ({ response }) => json(response, changed);
    },
  },
  {
    name: "has hostile words in every event",
    at: "service-events",
    make(random) {
      const events = Array.from({ length: 20 }, (_, at) => ({
        ...failure(MINUTE + at * 1_000, random.pick(VALUES)),
        ...(random.chance(0.3) ? { event_type: random.pick(VALUES) } : {}),
        ...(random.chance(0.3) ? { [JSON.stringify(random.pick(VALUES)).slice(0, 1_000)]: random.pick(VALUES) } : {}),
      }));
      return serving(events);
    },
  },
  {
    name: "repeats secrets in its events",
    at: "service-events",
    make: (random) => (asked) => {
      const words = Array.from({ length: 5 }, () => disguised(random.pick(asked.secrets), random));
      serving(words.map((word, at) => ({ ...failure(MINUTE + at, `Failed ${word}`), [word]: word })))(asked);
    },
  },
  {
    name: "never comes to its end",
    at: "service-events",
    make: () => {
      let page = 0;
      return ({ response, url }) => {
        const until = Number(url.searchParams.get("end_time")) || Date.now();
        const events = Array.from({ length: 1_000 }, (_, at) => ({
          ...failure(0, `Failed ${page}-${at}`),
          occur_time: until - MINUTE - at,
        }));
        page++;
        json(response, answerOf(events, 1e9));
      };
    },
  },
  {
    name: "has 30,000 equal events",
    at: "service-events",
    make: () => {
      const one = failure(MINUTE);
      return serving(Array.from({ length: MANY }, () => one));
    },
  },
  {
    name: "has an event that fills its page",
    at: "service-events",
    make(random) {
      const word = random.pick(["x", "word ", "&lt;b&gt;", "\u200b.", "aGVsbG8gd29ybGQg", "漢"]);
      const long = word.repeat(6_000_000 / Buffer.byteLength(JSON.stringify(word)));
      return serving([random.pick([failure(MINUTE, long), { ...failure(MINUTE), more: long }, { event_info: long }])]);
    },
  },
  {
    name: "has events of impossible times",
    at: "service-events",
    make(random) {
      const times = [25 * 60 * MINUTE, -25 * 60 * MINUTE, 8.64e15, -8.64e15, 1e300, -1, 0, "2026-11-20", null];
      return serving(
        times
          .map((at) => ({ ...failure(0), occur_time: typeof at === "number" ? Date.now() + at : at }))
          .slice(random.int(0, 4)),
      );
    },
  },
  { name: "answers with three million empty items", at: "service-events", make: () => empties },
];

function poolItem(reason: string): Record<string, unknown> {
  const time = new Date(Date.now() - MINUTE).toISOString();
  return { kind: "Event", type: "Warning", firstTimestamp: time, lastTimestamp: time, count: 1, reason, message: "B" };
}

const ofOthers: Attack[] = [
  {
    name: "has 30,000 logs of one time",
    at: "service-updates",
    make: () => {
      const log = { update_time: Date.now() - MINUTE, result: "FAIL", config: [] };
      const body = JSON.stringify({ service_name: "svc-0", service_id: "svc-0", logs: Array(MANY).fill(log) });
      return ({ response }) => json(response, body);
    },
  },
  {
    name: "has one value of its answer replaced",
    at: "service-updates",
    make(random) {
      const log = { update_time: Date.now() - MINUTE, result: "FAIL", config: [{ envs: { A: "B" }, weight: 100 }] };
      const changed = withOneReplaced(
        { service_name: "svc-0", service_id: "svc-0", logs: [log, log] },
        random.pick(VALUES),
        random,
      );
      return ({ response }) => json(response, changed);
    },
  },
  {
    name: "has 30,000 equal items",
    at: "pool-events",
    make: () => {
      const item = poolItem("A");
      const body = JSON.stringify({ kind: "EventList", metadata: {}, items: Array(MANY).fill(item) });
      return ({ response }) => json(response, body);
    },
  },
  {
    name: "goes on with a new mark for ever",
    at: "pool-events",
    make: (random) => {
      const empty = random.chance(0.5);
      return ({ response }) => {
        const item = poolItem(random.hex(6));
        json(response, { kind: "EventList", metadata: { continue: random.hex(20) }, items: empty ? [] : [item] });
      };
    },
  },
  {
    name: "lists pools of hostile names",
    at: "pools",
    make(random) {
      const items = Array.from({ length: 15 }, () => {
        const name = random.pick(VALUES);
        return {
          kind: "Pool",
          metadata: { name, creationTimestamp: "", labels: { "os.modelarts/name": name }, annotations: {} },
          status: { phase: "Running" },
        };
      });
      return ({ response }) => json(response, { kind: "PoolList", items });
    },
  },
  {
    name: "lists 30,000 pools",
    at: "pools",
    make: () => {
      const items = Array.from({ length: MANY }, (_, at) => ({
        metadata: { name: `p${at}`, labels: { "os.modelarts/name": `p${at}` } },
        status: { phase: "Running" },
      }));
      const body = JSON.stringify({ kind: "PoolList", items });
      return ({ response }) => json(response, body);
    },
  },
  {
    name: "issues a token that is none",
    at: "tokens",
    make: (random) => {
      const expires_at = random.pick([null, "", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", 5]);
      const token = random.pick(["", "x", "a\u0001b", "t".repeat(60_000), "constructor"]);
      return ({ response }) => {
        // A header takes no control characters: the server refuses to send it.
        const header = token.replace("\u0001", "");
        text(response, JSON.stringify({ token: { expires_at } }), 201, { "x-subject-token": header });
      };
    },
  },
  {
    name: "issues long tokens that have expired, each time another one",
    at: "tokens",
    make: (random) => {
      const life = random.pick([-86_400_000, 0, 1, 5_000]);
      let issued = 0;
      return ({ response }) => {
        const now = Date.now();
        const [issued_at, expires_at] = [now, now + life].map((at) => new Date(at).toISOString());
        const header = `${issued++}-`.padEnd(12_000, "t");
        text(response, JSON.stringify({ token: { issued_at, expires_at } }), 201, { "x-subject-token": header });
      };
    },
  },
  {
    name: "accepts with 10 MB of text",
    at: "receiver",
    make:
      () =>
      ({ response }) =>
        void response.writeHead(200).end("x".repeat(10 * 1_048_576)),
  },
];

/** What takes half a minute of waiting each time. */
export function hangs({ name }: Attack): boolean {
  return HANGS.has(name);
}

/** All attacks, each drawn anew from a seed. */
export const ATTACKS: readonly Attack[] = [...ofEvents, ...ofOthers, ...ofWire];

/**
 * What every place does on the wire is the matter of the same code: half of it, by turns, for a suite that is to be
 * quick. What hangs takes the longest, and hangs in two places.
 */
export const QUICK: readonly Attack[] = [
  ...ofWire
    .filter(({ name, at }) => (HANGS.has(name) ? at === "service-events" || at === "pools" : true))
    .filter((_, at) => at % 2 === 0),
  ...ofEvents,
  ...ofOthers,
];
