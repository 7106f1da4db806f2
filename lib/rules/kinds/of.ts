// Which kind a rule is of, ready to run.
import type { RuleConfig } from "../../model/config.ts";
import { absence } from "./absence.ts";
import { change } from "./change.ts";
import { distinct } from "./distinct.ts";
import { expect } from "./expect.ts";
import { newValue } from "./new-value.ts";
import { occurrence } from "./occurrence.ts";
import type { Kind } from "./port.ts";
import { sequence } from "./sequence.ts";
import { spike } from "./spike.ts";
import { threshold } from "./threshold.ts";

export function kindOf(config: RuleConfig): Kind {
  if (config.threshold) return threshold(config.threshold);
  if (config.distinct) return distinct(config.distinct);
  if (config.spike) return spike(config.spike);
  if (config.absence) return absence(config.absence);
  if (config.expect) return expect(config.expect);
  if (config.sequence) return sequence(config.sequence);
  if (config.change) return change(config.change);
  return config.newValue ? newValue(config.newValue) : occurrence();
}
