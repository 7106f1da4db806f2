// The documents say what is: links lead somewhere, files and commands that they name exist,
// configurations pass the check.
import { existsSync, globSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { channelTypes } from "../../lib/channels/registry.ts";
import { main } from "../../lib/cli/main.ts";
import { ConfigFile } from "../../lib/model/files/config-file.ts";
import { SOURCE_KINDS } from "../../lib/model/source-kinds.ts";
import { folderWith } from "../support/cli.ts";
import { ioTo } from "../support/io.ts";
import { type Page, ROOT, readPage, readPages } from "./markdown.ts";

const pages = readPages();

/** Runs a command line in this process. */
async function run(...args: string[]): Promise<{ code: number; output: string }> {
  let output = "";
  const write = (text: string) => {
    output += text;
  };
  const code = await main(args, ioTo(write, write), "0.0.0");
  return { code, output };
}

it("every relative link leads to a file, and to a heading where it names one", () => {
  const broken = pages.flatMap((page) => page.links.filter((link) => !leadsSomewhere(page, link)).map(at(page)));
  expect(broken).toEqual([]);
});

it("every file of the checkout that is named is there", () => {
  const missing = pages.flatMap((page) => page.spans.filter((span) => isPath(span) && !isThere(span)).map(at(page)));
  expect(missing).toEqual([]);
});

it("the README's tables name every source, rule pack and channel", () => {
  const rows = readPage("README.md")
    .text.match(/^\| .*$/gm)!
    .join("\n");
  const packs = globSync("*/*.yml", { cwd: join(ROOT, "rules"), exclude: ["*/*.examples.yml"] });
  const parts = packs.map((file) => /(\w+)\.yml$/.exec(file)![1]!);
  expect(parts.length).toBeGreaterThan(5);
  for (const name of [...SOURCE_KINDS, ...channelTypes.keys()]) expect(rows).toContain(`\`${name}\``);
  for (const name of parts) expect(rows).toMatch(new RegExp(`[\`/]${name}\``));
});

describe("every channel has a page", () => {
  const linked = readPage("docs/channels.md").links;

  it.each([...channelTypes])("%s: linked from docs/channels.md, with each of its options", (type, { options }) => {
    expect(linked).toContain(`channels/${type}.md`);
    const page = readPage(`docs/channels/${type}.md`);
    const { properties = {} } = z.toJSONSchema(options, { io: "input", unrepresentable: "any" });
    const known = [...page.spans, ...page.fences.flatMap(({ code }) => code.match(/\w+(?=:)/g) ?? [])];
    expect(Object.keys(properties).filter((name) => !known.includes(name))).toEqual([]);
    expect(page.fences.some(({ language, code }) => language === "yaml" && code.includes(`type: ${type}`))).toBe(true);
  });

  it.each([...channelTypes.keys()])("%s: with a picture of its messages, small and described", (type) => {
    const picture = `docs/channels/${type}.png`;
    expect(readPage(`docs/channels/${type}.md`).text).toMatch(new RegExp(`^!\\[\\w.{20,}\\]\\(${type}\\.png\\)$`, "m"));
    expect(existsSync(join(ROOT, picture)), `npm run pictures ${type}`).toBe(true);
    expect(statSync(join(ROOT, picture)).size).toBeLessThan(60_000);
  });
});

describe("commands", () => {
  const named = pages.flatMap((page) => {
    return [...codeOf(page).matchAll(/(?<![\w/.-]|-u |exec )lookout ([a-z][a-z-]*)((?: +[^\s|`]+)*)/g)].map((match) => {
      const [line, command = "", rest = ""] = match;
      const name = [command, ...(rest.match(/^ +[a-z]+(?= |$)/)?.map((word) => word.trim()) ?? [])];
      return { where: `${page.path}: ${line}`, command, name, options: rest.match(/(?<= )--[a-z-]+/g) ?? [] };
    });
  });
  const help = new Map<string, string>();
  beforeAll(async () => {
    for (const { name } of named) {
      // Of `silence add`, what both say; a word that is no command of its own changes nothing.
      const key = name.join(" ");
      if (!help.has(key)) help.set(key, (await run(name[0]!, "--help")).output + (await run(...name, "--help")).output);
    }
  });

  it("every command that is named is one, and takes the options it is named with", async () => {
    const all = (await run("--help")).output;
    expect(named.length).toBeGreaterThan(30);
    const unknown = named.filter(({ command, name, options }) => {
      if (!new RegExp(`^  ${command}\\b`, "m").test(all)) return true;
      return options.some((option) => !new RegExp(` ${option}\\b`).test(help.get(name.join(" "))!));
    });
    expect(unknown.map(({ where }) => where)).toEqual([]);
  });
});

describe("configurations", () => {
  const base = {
    connections: { prod: { cloud: "otc", region: "eu-de", projectId: "0123456789abcdef0123456789abcdef" } },
    sources: ["service-events", "service-updates", "pool-events", "training-events", "cloud-eye-events"].map((kind) => {
      return { kind };
    }),
    rules: [{ id: "any", when: { level: ["error"] } }],
    channels: { chat: { type: "feishu", url: "${env:CHAT_URL}" } },
  };
  const blocks = pages.flatMap(({ path, fences }) =>
    fences.filter(({ language }) => language === "yaml").map(({ code }, index) => ({ path, index: index + 1, code })),
  );
  const isWhole = (code: string) => /^connections:/m.test(code);
  const isTest = (code: string) => /^tests:/m.test(code);

  it.each(blocks.filter(({ code }) => isWhole(code)))(
    "$path, block $index is complete: `check` finds nothing",
    async ({ code }) => {
      expect(await check(code)).toEqual({ code: 0, output: expect.stringContaining("is valid") });
    },
  );

  it.each(blocks.filter(({ code }) => isTest(code)))(
    "$path, block $index is a test that passes",
    async ({ path, code }) => {
      const config = blocks.find((block) => block.path === path && isWhole(block.code))?.code ?? "";
      const folder = await folderWith({ "lookout.yml": config, "a.test.yml": code });
      expect(await run("test", join(folder, "a.test.yml"))).toEqual({
        code: 0,
        output: expect.stringContaining(" 0 failed"),
      });
    },
  );

  it.each(blocks.filter(({ code }) => !isWhole(code) && !isTest(code)))(
    "$path, block $index is valid as a part of one",
    async ({ code }) => {
      const { code: exit, output } = await check(stringify({ ...base, ...partsOf(parse(code)) }));
      expect(exit, output).not.toBe(2);
    },
  );

  /** Puts what stands alone in a document where it belongs. */
  function partsOf(parts: Record<string, unknown>): object {
    const { when, auth, ...rest } = parts;
    expect(Object.keys(rest).filter((key) => !Object.hasOwn(ConfigFile.shape, key))).toEqual([]);
    return {
      ...(when === undefined ? {} : { rules: [{ id: "snippet", when }] }),
      ...(auth === undefined ? {} : { connections: { prod: { ...base.connections.prod, auth } } }),
      ...rest,
    };
  }

  /** `lookout check` with every variable set that the text names. */
  async function check(text: string): Promise<{ code: number; output: string }> {
    const file = join(await folderWith({ "lookout.yml": text }), "lookout.yml");
    const named = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = ""]) => name);
    for (const name of ["HW_ACCESS_KEY", "HW_SECRET_KEY", ...named]) vi.stubEnv(name, "https://chat.example/hook");
    try {
      return await run("check", "--config", file);
    } finally {
      vi.unstubAllEnvs();
    }
  }
});

function at({ path }: Page): (what: string) => string {
  return (what) => `${path}: ${what}`;
}

function codeOf({ fences, spans }: Page): string {
  return [...fences.map(({ code }) => code), ...spans].join("\n");
}

function leadsSomewhere(page: Page, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return true;
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page.path : normalize(join(dirname(page.path), file));
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || pages.some(({ path, anchors }) => path === target && anchors.includes(anchor));
}

const ROOMS = "app|alerts|aws|channels|cli|config|local|model|patterns|rules|simulator|sources|store";
/** A place in the checkout: from its top, or (as architecture.md has them) a file of a room of `lib/`. */
function isPath(span: string): boolean {
  const places = `(lib|test|docs|bench|functions|events|deploy|\\.ci)/[\\w./*-]*|(${ROOMS})/[\\w./*-]+\\.ts`;
  return new RegExp(`^(${places})$`).test(span);
}

function isThere(path: string): boolean {
  return [path, join("lib", path)].some((place) => globSync(place, { cwd: ROOT }).length > 0);
}
