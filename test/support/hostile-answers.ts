// What a hostile or broken API answers instead of its lists: more than anyone asked for, or without an end.
import type { Fault } from "../../lib/simulator/faults.ts";

type Route = "service-events" | "service-updates" | "pool-events" | "training-events" | "cloud-eye-events" | "services";

export interface HostileAnswer {
  name: string;
  on: Route;
  /** Names the target; absent: what is asked for concerns the whole project. */
  target?: string;
  fault: Fault;
  /** It can be read to its end all the same. */
  harmless?: true;
}

const query = (url: string, name: string) => Number(new URL(url, "http://h").searchParams.get(name) ?? 0);
const list = <T>(length: number, make: (at: number) => T) => Array.from({ length }, (_, at) => make(at));

let count = 0;
/** A text that no other answer has had. */
const fresh = () => `failed ${++count}`;
const event = (occur_time: number, event_info = fresh()) => ({ occur_time, event_type: "abnormal", event_info });
const item = (message: string) => ({
  type: "Warning",
  reason: "r",
  message,
  firstTimestamp: "2026-01-01T00:00:00Z",
  lastTimestamp: "2099-01-01T00:00:00Z",
  count: 1,
});
const log = (update_time: number, result = "FAIL") => ({ update_time, result, config: [] });

function target(name: string, on: Route, answer: (url: string) => unknown): HostileAnswer {
  const id = name.replaceAll(/\W+/g, "-");
  return {
    name,
    on,
    target: id,
    fault: { kind: "instead", url: new RegExp(`[/=]${id}\\b`), answer: (_, url) => answer(url) },
  };
}

function harmless(...of: Parameters<typeof target>): HostileAnswer {
  return { ...target(...of), harmless: true };
}

/** `now` in ms. */
export function hostileAnswers(now: number): HostileAnswer[] {
  return [
    target("page after page of the past", "service-events", (url) => {
      const start = query(url, "start_time");
      return { total_count: 1e9, events: list(1000, (at) => event(start + 1 + at)) };
    }),
    target("page after page of the future", "service-events", (url) => {
      const start = Math.max(now, query(url, "start_time"));
      return { total_count: 1e9, events: list(1000, (at) => event(start + 1 + at)) };
    }),
    target("ever more rows of one time", "service-events", () => {
      return { total_count: 1e9, events: list(1000, () => event(now)) };
    }),
    target("rows equal in every field", "service-events", () => {
      return { total_count: 1e9, events: list(1000, () => event(now, "equal")) };
    }),
    target("ten million rows of nothing", "service-events", () => `{"events":[${"{},".repeat(1e6)}{}]}`),
    target(
      "a million names of fields",
      "service-events",
      () => `{"events":[{${list(1e6, (at) => `"k${at}":0`).join()}}]}`,
    ),
    target("a million levels", "service-events", () => `{"events":${"[".repeat(1e6)}${"]".repeat(1e6)}}`),
    target("far more rows than were asked for", "service-events", () => ({ events: list(20_000, () => event(now)) })),
    harmless("megabytes in every row", "service-events", () => ({
      events: list(7, (at) => event(now + at, `${at}${"x".repeat(1e6)}`)),
    })),
    target("another token for ever", "pool-events", () => {
      return { metadata: { continue: fresh() }, items: list(500, () => item(fresh())) };
    }),
    target("pages of equal items", "pool-events", () => {
      return { metadata: { continue: fresh() }, items: [...list(499, () => item("equal")), item(fresh())] };
    }),
    harmless("thousands of equal items", "pool-events", () => ({ items: list(4_999, () => item("equal")) })),
    target("thirty thousand logs of one time", "service-updates", () => ({ logs: list(30_000, () => log(now)) })),
    harmless("five thousand logs of one time", "service-updates", () => {
      return { logs: list(5_000, (at) => log(now, at % 2 === 0 ? "FAIL" : `RUNNING ${at}`)) };
    }),
    {
      ...target("no answer at all", "training-events", () => ""),
      fault: { kind: "slow", ms: 3_600_000, url: /no-answer-at-all/ },
    },
    {
      name: "ever more names of events",
      on: "cloud-eye-events",
      fault: {
        kind: "instead",
        on: "cloud-eye-events",
        answer: () => {
          const row = () => ({ event_name: fresh(), event_count: 1, latest_occur_time: now });
          return { events: list(100, row), meta_data: { total: 1e9 } };
        },
      },
    },
    {
      name: "ever more services",
      on: "services",
      fault: {
        kind: "instead",
        on: "services",
        answer: () => {
          const row = () => ({ service_id: fresh(), service_name: "x".repeat(500), status: "running" });
          return { total_count: 1e9, services: list(1000, row) };
        },
      },
    },
  ];
}
