// Where a configuration may come from, as people write it.
import { expect, test } from "vitest";
import { remotePlaceOf } from "../../../lib/aws/configuration/place.ts";

const PLACES: [string, object][] = [
  ["s3://team-config/lookout/prod.yml", { kind: "s3", bucket: "team-config", key: "lookout/prod.yml" }],
  ["ssm:/lookout/config", { kind: "ssm", name: "/lookout/config" }],
  ["ssm:lookout-config", { kind: "ssm", name: "lookout-config" }],
  [
    "appconfig:abc1234/def5678/ghi9012",
    { kind: "appconfig", application: "abc1234", environment: "def5678", profile: "ghi9012" },
  ],
];
test.each(PLACES)("%s is a place", (text, place) => {
  expect(remotePlaceOf(text)).toEqual(place);
});

test.each(["lookout.yml", ".build/lookout.json", "/etc/lookout.yml", ""])("%j is a file", (text) => {
  expect(remotePlaceOf(text)).toBeUndefined();
});

test.each(["s3://bucket", "s3:///key", "ssm:", "appconfig:My App/prod/main"])("%s is refused by its forms", (text) => {
  expect(() => remotePlaceOf(text)).toThrow(/is no place of a configuration: expected s3:\/\/BUCKET\/KEY, ssm:NAME/);
});
