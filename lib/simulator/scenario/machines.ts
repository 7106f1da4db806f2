// What Cloud Eye sees: faults of machines and their recoveries, and the routine between them.
import type { Random } from "../random.ts";
import type { CloudEyeEvent } from "../shapes.ts";
import type { Incident, Step } from "./cast.ts";
import { happen, minutes, play, type Stage, type Story } from "./stage.ts";

/** One of these incidents after the other begins, `min` to `max` minutes apart, without end. */
export function* machineLife(
  stage: Stage,
  incidents: readonly Incident[],
  [min, max]: readonly [number, number],
): Story {
  for (;;) {
    yield minutes(stage, min, max);
    play(stage, machineTrouble(stage, stage.random.pick(incidents)), stage.world.now());
  }
}

/** One incident at one of its resources, from its first step to its last. */
export function* machineTrouble(stage: Stage, incident: Incident): Story {
  const name = stage.random.pick(incident.resources);
  for (const [index, step] of incident.steps.entries()) {
    if (index > 0) yield minutes(stage, 6, 30);
    say(stage, incident, name, step);
  }
}

function say(stage: Stage, incident: Incident, name: string, [event, level, state]: Step): void {
  const { world, random } = stage;
  happen(stage, (time) => {
    world.addCloudEyeEvents([eventOf({ incident, name, event, level, state, time, random })]);
  });
}

function eventOf(of: {
  incident: Incident;
  name: string;
  event: string;
  level: Step[1];
  state: Step[2];
  time: number;
  random: Random;
}): CloudEyeEvent {
  const { incident, name, time, random } = of;
  const id = resourceId(name);
  return {
    event_id: `ev${time}${random.hex(10)}`,
    event_name: of.event,
    event_source: incident.source,
    time,
    detail: {
      content: JSON.stringify({ resourceSpecCode: "s3.medium.2", enterpriseProjectId: "0" }),
      group_id: "",
      resource_id: id,
      resource_name: name,
      event_state: of.state,
      event_level: of.level,
      event_user: "",
      event_type: incident.type,
      dimensions: [{ name: incident.dimension, value: id }],
    },
  };
}

/** The same name has the same id, so that a recovery is found to belong to its fault. */
function resourceId(name: string): string {
  const hex = Buffer.from(name.padEnd(16, "\0")).toString("hex").slice(0, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
