// Text in which nothing is to be found keeps what people read: times, sentences, spaces.
import { expect, test } from "vitest";
import { apart } from "../../../lib/channels/message/apart.ts";

test.each([
  ["an address", "https://a.example/x", "https:|/|/|a.|example/|x"],
  ["a name", "@ada, root@host", "@|ada, root@|host"],
  ["a tag and a command", "#outage $AAPL /stop", "#|outage $|AAPL /|stop"],
  ["an address of numbers", "10.0.0.1:8080", "10.|0.|0.|1:8080"],
  ["a scheme before digits", "tel:112", "tel:|112"],
  ["a time", "2026-11-20 11:00:00 GMT+1", "2026-11-20 11:00:00 GMT+1"],
  ["a sentence", "Failed: pull the image. Then retry", "Failed: pull the image. Then retry"],
  ["an end, which may stand before anything", "evil.", "evil.|"],
])("%s", (_name, raw, written) => {
  expect(apart(raw).replaceAll("\u2060", "|")).toBe(written);
});
