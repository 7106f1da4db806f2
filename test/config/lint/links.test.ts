// Lint: links of connections that lead nowhere.
import { expect, test } from "vitest";
import { ALL, file, lint } from "./linting.ts";

const ID = "0123456789abcdef0123456789abcdef";
const linked = (links: string, sources = ALL) =>
  file({ connections: `{ prod: { cloud: otc, region: eu-de, projectId: ${ID}, links: ${links} } }`, sources });

test.each<[sentence: string, links: string, ...printed: string[]]>([
  ["a resource's page", '{ training-job: "https://c.example/#/{{ region }}/{{ project }}/{{ resource.id }}" }', ""],
  ["an address that is an output", '{ pool: "{{ connection }}://x" }', ""],
  [
    "a field that no resource has",
    '{ service: "https://c.example/{{ resource.nam }}" }',
    'lookout.yml:1:114: no resource has a field "nam"; did you mean "name"?',
  ],
  [
    "a name that links do not know",
    '{ service: "https://c.example/{{ alert.id }}" }',
    'lookout.yml:1:114: links know resource, region, project and connection, not "alert"',
  ],
  [
    "a field of a text",
    '{ service: "https://c.example/{{ region.name }}" }',
    'lookout.yml:1:114: no region has a field "name"',
  ],
  ["no address", '{ service: "c.example/{{ resource.id }}" }', "lookout.yml:1:114: this makes no http(s) address"],
  [
    "another kind of address",
    '{ service: "ftp://c.example/{{ resource.id }}" }',
    "lookout.yml:1:114: this makes no http(s) address",
  ],
  [
    "a type that no source has",
    '{ training: "https://c.example/{{ resource.id }}" }',
    'lookout.yml:1:105: no source of "prod" has resources of the type "training"',
  ],
])("%s", async (_sentence, links, ...printed) => {
  const lines = (await lint({ "lookout.yml": linked(links) })).split("\n");
  expect(lines.map((line, index) => line.slice(0, printed[index]?.length))).toEqual(printed);
});

test("any type may be named where a source polls the project itself", async () => {
  const sources = "[{ kind: cloud-eye-events }]";
  expect(await lint({ "lookout.yml": linked('{ ECS: "https://c.example/{{ resource.id }}" }', sources) })).toBe("");
});
