// Summaries and descriptions: Liquid templates over `event`, `alert` and `rule`, with limits and no code execution.
import { Liquid, type Template as LiquidTemplate } from "liquidjs";

const MAX_LENGTH = 4_000;
const liquid = new Liquid({
  strictFilters: true,
  strictVariables: false,
  ownPropertyOnly: true,
  relativeReference: false,
  parseLimit: 20_000,
  renderLimit: 50,
  memoryLimit: 1_000_000,
  // A template can name no file: there is nothing to include.
  fs: {
    exists: async () => false,
    existsSync: () => false,
    readFile: async () => "",
    readFileSync: () => "",
    resolve: (_root: string, file: string) => file,
  },
});

// A text is the same whenever it is rendered: the filter's own "now" would read the clock.
const date = liquid.filters["date"] as (this: unknown, value: unknown, ...rest: unknown[]) => unknown;
liquid.registerFilter("date", function (this: unknown, value: unknown, ...rest: unknown[]) {
  return value === "now" || value === "today" ? "" : date.call(this, value, ...rest);
});

export interface TemplateScope {
  event: unknown;
  alert: unknown;
  rule: unknown;
}

/** Renders to plain text, trimmed and cut to 4,000 characters. Throws what Liquid throws when a filter or limit fails. */
export type Template = (scope: TemplateScope) => string;

/** Parses a template; throws an Error with Liquid's message when it is not one. */
export function compileTemplate(text: string): Template {
  const parsed: LiquidTemplate[] = liquid.parse(text);
  return (scope) => {
    const rendered = String(liquid.renderSync(parsed, { ...scope })).trim();
    return rendered.length > MAX_LENGTH ? `${rendered.slice(0, MAX_LENGTH).toWellFormed()}…` : rendered;
  };
}
