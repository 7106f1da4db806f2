// Finds the regular expressions written in a source file, and how their repetitions lie in each other.

export interface Literal {
  source: string;
  flags: string;
  /** What stands before it, as far as it shows how it is used. */
  before: string;
}

/** Where an expression can begin: after these a slash divides nothing. */
const LITERAL = /(?:[(,=:[!&|?{;]|\breturn|=>)\s*\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/g;

export function literalsIn(text: string): Literal[] {
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, "").replaceAll(/ \/\/ .*$/gm, "");
  return [...code.matchAll(LITERAL)].flatMap(({ 0: whole, 1: source = "", 2: flags = "", index }) => {
    if (source.startsWith("*")) return [];
    const before = code.slice(Math.max(0, index - 40), index) + whole.slice(0, whole.indexOf("/"));
    return [{ source, flags, before }];
  });
}

/** Whether something that repeats without end stands within something that does, as in `(a+)*`. */
export function nestsRepetition(source: string): boolean {
  const open: boolean[] = [false];
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    if (char === "\\") at++;
    else if (char === "[") at = endOfClass(source, at);
    else if (char === "(") open.push(false);
    else if (char === ")") {
      const repeats = open.pop()!;
      const outer = endless(source, at + 1);
      if (repeats && outer) return true;
      open[open.length - 1] ||= repeats || outer;
    } else if (endless(source, at) && source[at - 1] !== "(") open[open.length - 1] = true;
  }
  return false;
}

function endless(source: string, at: number): boolean {
  return /^(?:[*+]|\{\d+,\})/.test(source.slice(at, at + 12));
}

function endOfClass(source: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "]" || at >= source.length) return at;
  }
}

/** Whether the expression has alternatives. */
export function hasAlternatives(source: string): boolean {
  for (let at = 0; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "[") at = endOfClass(source, at);
    else if (source[at] === "|") return true;
  }
  return false;
}
