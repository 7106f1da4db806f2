// What `lookout completion` prints works in the shells themselves: commands, options and choices, as they are.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { main } from "../../../lib/cli/main.ts";
import { folderWith } from "../../support/cli.ts";
import { keepingIo } from "../../support/io.ts";

const run = promisify(execFile);

async function scriptFor(shell: string): Promise<string> {
  const { io, written } = keepingIo();
  expect(await main(["completion", shell], io, "0.0.0")).toBe(0);
  return written().stdout;
}

const CASES: [sentence: string, line: string, found: string[], not: string[]][] = [
  ["commands", "lookout ", ["run", "status", "top", "silence", "completion"], ["preview", "--config"]],
  ["the beginning of a command", "lookout sil", ["silence"], ["status"]],
  ["a command's own commands", "lookout silence ", ["add", "preview", "list", "expire"], ["status"]],
  ["options", "lookout events --se", ["--severity"], ["--since", "--all"]],
  ["options of the command around it", "lookout silence add --co", ["--config", "--comment"], ["--console"]],
  ["an option's choices", "lookout alerts --severity ", ["critical", "error", "warning", "info"], ["normal"]],
  ["an argument's choices", "lookout completion ", ["bash", "zsh", "fish"], ["config"]],
  ["files, where an option takes one", "lookout status --config o", ["own file.yml"], ["status"]],
  ["files, where a command takes them", "lookout test o", ["own file.yml"], ["status"]],
];

/** Each asks the shell what it would offer for a line. */
const SHELLS: Record<string, (line: string) => string> = {
  bash: (
    line,
  ) => `source completion; COMP_LINE='${line}'; COMP_WORDS=(${wordsOf(line)}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1))
_lookout; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (line) => `compdef() { :; }; compadd() { while [[ "$1" != -- ]]; do shift; done; shift; print -l -- "$@"; }
_describe() { print -l -- "\${(@)found%%:*}"; }; _files() { print -l -- *(N); }; _message() { :; }
source completion; words=(${wordsOf(line)}); CURRENT=\${#words}; _lookout`,
  fish: (line) => `source completion; complete -C '${line}' | string replace -r '\\t.*' '' | string unescape`,
};

function wordsOf(line: string): string {
  return line
    .split(" ")
    .map((word) => `'${word}'`)
    .join(" ");
}

describe.each(Object.keys(SHELLS))("%s", (shell) => {
  const at = ["/usr/bin", "/bin"].map((folder) => join(folder, shell)).find((path) => existsSync(path));
  // Whoever has no such shell completes nothing with it.
  const without = at === undefined ? ` (${shell} is missing: apt-get install ${shell})` : "";

  it.skipIf(at === undefined && !process.env["CI"]).each(CASES)(`offers %s${without}`, async (_, line, found, not) => {
    const cwd = await folderWith({ completion: await scriptFor(shell), "own file.yml": "" });
    const { stdout, stderr } = await run(at!, ["-c", SHELLS[shell]!(line)], {
      cwd,
      env: { HOME: cwd, PATH: "/usr/bin:/bin" },
    });
    const typed = line.slice(line.lastIndexOf(" ") + 1);
    // zsh itself leaves out what does not begin with what is typed.
    const offered = stdout.split("\n").filter((word) => word.startsWith(typed));
    expect([stderr, offered]).toEqual(["", expect.arrayContaining(found)]);
    expect(offered.filter((word) => not.includes(word))).toEqual([]);
  });
});

it("no other shell is known", async () => {
  const { io, written } = keepingIo();
  expect(await main(["completion", "tcsh"], io, "0.0.0")).toBe(2);
  expect(written().stderr).toContain("bash, zsh, fish");
});
