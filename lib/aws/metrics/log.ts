// Metrics of the functions as CloudWatch reads them out of the log (embedded metric format), by Powertools: what the
// container counted since it wrote them last, and what it was asked to measure.
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { CountedName, Counters } from "../../model/counters.ts";
import { METRICS, type MetricName, NAMESPACE } from "./names.ts";

/** Something measured; with `source` it has that for a second dimension. */
export interface Gauge {
  metric: MetricName;
  value: number;
  unit: "Seconds" | "Count";
  source?: string;
}

export interface MetricsLog {
  /** Writes a line for what was counted since the last call, and for each gauge that is of a source. */
  write(gauges: readonly Gauge[]): void;
}

/** `service`: the dimension that all metrics have; `line` writes one object as a line. */
export function createMetricsLog(counters: Counters, service: string, line: (emf: object) => void): MetricsLog {
  const written = new Map<MetricName, number>();

  function counted(): [MetricName, number][] {
    return totalsOf(counters).flatMap(([metric, total]): [MetricName, number][] => {
      const since = total - (written.get(metric) ?? 0);
      written.set(metric, total);
      return since > 0 ? [[metric, since]] : [];
    });
  }

  return {
    write(gauges) {
      const metrics = new Metrics({ namespace: NAMESPACE, defaultDimensions: { service } });
      const common = gauges.filter(({ source }) => source === undefined);
      for (const [metric, count] of counted()) metrics.addMetric(metric, MetricUnit.Count, count);
      for (const { metric, value, unit } of common) metrics.addMetric(metric, MetricUnit[unit], value);
      if (metrics.hasStoredMetrics()) line(metrics.serializeMetrics());
      metrics.clearMetrics();
      for (const { metric, value, unit, source } of gauges) {
        if (source === undefined) continue;
        metrics.addDimension("source", source);
        metrics.addMetric(metric, MetricUnit[unit], value);
        line(metrics.serializeMetrics());
        metrics.clearMetrics();
        metrics.clearDimensions();
      }
    },
  };
}

function totalsOf(counters: Counters): [MetricName, number][] {
  const sum = <Name extends CountedName>(name: Name, outcomes?: readonly string[]): number => {
    const counts = [...counters.counts(name)].filter(([labels]) => {
      return outcomes === undefined || outcomes.includes((labels as { outcome?: string }).outcome ?? "");
    });
    return counts.reduce((total, [, count]) => total + count, 0);
  };
  return [
    [METRICS.polls, sum("polls")],
    [METRICS.pollsIncomplete, sum("polls", ["incomplete"])],
    [METRICS.events, sum("events")],
    [METRICS.alerts, sum("alerts")],
    [METRICS.deliveries, sum("notifications", ["delivered"])],
    [METRICS.deliveriesFailed, sum("notifications", ["retry", "permanent"])],
  ];
}
