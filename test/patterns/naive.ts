// An independent, slow interpreter of event patterns, to judge the compiled matcher by: it walks the JSON as it is.
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A value of the event and the arrays it lies in: array identity to index. */
interface Found {
  value: Json;
  chosen: Map<Json[], number>;
}

/** Whether the pattern (valid, small) matches the event, by trying every combination of array elements. */
export function naiveMatches(pattern: Json, event: Json): boolean {
  return expand(pattern as Record<string, Json>, "", [{}]).some((fields) => {
    const paths = Object.keys(fields).sort();
    return satisfiable(
      paths.map((path) => ({ path, list: fields[path] as Json[] })),
      event,
      new Map(),
    );
  });
}

function expand(object: Record<string, Json>, prefix: string, soFar: Record<string, Json>[]): Record<string, Json>[] {
  let all = soFar;
  for (const [key, value] of Object.entries(object)) {
    if (key === "$or") {
      const before = all;
      all = (value as Json[]).flatMap((branch) =>
        expand(
          branch as Record<string, Json>,
          prefix,
          before.map((f) => ({ ...f })),
        ),
      );
    } else if (Array.isArray(value)) all = all.map((fields) => ({ ...fields, [prefix + key]: value }));
    else all = expand(value as Record<string, Json>, `${prefix}${key}.`, all);
  }
  return all;
}

function satisfiable(fields: { path: string; list: Json[] }[], event: Json, chosen: Map<Json[], number>): boolean {
  const [first, ...rest] = fields;
  if (first === undefined) return true;
  const all: Found[] = [];
  collect(event, "", first.path, new Map(), all);
  const agreeing = all.filter((found) => [...found.chosen].every(([array, at]) => (chosen.get(array) ?? at) === at));
  if (agreeing.length === 0 && first.list.some(isAbsence) && satisfiable(rest, event, chosen)) return true;
  return agreeing.some(
    (found) =>
      first.list.some((entry) => accepts(entry, found.value)) &&
      satisfiable(rest, event, new Map([...chosen, ...found.chosen])),
  );
}

function isAbsence(entry: Json): boolean {
  return JSON.stringify(entry) === '{"exists":false}';
}

function collect(value: Json, at: string, path: string, chosen: Map<Json[], number>, into: Found[]): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      const deeper = typeof item === "object" && item !== null ? new Map([...chosen, [value, index] as const]) : chosen;
      collect(item, at, path, deeper, into);
    });
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value))
      collect(item, at === "" ? key : `${at}.${key}`, path, chosen, into);
  } else if (at === path) into.push({ value, chosen });
}

function accepts(entry: Json, value: Json): boolean {
  if (typeof entry === "string" && typeof value === "string" && sameAddress(entry, value)) return true;
  if (typeof entry !== "object" || entry === null) return entry === value;
  const [[name, operand] = ["", null]] = Object.entries(entry as Record<string, Json>);
  if (name === "exists") return operand === true;
  if (name === "anything-but") return !excluded(operand).some((other) => accepts(other, value));
  if (name === "numeric") return typeof value === "number" && numeric(operand as Json[], value);
  if (typeof value !== "string") return false;
  if (name === "cidr") return cidr(operand as string, value);
  if (name === "exactly") return operand === value;
  const inner = typeof operand === "object" ? (operand as Record<string, string>)["equals-ignore-case"] : undefined;
  const [text, word] = inner === undefined ? [value, operand as string] : [value.toLowerCase(), inner.toLowerCase()];
  if (name === "prefix") return text.slice(0, word.length) === word;
  if (name === "suffix") return word === "" || text.slice(-word.length) === word;
  if (name === "equals-ignore-case") return text.toLowerCase() === word.toLowerCase();
  if (name === "wildcard") return wildcard(word).test(text);
  throw new Error(`the interpreter does not know ${name}`);
}

function excluded(operand: Json): Json[] {
  const exact = (item: Json): Json => (typeof item === "string" ? { exactly: item } : item);
  if (typeof operand !== "object" || operand === null) return [exact(operand)];
  if (Array.isArray(operand)) return operand.map(exact);
  return Object.entries(operand).flatMap(([name, value]) => [value].flat().map((item) => ({ [name]: item as Json })));
}

function numeric(terms: Json[], value: number): boolean {
  for (let index = 0; index < terms.length; index += 2) {
    const bound = terms[index + 1] as number;
    const holds = {
      "=": value === bound,
      "<": value < bound,
      "<=": value <= bound,
      ">": value > bound,
      ">=": value >= bound,
    };
    if (!holds[terms[index] as keyof typeof holds]) return false;
  }
  return true;
}

function wildcard(text: string): RegExp {
  let source = "";
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "*") source += "[^]*";
    else {
      if (text[index] === "\\") index++;
      source += `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`;
    }
  }
  return new RegExp(`^${source}$`);
}

/** Digit by digit, until one lies between the two ends or the range has no more. */
function cidr(range: string, address: string): boolean {
  const [base = "", fixed] = range.split("/");
  const bits = bitsOf(base) ?? "";
  const [low, high] = ["0", "1"].map((fill) => hex(bits.slice(0, Number(fixed)).padEnd(bits.length, fill)));
  const digits = hex(bitsOf(address) ?? "");
  for (let index = 0, above = false, below = false; index < low!.length && !(above && below); index++) {
    const [digit, from, to] = [digits, low!, high!].map((text) => text.charAt(index)) as [string, string, string];
    if (digit === "" || (!above && digit < from) || (!below && digit > to)) return false;
    above ||= digit > from;
    below ||= digit < to;
  }
  return digits !== "";
}

/** The bits of an IPv4 address, or of an IPv6 address that leaves out its zeros. */
function bitsOf(address: string): string | undefined {
  const part = (text: string, radix: number, width: number) =>
    Number.parseInt(text, radix).toString(2).padStart(width, "0");
  if (/^(\d+\.){3}\d+$/.test(address))
    return address
      .split(".")
      .map((byte) => part(byte, 10, 8))
      .join("");
  if (!address.includes("::")) return undefined;
  const [head = "", tail = ""] = address.split("::").map((half) =>
    half
      .split(":")
      .map((group) => (group === "" ? "" : part(group, 16, 16)))
      .join(""),
  );
  return head + tail.padStart(128 - head.length, "0");
}

function hex(bits: string): string {
  return (bits.match(/.{4}/g) ?? []).map((four) => Number.parseInt(four, 2).toString(16)).join("");
}

function sameAddress(one: string, other: string): boolean {
  const bits = bitsOf(one);
  return bits !== undefined && (bitsOf(other)?.startsWith(bits) ?? false);
}
