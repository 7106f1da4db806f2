// Reads a Dockerfile into its stages, as far as the tests ask for them.

export interface Stage {
  /** The image that it begins with. */
  base: string;
  name: string | undefined;
  instructions: { word: string; rest: string }[];
}

export function readStages(text: string): Stage[] {
  const lines = text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, word = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (word === "FROM") {
      const [base = "", , name] = rest.split(/\s+/);
      stages.push({ base, name, instructions: [] });
    } else stages.at(-1)!.instructions.push({ word, rest });
  }
  return stages;
}
