// The commands that there are and what each takes. A command's own code is loaded when it is called.
import { Argument, Command } from "commander";
import { processEnvironment } from "../config/environment.ts";
import { LISTEN_FORM, listenAddress } from "../model/files/listen-address.ts";
import { type Io, UsageError } from "./io.ts";
import { SCHEMA_NAMES } from "./outputs/names.ts";
import { type Add, addActing, addLists, type End } from "./program-lists.ts";

/** `end` is given the exit code of the command that was called. */
export function createProgram(io: Io, version: string, end: End): Command {
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
  addActing(io, add, end);
  addTools(io, add, end);
  addStore(io, program, end);
  addStart(io, program, end);
  program
    .command("completion")
    .description("print what makes a shell complete commands, options and their choices")
    .addArgument(new Argument("<shell>", "whose").choices(["bash", "zsh", "fish"]))
    .exitOverride()
    .action(async (shell) => end((await import("./commands/completion.ts")).completionCommand(io, program, shell)));
  return program;
}

function addRunning(io: Io, add: Add, end: End): void {
  add("run", "poll, evaluate and notify until stopped")
    .option("--once", "one round: poll every source once, notify what is due, and report how it went")
    .option("--view", "on a terminal: show what is open and sent while it runs, as top does")
    .option("--console [address]", "serve the page for people on call, as on 127.0.0.1:8791", listenFrom)
    .action(async (options) => {
      const { runCommand, runOnceCommand } = await import("./commands/run.ts");
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
    .action(async (options) => end(await (await import("./commands/init.ts")).initCommand(io, options)));
}

/** What shows whether a configuration and its rules do what they should. */
function addTrying(io: Io, add: Add, end: End): void {
  add("check", "validate and lint the configuration")
    .option("--live", "also authenticate, name missing permissions and list the targets found")
    .action(async (options) => end(await (await import("./commands/check.ts")).checkCommand(io, options)));
  add("test <files...>", "run unit tests of rules: files with events and the alerts that they should open")
    .option("--junit <file>", "also write a JUnit report, as CI systems read it")
    .option("--coverage", "also list the rules that no test made open")
    .action(async (files, options) => end(await (await import("./commands/test.ts")).testCommand(io, files, options)));
  add("backtest", "who would have been notified: reads the past from the APIs, sends nothing, moves no cursor")
    .requiredOption("--since <duration>", "how far back: 30m, 2h, 7d …")
    .option("--rule <id>", "only one rule")
    .option("--compare <file>", "also run another configuration over the same past, and show the difference")
    .action(async (options) => end(await (await import("./commands/backtest.ts")).backtestCommand(io, options)));
}

function addTools(io: Io, add: Add, end: End): void {
  add("explain [id]", "why an event or alert was or was not notified, rule by rule")
    .option("--resource <id or name>", "every event of one resource")
    .option("--since <duration>", "with --resource: of the last 30m, 2h, 7d …", "1h")
    .option("--limit <number>", "with --resource: only the newest", "20")
    .option("--event <file>", "what would happen to this event: JSON in a file, or - for stdin")
    .option("--all", "every rule that did not match")
    .action(async (id, options) => end(await (await import("./commands/explain.ts")).explainCommand(io, id, options)));
  add("match", "filter events, one JSON per line from stdin, like grep")
    .requiredOption("--pattern <json>", "an event pattern")
    .action(async (options) => end(await (await import("./commands/match.ts")).matchCommand(io, options)));
  add("schema", "print the JSON Schema of lookout.yml, a file of rules or a *.test.yml, or of what --json prints")
    .addArgument(new Argument("[name]", "what it is of").choices(SCHEMA_NAMES).default("config"))
    .action(async (name) => end(await (await import("./commands/schema.ts")).schemaCommand(io, name)));
  add("simulate", "serve the simulated cloud APIs")
    .option("--port <number>", "0: any free port", "8790")
    .option("--seed <number>", "another seed, another day", "1")
    .option("--speed <factor>", "how much faster than in life incidents follow each other", "60")
    .option("--write <file>", "also write a configuration for it there, ready to run")
    .option("--force", "overwrite that file")
    .action(async (options, self) => {
      const portGiven = self.getOptionValueSource("port") !== "default";
      end(await (await import("./commands/simulate.ts")).simulateCommand(io, { ...options, portGiven }));
    });
  add("receive", "stand in for a chat or pager, and print what channels send there")
    .option("--port <number>", "0: any free port", "8792")
    .action(async (options, self) => {
      const portGiven = self.getOptionValueSource("port") !== "default";
      end(await (await import("./commands/receive.ts")).receiveCommand(io, { ...options, portGiven }));
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
    .action(async (options) => end(await (await import("./commands/store.ts")).storeCopyCommand(io, options)));
}

function addStart(io: Io, program: Command, end: End): void {
  program
    .command("start")
    .description("see it work: the simulated cloud, the example configuration and a view of what fires")
    .option("--for <seconds>", "stop after so many seconds")
    .exitOverride()
    .action(async (options) => end(await (await import("./commands/start.ts")).startCommand(io, options)));
}

/** Where the console is to listen. */
function listenFrom(text: string): string {
  if (listenAddress(text) !== undefined) return text;
  throw new UsageError(`--console ${text}: expected ${LISTEN_FORM}`);
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
