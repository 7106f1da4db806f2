// Patterns over single values: anything-but, numeric, exists, cidr and mixed lists, one sentence per case.
import { expect, test } from "vitest";
import { compilePattern } from "../../lib/patterns/pattern.ts";

type Case = [sentence: string, operators: unknown[], value: unknown, matches: boolean];

const ANYTHING_BUT: Case[] = [
  ["any other string will do", [{ "anything-but": "normal" }], "error", true],
  ["the string itself will not", [{ "anything-but": "normal" }], "normal", false],
  ["none of a list will do", [{ "anything-but": ["a", "b"] }], "b", false],
  ["what is outside the list will do", [{ "anything-but": ["a", "b"] }], "c", true],
  ["a number is none of the strings", [{ "anything-but": "5" }], 5, true],
  ["a string is none of the numbers", [{ "anything-but": 5 }], "5", true],
  ["the number itself will not do", [{ "anything-but": [5, 6] }], 6, false],
  ["the number in another spelling will not do", [{ "anything-but": 100 }], 1e2, false],
  ["null is another value", [{ "anything-but": "a" }], null, true],
  ["a boolean is another value", [{ "anything-but": [1, 2] }], false, true],
  ["absence is no value", [{ "anything-but": "a" }], undefined, false],
  ["a string that has the prefix will not do", [{ "anything-but": { prefix: "test-" } }], "test-1", false],
  ["a string without the prefix will do", [{ "anything-but": { prefix: "test-" } }], "prod-1", true],
  ["none of several prefixes", [{ "anything-but": { prefix: ["a", "b"] } }], "bc", false],
  ["a number has no prefix", [{ "anything-but": { prefix: "5" } }], 55, true],
  ["a string that has the suffix will not do", [{ "anything-but": { suffix: ".tmp" } }], "x.tmp", false],
  ["none of several suffixes", [{ "anything-but": { suffix: [".a", ".b"] } }], "x.c", true],
  ["case does not count inside", [{ "anything-but": { "equals-ignore-case": "no" } }], "NO", false],
  ["none of several without case", [{ "anything-but": { "equals-ignore-case": ["no", "off"] } }], "on", true],
  ["a string that fits the wildcard will not do", [{ "anything-but": { wildcard: "*/bin/*" } }], "a/bin/b", false],
  ["none of several wildcards", [{ "anything-but": { wildcard: ["a*", "*z"] } }], "mz", false],
  ["what fits no wildcard will do", [{ "anything-but": { wildcard: ["a*", "*z"] } }], "m", true],
  ["an address is excluded as it is written only", [{ "anything-but": "::1" }], "0:0:0:0:0:0:0:1", true],
  ["two exclusions in one list exclude nothing", [{ "anything-but": "a" }, { "anything-but": "b" }], "a", true],
];

const NUMERIC: Case[] = [
  ["equal", [{ numeric: ["=", 5] }], 5, true],
  ["equal in another spelling", [{ numeric: ["=", 301.8] }], 3.018e2, true],
  ["not equal", [{ numeric: ["=", 5] }], 5.000001, false],
  ["greater", [{ numeric: [">", 0] }], 0.000001, true],
  ["not greater than itself", [{ numeric: [">", 0] }], 0, false],
  ["at least itself", [{ numeric: [">=", 0] }], 0, true],
  ["less", [{ numeric: ["<", 0] }], -1, true],
  ["not less than itself", [{ numeric: ["<", 0] }], 0, false],
  ["at most itself", [{ numeric: ["<=", -2.5] }], -2.5, true],
  ["inside a range", [{ numeric: [">", 0, "<=", 5] }], 5, true],
  ["at the open end of a range", [{ numeric: [">", 0, "<", 5] }], 5, false],
  ["below a range", [{ numeric: [">=", 1, "<", 5] }], 0, false],
  ["a string of digits is no number", [{ numeric: [">", 0] }], "5", false],
  ["true is no number", [{ numeric: [">=", 0] }], true, false],
  ["null is no number", [{ numeric: ["<=", 0] }], null, false],
  ["milliseconds since 1970", [{ numeric: [">=", 1_795_000_000_000] }], 1_795_168_800_123, true],
  ["the largest number of all", [{ numeric: [">", 0] }], Number.MAX_VALUE, true],
  ["the lowest number of all", [{ numeric: ["<=", 0] }], -Number.MAX_VALUE, true],
  ["the smallest number above zero", [{ numeric: [">", 0] }], Number.MIN_VALUE, true],
  ["a bound with an exponent", [{ numeric: [">", 1e20, "<", 1e22] }], 1e21, true],
  ["neighbours that differ in the last bit", [{ numeric: [">", 0.3] }], 0.1 + 0.2, true],
  ["neighbours at the end of a range", [{ numeric: [">", 0, "<=", 0.3] }], 0.1 + 0.2, false],
  ["all digits count when equal", [{ numeric: ["=", 37.807807921694] }], 37.807807921694092, false],
  ["all digits count when excluded", [{ "anything-but": [1e-7] }], 1.0000001e-7, true],
  ["a large number is excluded", [{ "anything-but": 123456789012 }], 123456789012, false],
];

