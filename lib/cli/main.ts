// The command line: which commands there are, what each takes, and how failure becomes an exit code.
import { Argument, Command, CommanderError, Option } from "commander";
import { Superseded } from "../app/persistence/superseded.ts";
import { ConfigError, formatFindings } from "../config/document/finding.ts";
import { processEnvironment } from "../config/environment.ts";
import { oneLine } from "../model/printable.ts";
import { LEVELS } from "../model/source-kinds.ts";
import { RowDamaged, StoreError, StoreGone } from "../store/port.ts";
import { wordsOf } from "./filters.ts";
import { createIo, DONE, type Io, REFUSED, type Screen, UsageError, WRONG } from "./io.ts";
import { SCHEMA_NAMES } from "./schema-names.ts";

const SEVERITIES = ["critical", "error", "warning", "info"];

/** Runs one command line (without node and script) and returns its exit code. Never throws. */
export async function main(argv: readonly string[], screen: Screen, version: string): Promise<number> {
  const io = createIo(screen);
  let code = DONE;
  const program = createProgram(io, version, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return failure(io, error);
  }
}

type End = (code: number) => void;
/** Adds a command with the options that every one has. */
type Add = (spec: string, description: string) => Command;

/** A command's own code is loaded when it is called. */
function createProgram(io: Io, version: string, end: End): Command {
  const output = { writeOut: (text: string) => io.out(text), writeErr: (text: string) => io.err(text) };
  const program = new Command("lookout");
  program
    .description("Serverless alerting for the cloud event APIs that only answer when asked.")
    .version(version)
    .exitOverride()
    .configureOutput(output)
    .showSuggestionAfterError();
  const add: Add = (spec, description) => {
    const made = program.command(spec).description(description).exitOverride().configureOutput(output);
    return made
      .option("--config <file>", "the configuration; default also LOOKOUT_CONFIG", named("--config"), ownConfig())
      .option("--state <file>", "an SQLite file that overrides the configured store", named("--state"))
      .option("--json", "for scripts: one document, or one per line for lists");
  };
  addInit(io, add, end);
  addRunning(io, add, end);
  addTrying(io, add, end);
  addLists(io, add, end);
  addDeliveries(io, add, end);
  addTools(io, add, end);
  addStore(io, program, end);
  addStart(io, program, end);
  program
    .command("completion")
    .description("print what makes a shell complete commands, options and their choices")
    .addArgument(new Argument("<shell>", "whose").choices(["bash", "zsh", "fish"]))
    .exitOverride()
    .action(async (shell) => end((await import("./completion.ts")).completionCommand(io, program, shell)));
  return program;
}

function addRunning(io: Io, add: Add, end: End): void {
  add("run", "poll, evaluate and notify until stopped")
    .option("--once", "one round: poll every source once, notify what is due, and report how it went")
    .option("--view", "on a terminal: show what is open and sent while it runs, as top does")
    .option("--console [address]", "serve the page for people on call, as on 127.0.0.1:8791")
    .action(async (options) => {
      const { runCommand, runOnceCommand } = await import("./run.ts");
      end(await (options.once ? runOnceCommand(io, options) : runCommand(io, options)));
    });
}

/** The first configuration. */
function addInit(io: Io, add: Add, end: End): void {
  add("init", "write a configuration to begin with: asks what it has to know, unless these options say it")
    .option("--cloud <cloud>", "otc or huaweicloud")
    .option("--region <region>", "such as eu-de")
    .option("--project <id or name>", "whose services, pools and jobs are watched")
    .option("--channel <type>", "where to notify you: slack, teams, feishu, pagerduty …")
    .option("--address <variable>", "the variable that holds the channel's address or key")
    .option("--force", "overwrite a file that is there already")
    .action(async (options) => end(await (await import("./init.ts")).initCommand(io, options)));
}

/** What shows whether a configuration and its rules do what they should. */
function addTrying(io: Io, add: Add, end: End): void {
  add("check", "validate and lint the configuration")
    .option("--live", "also authenticate, name missing permissions and list the targets found")
    .action(async (options) => end(await (await import("./check.ts")).checkCommand(io, options)));
  add("test <files...>", "run unit tests of rules: files with events and the alerts that they should open")
    .option("--junit <file>", "also write a JUnit report, as CI systems read it")
    .option("--coverage", "also list the rules that no test made open")
    .action(async (files, options) => end(await (await import("./test.ts")).testCommand(io, files, options)));
  add("backtest", "who would have been notified: reads the past from the APIs, sends nothing, moves no cursor")
    .requiredOption("--since <duration>", "how far back: 30m, 2h, 7d …")
    .option("--rule <id>", "only one rule")
    .option("--compare <file>", "also run another configuration over the same past, and show the difference")
    .action(async (options) => end(await (await import("./backtest.ts")).backtestCommand(io, options)));
}

