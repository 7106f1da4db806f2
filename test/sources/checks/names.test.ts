// Endpoints in a process that knows no name yet, while names that hang hold all places: what is said of an endpoint is
// never about other names.
import type { LookupAddress } from "node:dns";
import dns from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { http } from "../../../lib/sources/checks/http.ts";
import type { Endpoint } from "../../../lib/sources/port.ts";
import { folderWith } from "../../support/cli.ts";
import { lookoutHere } from "../../support/in-process.ts";
import { FLOOR, MINUTE, NOW } from "../rows.ts";
import { createCloud, createPoller, endpointAt, poll, serve } from "../support.ts";

const hanging: ((error: Error) => void)[] = [];
const { lookup } = dns;

beforeAll(() => {
  // The system's own: names of `dead.test` hang until the test ends them, all others lead here.
  const scripted = (name: string) => {
    if (!name.endsWith("dead.test")) return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    const { promise, reject } = Promise.withResolvers<LookupAddress[]>();
    hanging.push(reject);
    return promise;
  };
  Object.assign(dns, { lookup: scripted });
  syncBuiltinESMExports();
});
afterAll(() => {
  Object.assign(dns, { lookup });
  syncBuiltinESMExports();
});

/** The system gives up on what hangs, and on what begins to hang thereby. */
async function giveUp(): Promise<void> {
  while (hanging.length > 0) {
    for (const end of hanging.splice(0)) end(Object.assign(new Error("try again"), { code: "EAI_AGAIN" }));
    await new Promise(setImmediate);
  }
}

/** Looks at endpoints behind one server, each under a host's name; what each look finds, and what it commits. */
async function bench(failures: number, count: number) {
  const server = await serve((_, response) => void response.end());
  onTestFinished(server.close);
  onTestFinished(giveUp);
  const { port } = new URL(server.url);
  const poller = createPoller();
  // The first look begins with the first endpoint, each other one with the next.
  let now = NOW - (NOW % (count * MINUTE)) - MINUTE;
  return async (hosts: Record<string, string>): Promise<[string[], commits: number]> => {
    now += MINUTE;
    const before = [poller.emitted.length, poller.commits] as const;
    const endpoints = Object.entries(hosts).map(
      ([id, host]): Endpoint => ({ ...endpointAt(`http://${host}:${port}/`), target: { id } }),
    );
    const scope = { probe: { timeout: 300, failures, certificate: 0 }, endpoints: async () => endpoints };
    await poll(http, createCloud(), poller, { floor: FLOOR, now, every: MINUTE, scope });
    const found = poller.emitted.slice(before[0]).map(({ type, resource: { id } }) => `${id} ${type}`);
    return [found.toSorted(), poller.commits - before[1]];
  };
}

const dead = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, nth) => [`d${nth}`, `d${nth}.dead.test`]));
const DOWN = ["d0 down", "d1 down", "d2 down", "d3 down"];

test("a sound one that nothing is known of is not down, and up once its name was looked up", async () => {
  const look = await bench(1, 6);
  const hosts = { ...dead(4), sound: "sound.test", well: "well.test" };
  expect((await look(hosts))[0]).toEqual(DOWN);
  expect(await look(hosts)).toEqual([[], 0]);
  await giveUp();
  expect((await look(hosts))[0]).toEqual(["sound up", "well up"]);
});

test("one that is up stays so, and nothing is written", async () => {
  const look = await bench(1, 5);
  expect((await look({ ...dead(4), a: "127.0.0.1" }))[0]).toEqual(["a up", ...DOWN]);
  // As if this process were another one: it knows the endpoint, and not the name.
  expect(await look({ ...dead(4), a: "a.test" })).toEqual([[], 0]);
  await giveUp();
  expect(await look({ ...dead(4), a: "a.test" })).toEqual([[], 0]);
});

test("of more that hang than have room each comes to be down", async () => {
  const look = await bench(2, 5);
  const found: string[] = [];
  for (let nth = 0; nth < 4; nth++) {
    found.push(...(await look(dead(5)))[0]);
    await giveUp();
  }
  expect(found.toSorted()).toEqual([...DOWN, "d4 down"]);
});

test("check --live says which have waited", async () => {
  onTestFinished(giveUp);
  const target = (id: string, host: string) => `      - { id: ${id}, url: "http://${host}/" }`;
  const config = `
sources:
  - id: endpoints
    kind: http
    timeout: 1s
    targets:
${[...Object.entries(dead(4)), ["waiting", "waiting.test"]].map(([id, host]) => target(id!, host!)).join("\n")}
rules: [{ include: health/endpoints }]
channels: { ops: { type: console } }
`;
  // A look may begin with any endpoint: these have the places before it does.
  await bench(1, 4).then((look) => look(dead(4)));
  const { stdout } = await lookoutHere(["check", "--live"], { cwd: await folderWith({ "lookout.yml": config }) });
  expect(stdout).toMatch(/d0\s+d0\s+down: the host's name did not resolve/);
  expect(stdout).toMatch(/waiting\s+waiting\s+not known: it waited for other names/);
});
