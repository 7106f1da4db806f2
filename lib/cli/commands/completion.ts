// `lookout completion SHELL`: prints what makes a shell complete commands, options and their choices, as they are here.
import type { Command, Option } from "commander";
import { DONE, type Io } from "../io.ts";

export type Shell = "bash" | "zsh" | "fish";

/** One word or words that say what may follow. */
interface Place {
  /** `silence add`; empty: the program itself. */
  path: string;
  commands: Described[];
  options: (Described & { takes: Value })[];
  /** What its arguments may be, where only some words are. */
  words: readonly string[];
  /** Its arguments are files. */
  files: boolean;
}

interface Described {
  name: string;
  description: string;
}

/** Nothing, one of some words, a file, or anything. */
type Value = "nothing" | "file" | "any" | readonly string[];

export function completionCommand(io: Io, program: Command, shell: Shell): number {
  const places = placesOf(program, "");
  io.out({ bash, zsh, fish }[shell](places));
  return DONE;
}

/** `above`: options of the commands around it, which it takes as well. */
function placesOf(command: Command, path: string, above: Place["options"] = []): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const own: Place = {
    path,
    commands: commands.map((one) => ({ name: one.name(), description: one.description() })),
    options: [...above, ...optionsOf(help.visibleOptions(command))],
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    files: command.registeredArguments.some((argument) => argument.name().startsWith("file") && !argument.argChoices),
  };
  const below = commands.filter((one) => one.name() !== "help");
  const inner = path === "" ? [] : own.options.filter(({ name }) => name !== "-h" && name !== "--help");
  return [own, ...below.flatMap((one) => placesOf(one, path === "" ? one.name() : `${path} ${one.name()}`, inner))];
}

function optionsOf(options: readonly Option[]): Place["options"] {
  return options.flatMap((option) => {
    const names = [option.short, option.long].filter((name) => name !== undefined);
    return names.map((name) => ({ name, description: option.description, takes: takenBy(option) }));
  });
}

function takenBy({ required, optional, argChoices, flags }: Option): Value {
  if (!required && !optional) return "nothing";
  if (argChoices !== undefined) return argChoices;
  return /<file>/.test(flags) ? "file" : "any";
}

function bash(places: readonly Place[]): string {
  return `# bash completion of lookout: source it, as in ~/.bashrc: source <(lookout completion bash)
_lookout() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "\${path:+$path }$word" in
${paths(places)
  .map((path) => `      ${quote(path)}) path=${quote(path)} ;;`)
  .join("\n")}
    esac
  done
  case "$path $prev" in
${places.flatMap(({ path, options }) => options.flatMap(({ name, takes }) => bashValue(`${path} ${name}`, takes))).join("\n")}
  esac
  case "$path" in
${places.map(bashPlace).join("\n")}
  esac
}
complete -F _lookout lookout
`;
}

function bashValue(where: string, takes: Value): string[] {
  if (takes === "nothing") return [];
  const reply = takes === "any" ? [] : [takes === "file" ? FILES : wordsReply(takes)];
  return [`    ${quote(where)}) ${[...reply, "return"].join("; ")} ;;`];
}

function bashPlace({ path, commands, options, words, files }: Place): string {
  const names = [...commands, ...options].map(({ name }) => name);
  const reply = [wordsReply([...words, ...names]), ...(files ? [`[[ "$cur" == -* ]] || ${FILES}`] : [])];
  return `    ${quote(path)}) ${reply.join("; ")} ;;`;
}

/** Works in the bash of macOS, too, which has no mapfile. */
function wordsReply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quote(words.join(" "))} -- "$cur"))`;
}

const FILES = `{ local IFS=$'\\n'; COMPREPLY+=($(compgen -f -- "$cur")); }`;

function zsh(places: readonly Place[]): string {
  return `#compdef lookout
# zsh completion of lookout: put it into a folder of $fpath as _lookout, or: source <(lookout completion zsh)
_lookout() {
  local path_="" word at
  for ((at = 2; at < CURRENT; at++)); do
    word="\${words[at]}"
    case "\${path_:+$path_ }$word" in
${paths(places)
  .map((path) => `      ${quote(path)}) path_=${quote(path)} ;;`)
  .join("\n")}
    esac
  done
  case "$path_ \${words[CURRENT-1]}" in
${places.flatMap(({ path, options }) => options.flatMap(({ name, takes }) => zshValue(`${path} ${name}`, takes))).join("\n")}
  esac
  local -a found
  case "$path_" in
${places.map(zshPlace).join("\n")}
  esac
  _describe lookout found
}
if [[ "$funcstack[1]" == _lookout ]]; then _lookout "$@"; else compdef _lookout lookout; fi
`;
}

function zshValue(where: string, takes: Value): string[] {
  if (takes === "nothing") return [];
  const act =
    takes === "file" ? "_files" : takes === "any" ? "_message value" : `compadd -- ${takes.map(quote).join(" ")}`;
  return [`    ${quote(where)}) ${act}; return ;;`];
}

function zshPlace({ path, commands, options, words, files }: Place): string {
  const all = [...words.map((name) => ({ name, description: "" })), ...commands, ...options];
  const found = all.map(({ name, description }) => quote(`${name}:${description.replaceAll(":", "\\:")}`));
  return `    ${quote(path)}) ${files ? "_files; " : ""}found=(${found.join(" ")}) ;;`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap((place) => {
    const here = `-n ${quote(`__lookout_at ${quote(place.path)}`)}`;
    return [
      ...place.words.map((word) => `complete -c lookout ${here} -a ${quote(word)}`),
      ...(place.files ? [`complete -c lookout ${here} -F`] : []),
      ...place.commands.map(
        ({ name, description }) => `complete -c lookout ${here} -a ${name} -d ${quote(description)}`,
      ),
      ...place.options.map(({ name, description, takes }) => {
        const flag = name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;
        return `complete -c lookout ${here} ${flag} -d ${quote(description)}${fishValue(takes)}`;
      }),
    ];
  });
  return `# fish completion of lookout: lookout completion fish > ~/.config/fish/completions/lookout.fish
function __lookout_at
  set -l path ""
  for word in (commandline -opc)[2..]
    set -l next (string trim -- "$path $word")
    contains -- "$next" ${paths(places).map(quote).join(" ")}; and set path $next
  end
  test "$path" = "$argv[1]"
end
complete -c lookout -f
${lines.join("\n")}
`;
}

function fishValue(takes: Value): string {
  if (takes === "nothing") return "";
  if (takes === "file") return " -r -F";
  return takes === "any" ? " -x" : ` -x -a ${quote(takes.join(" "))}`;
}

function paths(places: readonly Place[]): string[] {
  return places.flatMap(({ path }) => (path === "" ? [] : [path]));
}

/** One word for a shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