function addLists(io: Io, add: Add, end: End): void {
  add("status", "the state of targets, connections, deliveries and the ledger").action(async (options) =>
    end(await (await import("./status.ts")).statusCommand(io, options)),
  );
  add("top", "what is open, how far the sources are read and what is sent, as it changes; q quits").action(
    async (options) => end(await (await import("./top.ts")).topCommand(io, options)),
  );
  filters(add("alerts", "open alerts, the most urgent first"), ["severity", "rule", "channel", "resource"])
    .addOption(among("--status", ["firing", "resolved"], "only those; resolved ones are listed too"))
    .option("--since <duration>", "only those that began in the last 30m, 2h, 7d …")
    .option("--all", "also those that have ended")
    .action(async (options) => end(await (await import("./lists.ts")).alertsCommand(io, options)));
  filters(add("events", "events that were seen"), ["rule", "resource"])
    .addOption(among("--severity", LEVELS, "only events of this level"))
    .option("--since <duration>", "only events of the last 30m, 2h, 7d …")
    .option("--source <kind or id>", "only events of one source")
    .option("--limit <number>", "only the newest")
    .action(async (options) => end(await (await import("./lists.ts")).eventsCommand(io, options)));
}

const FILTERS = {
  severity: () => among("--severity", SEVERITIES, "only this severity"),
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

function addDeliveries(io: Io, add: Add, end: End): void {
  const deliveries = add("deliveries", "notifications that were sent, are on their way, or are dead");
  filters(deliveries, ["severity", "rule", "channel", "resource"])
    .addOption(among("--status", ["pending", "delivered", "dead"], "only those that fare like this"))
    .option("--since <duration>", "only those of the last 30m, 2h, 7d …")
    .action(async (options) => end(await (await import("./lists.ts")).deliveriesCommand(io, options)));
  deliveries
    .command("drop <id>")
    .description("give up on a delivery")
    .exitOverride()
    .action(async (id, _options, self) =>
      end(await (await import("./deliveries.ts")).dropCommand(io, id, self.optsWithGlobals())),
    );
  add("redeliver [id]", "send a delivery again, under the same id")
    .option("--dead", "all dead ones")
    .action(async (id, options) => end(await (await import("./deliveries.ts")).redeliverCommand(io, id, options)));
  silenceCommands(add, io, end);
  add("ack <alert>", "take care of an alert: until it is resolved it is neither repeated nor escalated")
    .option("--by <name>", "who does; default: the user")
    .option("--undo", "nobody does any more")
    .action(async (id, options) => end(await (await import("./ack.ts")).ackCommand(io, id, options)));
  add("route", "which routes take an alert, to whom, and what holds it back: JSON, one per line from stdin")
    .option("--alert <id>", "one that is open or was")
    .action(async (options) => end(await (await import("./route.ts")).routeCommand(io, options)));
  add("send-test <channel>", "one real, marked notification through the whole delivery path").action(
    async (channel, options) => end(await (await import("./deliveries.ts")).sendTestCommand(io, channel, options)),
  );
}

function addTools(io: Io, add: Add, end: End): void {
  add("explain [id]", "why an event or alert was or was not notified, rule by rule")
    .option("--resource <id or name>", "every event of one resource")
    .option("--since <duration>", "with --resource: of the last 30m, 2h, 7d …", "1h")
    .option("--limit <number>", "with --resource: only the newest", "20")
    .option("--event <file>", "what would happen to this event: JSON in a file, or - for stdin")
    .option("--all", "every rule that did not match")
    .action(async (id, options) => end(await (await import("./explain.ts")).explainCommand(io, id, options)));
  add("match", "filter events, one JSON per line from stdin, like grep")
    .requiredOption("--pattern <json>", "an event pattern")
    .action(async (options) => end(await (await import("./match.ts")).matchCommand(io, options)));
  add("schema", "print the JSON Schema of lookout.yml, a file of rules or a *.test.yml, or of what --json prints")
    .addArgument(new Argument("[name]", "what it is of").choices(SCHEMA_NAMES).default("config"))
    .action(async (name) => end(await (await import("./schema.ts")).schemaCommand(io, name)));
  add("simulate", "serve the simulated cloud APIs")
    .option("--port <number>", "0: any free port", "8790")
    .option("--seed <number>", "another seed, another day", "1")
    .option("--speed <factor>", "how much faster than in life incidents follow each other", "60")
    .option("--write <file>", "also write a configuration for it there, ready to run")
    .option("--force", "overwrite that file")
    .action(async (options, self) => {
      const portGiven = self.getOptionValueSource("port") !== "default";
      end(await (await import("./simulate.ts")).simulateCommand(io, { ...options, portGiven }));
    });
  add("receive", "stand in for a chat or pager, and print what channels send there")
    .option("--port <number>", "0: any free port", "8792")
    .action(async (options, self) => {
      const portGiven = self.getOptionValueSource("port") !== "default";
      end(await (await import("./receive.ts")).receiveCommand(io, { ...options, portGiven }));
    });
}

function addStore(io: Io, program: Command, end: End): void {
  const store = program.command("store").description("the state itself").exitOverride();
  store
    .command("copy")
    .description("move the state to another store, while nothing runs: the other must be empty")
    .requiredOption("--from <file>", "an SQLite file, or a configuration (*.yml) whose store it is")
    .requiredOption("--to <file>", "likewise")
    .option("--json", "for scripts: one document")
    .exitOverride()
    .action(async (options) => end(await (await import("./store.ts")).storeCopyCommand(io, options)));
}

function addStart(io: Io, program: Command, end: End): void {
  program
    .command("start")
    .description("see it work: the simulated cloud, the example configuration and a view of what fires")
    .option("--for <seconds>", "stop after so many seconds")
    .exitOverride()
    .action(async (options) => end(await (await import("./start.ts")).startCommand(io, options)));
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
  for (const [name, description] of [
    ["add", "add a silence"],
    ["preview", "what such a silence would have held back in the last day"],
  ] as const) {
    sub(`${name} [what...]`, `${description}: ${about}`)
      .option("--match <json>", "a pattern over the alert, in place of matchers")
      .option("--duration <duration>", "how long it holds: 30m, 2h, 7d …")
      .option("--from <instant>", "when it begins; default: now")
      .option("--until <instant>", "when it ends")
      .option("--during <interval...>", "only in these timeIntervals")
      .option("--comment <text>", "why, for people")
      .option("--by <name>", "who adds it; default: the user")
      .action(async (what, _options, self) => {
        const { silenceAddCommand, silencePreviewCommand } = await import("./silence.ts");
        const run = name === "add" ? silenceAddCommand : silencePreviewCommand;
        end(await run(io, what, self.optsWithGlobals()));
      });
  }
  sub("list", "the silences that hold or will")
    .option("--all", "also those that are over")
    .action(async (_options, self) =>
      end(await (await import("./silence.ts")).silenceListCommand(io, self.optsWithGlobals())),
    );
  sub("expire <id>", "end a silence: what it held back is sent at once where it still fires").action(
    async (id, _options, self) =>
      end(await (await import("./silence.ts")).silenceExpireCommand(io, id, self.optsWithGlobals())),
  );
}

/** A file's name from the command line: an empty one is a variable that a script did not set. */
function named(option: string): (file: string) => string {
  return (file) => {
    if (file !== "") return file;
    throw new UsageError(`${option} "": expected the path of a file`);
  };
}

/** The file that commands read where none is named. */
function ownConfig(): string {
  return processEnvironment()["LOOKOUT_CONFIG"] || "lookout.yml";
}

function failure(io: Io, error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : REFUSED;
  if (error instanceof ConfigError) {
    io.err(`${formatFindings(error.findings, error.more)}\n`);
    return REFUSED;
  }
  if (error instanceof Superseded || error instanceof RowDamaged || error instanceof StoreGone) {
    io.err(`lookout: ${oneLine(error.message)}\n`);
    return WRONG;
  }
  if (error instanceof UsageError || error instanceof StoreError) {
    io.err(`lookout: ${oneLine(error.message)}\n`);
    return REFUSED;
  }
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === "uv_cwd") {
    io.err("lookout: the folder that it was started in is gone; change to one that exists\n");
    return REFUSED;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  io.err(
    `lookout: unexpected failure: ${oneLine(message)}\n${processEnvironment()["LOOKOUT_DEBUG"] ? `${stack}\n` : ""}`,
  );
  return WRONG;
}
