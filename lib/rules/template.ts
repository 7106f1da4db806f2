// Texts that people write for their messages: Liquid templates with limits, no code, no files and no clock.
import { Context, Liquid, type Template as LiquidTemplate, Output, toValueSync } from "liquidjs";
import { tidy } from "./tidy.ts";

const MAX_LENGTH = 4_000;
/** Characters and list entries that a template may put together, what it throws away again included. */
const MEMORY = 1_000_000;
/**
 * Texts, values and tags that a template may come by, loops included. A count and no time: a busy
 * machine renders the same.
 */
const STEPS = 10_000;
/** Tags that would read files. Without them a template that has one is refused where it is written. */
const FILE_TAGS = ["include", "render", "layout", "block"];
const DATE_FILTERS = ["date", "date_to_xmlschema", "date_to_rfc822", "date_to_string", "date_to_long_string"];

type Filter = (this: unknown, value: unknown, ...rest: unknown[]) => unknown;

const engines = new Map<string, Liquid>();

function engineFor(timezone: string): Liquid {
  const known = engines.get(timezone);
  if (known !== undefined) return known;
  const liquid = createEngine(timezone);
  engines.set(timezone, liquid);
  return liquid;
}

function createEngine(timezone: string): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: false,
    ownPropertyOnly: true,
    parseLimit: 20_000,
    memoryLimit: MEMORY,
    // Neither the files nor the zone and language of the machine make a difference.
    templates: {},
    timezoneOffset: timezone,
    locale: "en-US",
    outputEscape: counted as (value: unknown) => string,
  });
  for (const tag of FILE_TAGS) delete liquid.tags[tag];
  // Liquid's own would take a text past the count.
  liquid.registerFilter("raw", (value: unknown) => value);
  liquid.registerFilter("tidy", (value: unknown) => (typeof value === "string" ? tidy(value) : value));
  for (const name of DATE_FILTERS) {
    const format = liquid.filters[name] as Filter;
    // A text is the same whenever it is rendered: the filters' own "now" would read the clock.
    liquid.registerFilter(name, function (this: unknown, value: unknown, ...rest: unknown[]) {
      return value === "now" || value === "today" ? "" : format.call(this, value, ...rest);
    });
  }
  return liquid;
}

/** Passes what is put out, and counts it: a text that doubles itself in a loop costs its field alone. */
function counted(this: { context: { memoryLimit: { use(count: number): void } } }, value: unknown): unknown {
  if (typeof value === "string") this.context.memoryLimit.use(value.length);
  return value;
}

type RenderLimit = Context["renderLimit"];

/** Stands in place of Liquid's own, which goes by the clock; it is asked at each step. */
function stepLimit(): RenderLimit {
  let steps = 0;
  const check = () => {
    if (++steps > STEPS) throw new Error("template render limit exceeded");
  };
  return { check, use: check } as unknown as RenderLimit;
}

/** What a template may name: the fields of an object, at its root. */
export type TemplateScope = Readonly<Record<string, unknown>>;

/** Renders to plain text, trimmed and cut. Throws what Liquid throws when a filter or limit fails. */
export type Template = (scope: TemplateScope) => string;

/**
 * Parses a template; throws an Error with Liquid's message when it is not one. Dates are shown in `timezone` (IANA
 * name) where the template names none. `length`: characters of the text, at most.
 */
export function compileTemplate(text: string, timezone = "UTC", length = MAX_LENGTH): Template {
  const liquid = engineFor(timezone);
  const parsed = liquid.parse(text);
  return (scope) => cutTo(length, String(liquid.renderSync(parsed, contextOf(liquid, scope))));
}

/** As compileTemplate; but a text that is one output alone gives that value as it is, such as a number or a list. */
export function compileValue(text: string, timezone: string, length = MAX_LENGTH): (scope: TemplateScope) => unknown {
  const liquid = engineFor(timezone);
  const parsed: LiquidTemplate[] = liquid.parse(text);
  const [only] = parsed;
  if (parsed.length !== 1 || !(only instanceof Output)) return compileTemplate(text, timezone, length);
  return (scope) => {
    const value: unknown = toValueSync(only.value.value(contextOf(liquid, scope), false));
    return typeof value === "string" ? cutTo(length, value) : (value ?? null);
  };
}

function contextOf(liquid: Liquid, scope: TemplateScope): Context {
  return new Context({ ...scope }, liquid.options, { sync: true }, { renderLimit: stepLimit(), liquid });
}

function cutTo(length: number, whole: string): string {
  if (whole.length > MEMORY) throw new Error("the text is too long");
  const rendered = whole.trim();
  return rendered.length > length ? `${rendered.slice(0, length).toWellFormed()}…` : rendered;
}