const EXISTS: Case[] = [
  ["a string exists", [{ exists: true }], "", true],
  ["null exists", [{ exists: true }], null, true],
  ["false exists", [{ exists: true }], false, true],
  ["a missing field does not exist", [{ exists: true }], undefined, false],
  ["an object is no value", [{ exists: true }], { a: 1 }, false],
  ["an empty list holds no value", [{ exists: true }], [], false],
  ["a missing field is absent", [{ exists: false }], undefined, true],
  ["a present field is not absent", [{ exists: false }], 0, false],
  ["null is not absent", [{ exists: false }], null, false],
  ["an object is absent as a value", [{ exists: false }], { a: 1 }, true],
  ["absent or a value: absent", [{ exists: false }, "a"], undefined, true],
  ["absent or a value: the value", [{ exists: false }, "a"], "a", true],
  ["absent or a value: another value", [{ exists: false }, "a"], "b", false],
];

const CIDR: Case[] = [
  ["an address in the range", [{ cidr: "10.0.0.0/24" }], "10.0.0.77", true],
  ["the first address", [{ cidr: "10.0.0.0/24" }], "10.0.0.0", true],
  ["the last address", [{ cidr: "10.0.0.0/24" }], "10.0.0.255", true],
  ["the next address", [{ cidr: "10.0.0.0/24" }], "10.0.1.0", false],
  ["the range may be named by any of its addresses", [{ cidr: "10.0.0.99/24" }], "10.0.0.1", true],
  ["every IPv4 address", [{ cidr: "0.0.0.0/0" }], "255.255.255.255", true],
  ["an IPv6 address in the range", [{ cidr: "2001:db8::/32" }], "2001:DB8:ffff::1", true],
  ["an IPv6 address outside", [{ cidr: "2001:db8::/32" }], "2001:db9::", false],
  ["an IPv6 range that ends inside a group", [{ cidr: "fe80::/10" }], "febf:ffff::", true],
  ["an IPv6 address counts by its first 32 bits in an IPv4 range", [{ cidr: "10.0.0.0/24" }], "a00:12::1", true],
  ["an IPv6 address that begins otherwise is in no IPv4 range", [{ cidr: "10.0.0.0/24" }], "a00:112::1", false],
  ["any address is in the IPv4 range of all", [{ cidr: "0.0.0.0/0" }], "fe80::1", true],
  ["an IPv4 address lies between the first bits of an IPv6 range's ends", [{ cidr: "a00::/8" }], "10.0.0.1", true],
  ["an IPv4 address that is such an end is not between them", [{ cidr: "a00:1::/33" }], "10.0.0.1", false],
  ["nor is the first one of a wide range", [{ cidr: "a00::/8" }], "10.0.0.0", false],
  ["an IPv4 address outside an IPv6 range", [{ cidr: "2001:db8::/32" }], "10.0.0.1", false],
  ["an address with leading zeros", [{ cidr: "10.0.0.0/24" }], "010.000.0.09", true],
  ["text that is no address", [{ cidr: "10.0.0.0/24" }], "10.0.0", false],
  ["a number is no address", [{ cidr: "10.0.0.0/24" }], 10, false],
];

const LISTS: Case[] = [
  ["one entry of a mixed list: the prefix", ["a", { prefix: "b" }, { numeric: [">", 5] }], "bc", true],
  ["one entry of a mixed list: the number", ["a", { prefix: "b" }, { numeric: [">", 5] }], 6, true],
  ["no entry of a mixed list", ["a", { prefix: "b" }, { numeric: [">", 5] }], "c", false],
  ["any element of a list in the event will do", ["b"], ["a", "b"], true],
  ["no element of a list in the event", ["c"], ["a", "b"], false],
  ["anything-but holds as soon as one element is other", [{ "anything-but": "a" }], ["a", "b"], true],
  ["lists in lists are looked into", ["c"], [["a"], [["c"]]], true],
];

test.each([...ANYTHING_BUT, ...NUMERIC, ...EXISTS, ...CIDR, ...LISTS])(
  "%s: %j on %j is %s",
  (_, operators, value, matches) => {
    const event = value === undefined ? { other: 1 } : { field: value };
    expect(compilePattern({ field: operators }).matches(event)).toBe(matches);
  },
);
