// Times that commands print for people are those of the configuration's time zone.
import { expect, it } from "vitest";
import { folderWith } from "../../support/cli.ts";
import { lookoutHere } from "../../support/in-process.ts";

const CONFIG = `timezone: Asia/Tokyo
connections: { p: { cloud: otc, region: eu-de, projectId: p } }
sources: [{ kind: training-events }]
rules: [{ id: any, when: { level: [error] } }]
channels: { out: { type: console } }
`;

it.each<[sentence: string, args: string[], said: RegExp]>([
  [
    "silence add says until when it holds",
    ["silence", "add", "rule=any", "--until", "2036-01-01T00:00:00Z"],
    /^Silence \w{8} holds until 2036-01-01 09:00:00 GMT\+9;/,
  ],
  ["silence list says from when and until when", ["silence", "list"], /2036-01-01 09:00:00 GMT\+9/],
  ["explain says since when nothing was seen", ["explain", "--resource", "none"], /since [-\d]+ [:\d]+ GMT\+9\.\n/],
])("%s", async (_sentence, args, said) => {
  const cwd = await folderWith({ "lookout.yml": CONFIG });
  const run = { cwd, env: { HW_ACCESS_KEY: "a", HW_SECRET_KEY: "b" } };
  await lookoutHere(["silence", "add", "rule=any", "--until", "2036-01-01T00:00:00Z"], run);
  const { stdout, stderr } = await lookoutHere(args, run);
  expect(stdout + stderr).toMatch(said);
});
