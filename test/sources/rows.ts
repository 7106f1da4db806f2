// Rows of the APIs, and the moments that the tests of the sources are about.
export const NOW = Date.parse("2026-11-20T10:00:00.000Z");
export const MINUTE = 60_000;
export const FLOOR = NOW - 15 * MINUTE;
/** A first poll, a quarter of an hour after the floor. */
export const at = { now: NOW, floor: FLOOR };

export const always = (t: number, row: Record<string, unknown>) => ({ t, from: 0, row });
export const item = (times: number[], more: Record<string, unknown> = {}) => ({
  times,
  row: {
    type: "Warning",
    reason: "PoolStatusChange",
    message: "Pool status changed, from Running to Abnormal.",
    ...more,
  },
});
export const log = (t: number, result: string, more: Record<string, unknown> = {}) => ({
  update_time: t,
  result,
  config: [
    {
      model_name: "minst",
      model_version: "0.0.1",
      weight: 100,
      instance_count: 1,
      specification: "modelarts.vm.cpu.2u",
    },
  ],
  ...more,
});
export function cloudEyeRow(
  time: number,
  event_id: string,
  event_name = "rebootServer",
  detail: Record<string, unknown> = {},
) {
  return { t: time, from: 0, row: { event_id, event_name, event_source: "SYS.ECS", time, detail } };
}
export const full = {
  event_level: "Minor",
  resource_id: "r-1",
  resource_name: "ecs-prod-01",
  content: '{"a":1}',
  event_type: "EVENT.SYS",
};
