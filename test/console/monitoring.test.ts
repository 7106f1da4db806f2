// What docs/monitoring/ offers works: promtool accepts the rules and their tests, a real Prometheus scrapes what is
// served, and every metric that rules and dashboard name is among it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { folderWith } from "../support/cli.ts";
import { noPrometheus, promtool, startPrometheus } from "../support/prometheus.ts";
import { type ConsoleBench, consoleBench } from "./bench.ts";
import { freePort, served } from "./served.ts";

const FOLDER = join(import.meta.dirname, "../../docs/monitoring");
const RULES = join(FOLDER, "prometheus-rules.yml");
const YAML = `
rules: [{ id: down, when: { level: [error] }, severity: critical }]
channels: { ops: { type: webhook, url: "HOOK/ops" }, lost: { type: webhook, url: "HOOK/lost" } }
route: { channels: [ops, lost] }
`;

/** One that has something to say in every metric. */
async function trouble(): Promise<ConsoleBench> {
  const made = await consoleBench({ yaml: YAML });
  made.answer(({ to }) => ({ status: to === "/lost" ? 404 : 200 }));
  made.fail(1);
  await made.beats(2);
  return made;
}

/** Every metric that is named in an expression. */
function namedIn(expressions: readonly string[]): Set<string> {
  return new Set(expressions.flatMap((one) => one.match(/\blookout_\w+/g) ?? []));
}

function ruleExpressions(): string[] {
  const { groups } = parse(readFileSync(RULES, "utf8"));
  return groups.flatMap(({ rules }: { rules: { expr: string }[] }) => rules.map(({ expr }) => expr));
}

function dashboardExpressions(): string[] {
  const { panels } = JSON.parse(readFileSync(join(FOLDER, "grafana-dashboard.json"), "utf8"));
  return panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr));
}

test("every metric of the rules, the dashboard and the page is served, and each that is served is on the page", async () => {
  const { text } = await (await trouble()).ask("/metrics");
  const served = new Set(text.match(/^lookout_\w+/gm));
  const page = readFileSync(join(FOLDER, "../monitoring.md"), "utf8");
  const documented = new Set(page.match(/(?<=^\| `)lookout_\w+/gm));
  expect(documented).toEqual(served);
  const missing = [...namedIn([...ruleExpressions(), ...dashboardExpressions()])].filter((name) => !served.has(name));
  expect(missing).toEqual([]);
});

test("every label that the page names is served", async () => {
  const { text } = await (await trouble()).ask("/metrics");
  const page = readFileSync(join(FOLDER, "../monitoring.md"), "utf8");
  for (const [, name, labels] of page.matchAll(/^\| `(lookout_\w+)\{([\w,]+)\}`/gm)) {
    const line = text.split("\n").find((one) => one.startsWith(`${name}{`))!;
    const found = [...line.matchAll(/(\w+)="/g)].map((match) => match[1]);
    expect([name, found.join()]).toEqual([name, labels]);
  }
});

test("the dashboard's panels lie beside each other, and each has a title and a question", () => {
  const { panels } = JSON.parse(readFileSync(join(FOLDER, "grafana-dashboard.json"), "utf8"));
  const taken = new Set<string>();
  for (const { title, gridPos, targets } of panels) {
    expect([title, targets.length > 0, gridPos.x + gridPos.w <= 24]).toEqual([expect.stringMatching(/\w/), true, true]);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect([title, taken.has(`${x},${y}`)]).toEqual([title, false]);
        taken.add(`${x},${y}`);
      }
    }
  }
});

describe.skipIf(noPrometheus !== undefined)(
  `Prometheus${noPrometheus === undefined ? "" : ` (${noPrometheus})`}`,
  () => {
    test("accepts the rules, and their tests pass", async () => {
      expect(await promtool(["check", "rules", RULES])).toMatchObject({ code: 0 });
      const tested = await promtool(["test", "rules", join(FOLDER, "prometheus-rules.test.yml")]);
      expect(tested).toMatchObject({ code: 0, output: expect.stringContaining("SUCCESS") });
    });

    test("can ask every question of the dashboard", async () => {
      const rules = dashboardExpressions().map((expr, at) => ({
        record: `panel:${at}`,
        expr: expr.replaceAll("$__rate_interval", "1m"),
      }));
      const file = join(
        await folderWith({ "rules.yml": JSON.stringify({ groups: [{ name: "panels", rules }] }) }),
        "rules.yml",
      );
      expect(await promtool(["check", "rules", file])).toMatchObject({ code: 0 });
    });

    test("reads what is served as OpenMetrics", async () => {
      const made = await served({ yaml: YAML });
      made.answer(({ to }) => ({ status: to === "/lost" ? 404 : 200 }));
      made.fail(1);
      await made.beats(2);
      const target = new URL(made.url).host;
      const folder = await folderWith({});
      writeFileSync(
        join(folder, "prometheus.yml"),
        JSON.stringify({
          global: { scrape_interval: "1s" },
          scrape_configs: [{ job_name: "lookout", static_configs: [{ targets: [target] }] }],
          rule_files: [RULES],
        }),
      );
      const address = await startPrometheus(folder, await freePort());
      const ask = async (query: string): Promise<{ metric: object; value: [number, string] }[]> => {
        const answer = await fetch(`${address}/api/v1/query?query=${encodeURIComponent(query)}`);
        return ((await answer.json()) as { data: { result: never[] } }).data.result;
      };
      await expect.poll(() => ask('up{job="lookout"} == 1'), { timeout: 20_000 }).toHaveLength(1);
      for (const name of namedIn([...ruleExpressions(), ...dashboardExpressions()])) {
        expect([name, (await ask(name)).length > 0]).toEqual([name, true]);
      }
      expect((await ask('lookout_deliveries{channel="lost",status="dead"}'))[0]?.value[1]).toBe("1");
    }, 40_000);
  },
);
