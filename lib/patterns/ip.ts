// IP addresses in patterns: any spelling of an address becomes its hexadecimal digits, so that ranges compare as text.
import { type Place, show } from "../model/place.ts";
import { PatternError } from "./error.ts";
import type { Operator } from "./tree.ts";

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/;
/** As many hexadecimal digits has an IPv4 address. */
export const IPV4_DIGITS = 8;
const IPV4_IN_IPV6 = "00000000000000000000ffff";

/** 8 hexadecimal digits for an IPv4 address, 32 for IPv6, undefined for anything else; mapped IPv4 counts as IPv4. */
export function parseIp(text: string): string | undefined {
  if (text.length > 64) return undefined;
  if (IPV4.test(text)) return parseIpv4(text);
  if (!IPV6.test(text)) return undefined;
  const digits = parseIpv6(text);
  return digits?.startsWith(IPV4_IN_IPV6) ? digits.slice(IPV4_IN_IPV6.length) : digits;
}

function parseIpv4(text: string): string | undefined {
  if (text.length > 15) return undefined;
  const bytes = text.split(".").map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parseIpv6(text: string): string | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const groups = [...(head ?? []), ...(tail ?? [])];
  if (groups.some((group) => group === "" || Number.parseInt(group, 16) > 0xffff)) return undefined;
  if (halves.length === 1 ? groups.length !== 8 : groups.length > 7) return undefined;
  const zeros = Array<string>(8 - groups.length).fill("0");
  return [...(head ?? []), ...zeros, ...(tail ?? [])]
    .map((group) => group.slice(-4).padStart(4, "0").toLowerCase())
    .join("");
}

/** Parses `10.0.0.0/24` or `2001:db8::/32`; throws PatternError. */
export function parseCidr(value: unknown, path: Place): Operator {
  if (typeof value !== "string")
    throw new PatternError(path, `must be a range such as "10.0.0.0/24", not ${show(value)}`);
  const [address, mask, ...more] = value.split("/");
  if (address === undefined || mask === undefined || more.length > 0) {
    throw new PatternError(path, `must be an address, one "/" and the number of fixed bits, as "10.0.0.0/24"`);
  }
  const digits = parseIp(address);
  if (digits === undefined) throw new PatternError(path, `${show(address)} is no IPv4 or IPv6 address`);
  const bits = digits.length * 4;
  if (!/^\d+$/.test(mask) || Number(mask) >= bits) {
    throw new PatternError(
      path,
      `after "/" comes a number from 0 to ${bits - 1}; a single address is written as a plain value`,
    );
  }
  const free = BigInt(bits - Number(mask));
  const low = (BigInt(`0x${digits}`) >> free) << free;
  const high = low | ((1n << free) - 1n);
  return { op: "cidr", value, low: hex(low, digits.length), high: hex(high, digits.length) };
}

function hex(address: bigint, length: number): string {
  return address.toString(16).padStart(length, "0");
}
