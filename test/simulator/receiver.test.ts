// The stand-in for chats and pagers: whatever is sent to it, it goes on.
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../../lib/simulator/receiver.ts";

test("answers 404 where no channel sends to, also by the name of what every object has", async () => {
  const taken: string[] = [];
  const receiver = await startReceiver((type, body) => taken.push(`${type} ${body}`));
  onTestFinished(() => receiver.close());
  const post = async (type: string) => (await fetch(receiver.urlFor(type), { method: "POST", body: "a" })).status;
  expect([await post("fax"), await post("constructor"), await post("slack")]).toEqual([404, 404, 200]);
  expect(taken).toEqual(["fax a", "constructor a", "slack a"]);
});
