// The commands that list, with their filters, and those by which a person acts on what they list.
import { type Command, Option } from "commander";
import { LIST_WORDS } from "../app/queries/filters.ts";
import { wordsOf } from "./filters.ts";
import type { Io } from "./io.ts";

export type End = (code: number) => void;
/** Adds a command with the options that every one has. */
export type Add = (spec: string, description: string) => Command;

export function addLists(io: Io, add: Add, end: End): void {
  add("status", "the state of targets, connections, deliveries and the ledger")
    .option("--all", "every target, also where there are many")
    .action(async (options) => end(await (await import("./commands/status.ts")).statusCommand(io, options)));
  add("top", "what is open, how far the sources are read and what is sent, as it changes; q quits").action(
    async (options) => end(await (await import("./commands/top.ts")).topCommand(io, options)),
  );
  filters(add("alerts", "open alerts, the most urgent first"), ["severity", "rule", "channel", "resource"])
    .addOption(among("--status", LIST_WORDS.alerts.status, "only those; resolved ones are listed too"))
    .option("--since <duration>", "only those that began in the last 30m, 2h, 7d …")
    .option("--all", "also those that have ended")
    .action(async (options) => end(await (await import("./commands/lists.ts")).alertsCommand(io, options)));
  filters(add("events", "events that were seen"), ["rule", "resource"])
    .addOption(among("--severity", LIST_WORDS.events.severity, "only events of this level"))
    .option("--channel <name>", "only events that are part of an alert that goes to this channel")
    .addOption(among("--status", LIST_WORDS.events.status, "only events that are part of such an alert"))
    .option("--since <duration>", "only events of the last 30m, 2h, 7d …")
    .option("--source <kind or id>", "only events of one source")
    .option("--limit <number>", "only the newest")
    .action(async (options) => end(await (await import("./commands/lists.ts")).eventsCommand(io, options)));
}

const FILTERS = {
  severity: () => among("--severity", LIST_WORDS.alerts.severity, "only this severity"),
  rule: () => new Option("--rule <id>", "only what is of this rule"),
  channel: () => new Option("--channel <name>", "only what goes to this channel"),
  resource: () => new Option("--resource <id or name>", "only what is about this resource"),
};

function filters(command: Command, names: readonly (keyof typeof FILTERS)[]): Command {
  for (const name of names) command.addOption(FILTERS[name]());
  return command;
}

/** An option that takes one of those words, or several with commas between. */
function among(option: string, words: readonly string[], description: string): Option {
  const made = new Option(`${option} <${option.slice(2)}>`, description).choices(words);
  return made.argParser(wordsOf(option, words));
}

export function addActing(io: Io, add: Add, end: End): void {
  const deliveries = add("deliveries", "notifications that were sent, are on their way, or are dead");
  filters(deliveries, ["severity", "rule", "channel", "resource"])
    .addOption(among("--status", LIST_WORDS.deliveries.status, "only those that fare like this"))
    .option("--since <duration>", "only those of the last 30m, 2h, 7d …")
    .option("--limit <number>", "only the newest")
    .action(async (options) => end(await (await import("./commands/lists.ts")).deliveriesCommand(io, options)));
  deliveries
    .command("drop <id>")
    .description("give up on a delivery")
    .exitOverride()
    .action(async (id, _options, self) =>
      end(await (await import("./commands/deliveries.ts")).dropCommand(io, id, self.optsWithGlobals())),
    );
  add("redeliver [id]", "send a delivery again, under the same id")
    .option("--dead", "all dead ones")
    .action(async (id, options) =>
      end(await (await import("./commands/deliveries.ts")).redeliverCommand(io, id, options)),
    );
  silenceCommands(add, io, end);
  add("ack <alert>", "take care of an alert: until it is resolved it is neither repeated nor escalated")
    .option("--by <name>", "who does; default: the user")
    .option("--undo", "nobody does any more")
    .action(async (id, options) => end(await (await import("./commands/ack.ts")).ackCommand(io, id, options)));
  add("route", "which routes take an alert, to whom, and what holds it back: JSON, one per line from stdin")
    .option("--alert <id>", "one that is open or was")
    .action(async (options) => end(await (await import("./commands/route.ts")).routeCommand(io, options)));
  add("send-test <channel>", "one real, marked notification through the whole delivery path").action(
    async (channel, options) =>
      end(await (await import("./commands/deliveries.ts")).sendTestCommand(io, channel, options)),
  );
}

/** `silence add|preview|list|expire`. */
function silenceCommands(
  command: (spec: string, description: string) => Command,
  io: Io,
  end: (code: number) => void,
): void {
  const silence = command("silence", "hold notifications back for a while; nothing is lost");
  const sub = (spec: string, description: string) => silence.command(spec).description(description).exitOverride();
  const about = "rule=deploy-failed, labels.team!=ml, rule=~deploy-* …, or one alert's id";
  for (const [name, description, whole] of [
    ["add", "add a silence", ""],
    ["preview", "what such a silence would have held back in the last day", "; the last day is looked at whole"],
  ] as const) {
    sub(`${name} [what...]`, `${description}: ${about}`)
      .option("--match <json>", "a pattern over the alert, in place of matchers")
      .option("--duration <duration>", `how long it holds: 30m, 2h, 7d …${whole}`)
      .option(
        "--from <instant>",
        `when it begins, in the configuration's timezone unless it says another; default: now${whole}`,
      )
      .option("--until <instant>", `when it ends, likewise${whole}`)
      .option("--during <interval...>", "only in these timeIntervals")
      .option("--comment <text>", "why, for people")
      .option("--by <name>", "who adds it; default: the user")
      .action(async (what, _options, self) => {
        const { silenceAddCommand, silencePreviewCommand } = await import("./commands/silence.ts");
        const run = name === "add" ? silenceAddCommand : silencePreviewCommand;
        end(await run(io, what, self.optsWithGlobals()));
      });
  }
  sub("list", "the silences that hold or will")
    .option("--all", "also those that are over")
    .action(async (_options, self) =>
      end(await (await import("./commands/silence.ts")).silenceListCommand(io, self.optsWithGlobals())),
    );
  sub("expire <id>", "end a silence: what it held back is sent at once where it still fires").action(
    async (id, _options, self) =>
      end(await (await import("./commands/silence.ts")).silenceExpireCommand(io, id, self.optsWithGlobals())),
  );
}
