// What people see of a body in each receiver's dialect: the text, and what the dialect made of it. Generous readers:
// what any client of the dialect might take for markup is markup.

/** A body as it is shown. */
export interface Shown {
  /** Without markup, as people read it. */
  text: string;
  links: string[];
  mentions: string[];
  images: string[];
  /** Bold and the like, headings, quotes, lists, code: its kind and its text. */
  styles: [kind: string, text: string][];
}

type Kind = "links" | "mentions" | "images" | (string & {});

function isTarget(kind: Kind): kind is "links" | "mentions" | "images" {
  return kind === "links" || kind === "mentions" || kind === "images";
}

function nothing(): Shown {
  return { text: "", links: [], mentions: [], images: [], styles: [] };
}

function joined(parts: readonly Shown[], by: string): Shown {
  return {
    text: parts.map(({ text }) => text).join(by),
    links: parts.flatMap(({ links }) => links),
    mentions: parts.flatMap(({ mentions }) => mentions),
    images: parts.flatMap(({ images }) => images),
    styles: parts.flatMap(({ styles }) => styles),
  };
}

/** An inline form: what it is, and which groups of its match are the target and the text. */
type Form = readonly [form: RegExp, kind: Kind, target?: number];

/** Addresses that clients make links of by themselves. */
const BARE: Form[] = [
  [/[a-z][a-z0-9+.-]{1,20}:\/\/[^\s<>]+/iu, "links"],
  [/(?:mailto|tel|javascript|data):[\p{L}\p{N}+/][^\s<>]*/iu, "links"],
  [/(?<![\p{L}\p{N}])\/\/[\p{L}\p{N}\u2060][^\s<>]*/u, "links"],
  [/[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*/u, "links"],
  [/(?<![\p{L}\p{N}.-])(?:[\p{L}\p{N}-]+\.)+[a-z]{2,24}(?![\p{L}\p{N}-])/iu, "links"],
];
const SPANS: Form[] = [
  [/```([\s\S]+?)```/u, "code"],
  [/`([^`\n]+)`/u, "code"],
  [/\*\*([^*\n]+)\*\*/u, "strong"],
  [/\*([^*\n]+)\*/u, "strong"],
  [/__?([^_\n]+)__?/u, "emphasis"],
  [/~~?([^~\n]+)~~?/u, "strike"],
];
const MARKDOWN: Form[] = [
  [/!\[([^\]]*)\]\(([^)\s]*)[^)]*\)/u, "images", 2],
  [/\[([^\]]+)\]\(([^)\s]*)[^)]*\)/u, "links", 2],
  [/<((?:[a-z][a-z0-9+.-]*:|[^\s<>@]+@)[^\s<>]*)>/iu, "links"],
  [/<@([^>\s]+)>/u, "mentions"],
  [/<at\b[^>]*>(?:[^<]*<\/at>)?/iu, "mentions"],
  [/<\/?[a-z][^<>]*>/iu, "html"],
  [/&(?:#x?[0-9a-f]+|[a-z]{2,8});/iu, "entity"],
  [/\\[!-/:-@[-`{-~]/u, "escape"],
  [/\[[\p{L}\p{N}]{1,10}\]/u, "emoji"],
  [/:[a-z0-9_+-]{2,30}:/iu, "emoji"],
  [/@[\p{L}\p{N}]+/u, "mentions"],
  ...BARE,
  ...SPANS,
];
const MRKDWN: Form[] = [
  [/<!([^>]+)>/u, "mentions"],
  [/<[@#]([^>]+)>/u, "mentions"],
  [/<([^>|]+)(?:\|[^>]*)?>/u, "links"],
  [/&(?:amp|lt|gt);/u, "entity"],
  [/:[a-z0-9_+-]{2,30}:/iu, "emoji"],
  [/[@#][\p{L}\p{N}]+/u, "mentions"],
  ...BARE,
  ...SPANS,
];

function inline(text: string, forms: readonly Form[]): Shown {
  let first: { match: RegExpExecArray; kind: Kind; target: number | undefined } | undefined;
  for (const [form, kind, target] of forms) {
    const match = form.exec(text);
    if (match && (first === undefined || match.index < first.match.index)) first = { match, kind, target };
  }
  if (first === undefined) return { ...nothing(), text };
  const { match, kind, target } = first;
  const said = target === undefined ? (match[1] ?? match[0]) : match[1]!;
  const own = nothing();
  if (isTarget(kind)) own[kind].push(match[target ?? 0]!);
  else own.styles.push([kind, said]);
  const inner =
    kind === "strong" || kind === "links" ? inline(said, kind === "strong" ? forms : []) : { ...nothing(), text: said };
  const before = { ...nothing(), text: text.slice(0, match.index) };
  const after = inline(text.slice(match.index + match[0].length), forms);
  return joined([before, own, inner, after], "");
}

const BLOCKS: [form: RegExp, kind: string][] = [
  [/^\s{0,3}#{1,6}\s*(.*)$/u, "heading"],
  [/^\s{0,3}>\s?(.*)$/u, "quote"],
  [/^\s{0,3}(?:[-+*]\s*){3,}$/u, "rule"],
  [/^\s{0,3}(?:_\s*){3,}$/u, "rule"],
  [/^\s{0,3}=+\s*$/u, "heading"],
  [/^\s{0,3}-+\s*$/u, "heading"],
  [/^\s{0,3}(?:[-+*]|\d+[.)])(?:\s+(.*))?$/u, "list"],
  [/^(?: {4}|\t)(.*)$/u, "code"],
  [/^\s*\|?(?:\s*:?-+:?\s*\|)+/u, "table"],
  [/^\s*(?:```|~~~)(.*)$/u, "code"],
];

function lines(text: string, forms: readonly Form[]): Shown {
  const shown = text.split("\n").map((line) => {
    const block = BLOCKS.find(([form]) => form.test(line));
    if (block === undefined) return inline(line.trimEnd(), forms);
    const said = block[0].exec(line)![1] ?? "";
    const { styles, ...rest } = inline(said, forms);
    return { ...rest, styles: [[block[1], said] as [string, string], ...styles] };
  });
  return joined(shown, "\n");
}

/** Markdown as DingTalk, WeCom, Feishu's lark_md and Adaptive Cards' TextBlock read parts of it. */
export function markdown(text: string): Shown {
  return lines(text, MARKDOWN);
}

/** Slack's. */
export function mrkdwn(text: string): Shown {
  return lines(text, MRKDWN);
}

// biome-ignore lint/suspicious/noExplicitAny: any receiver's body
type Body = any;

function slack(body: Body): Shown {
  const all = [...body.blocks, ...(body.attachments ?? []).flatMap(({ blocks }: Body) => blocks)];
  const aside = mrkdwn(body.text);
  // The text beside the blocks is what screen readers and notifications have: nothing in it may be
  // more than text either.
  return joined([...all.map(slackBlock), { ...aside, text: "" }], "\n");
}

function slackBlock(block: Body): Shown {
  const { type, elements } = block;
  if (type === "rich_text")
    return joined(
      elements.flatMap((section: Body) => section.elements.map(richText)),
      "",
    );
  if (type === "actions") {
    return joined(
      elements.map(({ text, url }: Body) => ({ ...slackText(text), links: [url] })),
      " ",
    );
  }
  return joined((elements ?? [block.text]).map(slackText), "\n");
}

/** Clients make links of addresses in plain text, and of names of emoji where they are asked to. */
function slackText({ type, text, emoji }: Body): Shown {
  if (type === "mrkdwn") return mrkdwn(text);
  return inline(text, emoji === false ? BARE : MRKDWN);
}

function richText({ type, text = "", url, style = {} }: Body): Shown {
  const styles = Object.keys(style).map((kind): [string, string] => [kind === "bold" ? "strong" : kind, text]);
  if (type === "text") return { ...nothing(), text, styles };
  if (type === "link") return { ...nothing(), text, links: [url], styles };
  return { ...nothing(), text, mentions: [type] };
}

function feishu({ card }: Body): Shown {
  return joined([feishuText(card.header.title), ...card.elements.map(feishuElement)], "\n");
}

function feishuElement({ text, fields = [], elements = [], actions = [] }: Body): Shown {
  const texts = [...(text ? [text] : []), ...fields.map((field: Body) => field.text), ...elements];
  const buttons = actions.map((button: Body) => ({ ...feishuText(button.text), links: [button.url] }));
  return joined([...texts.map(feishuText), ...buttons], "\n");
}

function feishuText({ tag, content }: Body): Shown {
  return tag === "plain_text" ? { ...nothing(), text: content } : markdown(content);
}

function teams(body: Body): Shown {
  const { content } = body.attachments[0];
  const mentioned = (content.msteams.entities ?? []).map(({ text }: Body) => text);
  return joined(
    content.body.map((block: Body) => teamsBlock(block, mentioned)),
    "\n",
  );
}

function teamsBlock(block: Body, mentioned: readonly string[]): Shown {
  if (block.type === "Container") {
    return joined(
      block.items.map((item: Body) => teamsBlock(item, mentioned)),
      "\n",
    );
  }
  if (block.type === "ActionSet") {
    const buttons = block.actions.map(({ title, url }: Body) => ({ ...nothing(), text: title, links: [url] }));
    return joined(buttons, " ");
  }
  if (block.type !== "RichTextBlock") {
    const { mentions, ...rest } = markdown(block.text);
    // A tag without its entity is only text.
    return { ...rest, mentions: mentions.filter((tag) => mentioned.includes(tag)) };
  }
  return joined(
    block.inlines.map(({ text, weight, selectAction }: Body): Shown => {
      const styles: Shown["styles"] = weight ? [["strong", text]] : [];
      return { ...nothing(), text, styles, links: selectAction ? [selectAction.url] : [] };
    }),
    "",
  );
}

function dingtalk({ markdown: { title, text } = {}, at, actionCard }: Body): Shown {
  if (actionCard) return dingtalkCard(actionCard);
  const called = [...(at.isAtAll ? ["all"] : []), ...(at.atMobiles ?? []), ...(at.atUserIds ?? [])].map(
    (id) => `@${id}`,
  );
  const shown = markdown(text);
  // The title is shown in lists of messages, where some clients read it.
  const above = { ...markdown(title), text: "" };
  const mentions = [...new Set([...called, ...shown.mentions])];
  return joined([above, { ...shown, mentions }], "");
}

/** Whether a card's buttons read Markdown is not documented: nothing in their names is any. */
function dingtalkCard({ title, text, btns }: Body): Shown {
  const buttons = btns.map(({ title: name, actionURL }: Body) => {
    const shown = markdown(name);
    return { ...shown, links: [...shown.links, actionURL] };
  });
  return joined([{ ...markdown(title), text: "" }, markdown(text), { ...joined(buttons, " ") }], "\n");
}

function wecom({ markdown: { content, mentioned_list = [] } }: Body): Shown {
  return joined([markdown(content), { ...nothing(), mentions: mentioned_list }], "");
}

const DISCORD: Form[] = [
  [/\|\|([^|]+)\|\|/u, "spoiler"],
  [/^-#\s/u, "small"],
  [/<(?:#|:|\/|a:|t:|id:)[^>]+>/u, "mentions"],
  ...MARKDOWN,
];

function discord({ content = "", embeds, allowed_mentions: allowed }: Body): Shown {
  // A title is bold, and some clients read markdown in it.
  const shown = embeds.map(({ title, description = "" }: Body) => {
    const heading: Shown = { ...nothing(), styles: title ? [["strong", title]] : [] };
    return joined([heading, lines(title ?? "", DISCORD), lines(description, DISCORD)], "\n");
  });
  // Only the text beside the embeds pings, and only whom the message names as allowed.
  const named = [...content.matchAll(/<@(&?)(\d+)>/gu)].filter(([, role, id]) =>
    (role ? allowed.roles : allowed.users).includes(id),
  );
  const everyone = allowed.parse.length > 0 ? ["everyone"] : [];
  return joined([...shown, { ...nothing(), mentions: [...named.map(([whole]) => whole), ...everyone] }], "\n");
}

/** What clients and servers look for in text without markup, phone numbers aside. */
const FOUND: Form[] = [
  [/@[\p{L}\p{N}_]+/u, "mentions"],
  [/[#$][\p{L}\p{N}_]+/u, "tag"],
  [/(?<![\p{L}\p{N}\u2060/])\/[a-z][a-z0-9_]*/iu, "command"],
  ...BARE,
];

/** Text without markup, in which addresses and the like are found. */
function plain(text: string): Shown {
  const lines = text.split("\n").map((line) => inline(line, FOUND));
  return joined(lines, "\n");
}

function telegram({ text, entities, parse_mode: mode }: Body): Shown {
  if (mode !== undefined) return markdown(text);
  const parts: Shown[] = [];
  let done = 0;
  for (const { type, offset, length, url, user } of entities) {
    const said = text.slice(offset, offset + length);
    parts.push(plain(text.slice(done, offset)));
    if (type === "bold") {
      const { styles, ...found } = plain(said);
      parts.push({ ...found, styles: [["strong", said], ...styles] });
    } else if (type === "text_link") parts.push({ ...nothing(), text: said, links: [url] });
    else parts.push({ ...nothing(), text: said, mentions: [user ? `user ${user.id}` : said] });
    done = offset + length;
  }
  return joined([...parts, plain(text.slice(done))], "");
}

/** The HTML of Google Chat's cards, whose text is looked through as any other. */
function html(text: string): Shown {
  const parts = text.split(/(<b>.*?<\/b>|<br>)/u).map((part) => {
    if (part === "<br>") return { ...nothing(), text: "\n" };
    const bold = /^<b>(?:<font color="#[0-9a-f]{6}">)?(.*?)(?:<\/font>)?<\/b>$/u.exec(part)?.[1];
    const found = inline(bold ?? part, [[/<[^>]*>/u, "html"], [/&(?:#x?[0-9a-f]+|[a-z]{2,8});/iu, "entity"], ...FOUND]);
    return bold === undefined ? found : ({ ...found, styles: [["strong", bold], ...found.styles] } satisfies Shown);
  });
  return joined(parts as Shown[], "");
}

function googleChat({ text = "", fallbackText, cardsV2 }: Body): Shown {
  const widgets = cardsV2[0].card.sections.flatMap((section: Body) => section.widgets);
  const shown = widgets.map(({ textParagraph, buttonList }: Body) => {
    if (textParagraph) return html(textParagraph.text);
    const { buttons } = buttonList;
    const links = buttons.map(({ onClick }: Body) => onClick.openLink.url);
    return { ...nothing(), text: buttons.map((button: Body) => button.text).join("\n"), links };
  });
  const mentions = [...text.matchAll(/<(users\/[^>]+)>/gu)].map(([, who]) => who);
  return joined([...shown, { ...plain(fallbackText), text: "" }, { ...nothing(), mentions }], "\n");
}

/** Names that are mentioned in text which Lookout itself wrote. */
function mentionsIn(text: string): Shown {
  return { ...nothing(), mentions: text.match(/@[\w.-]+/gu) ?? [] };
}

function attached({ title, text = "", fallback }: Body): Shown {
  const heading: Shown = { ...nothing(), styles: title ? [["strong", title]] : [] };
  const aside = { ...markdown(fallback ?? ""), text: "" };
  return joined([heading, aside, markdown(title ?? ""), withFormulas(text)], "\n");
}

function withFormulas(text: string): Shown {
  return lines(text, [...MARKDOWN, [/\$[^$\n]+\$/u, "formula"]]);
}

function mattermost({ text = "", attachments }: Body): Shown {
  return joined([mentionsIn(text), ...attachments.map(attached)], "\n");
}

function rocketchat({ text, attachments = [] }: Body): Shown {
  // One star is bold here, and only mentions stand above the title.
  const [first, ...names] = text.split("\n");
  const title = first.replace(/^\*(.*)\*$/u, "**$1**");
  const strong = attachments.map((one: Body) => ({
    ...one,
    text: one.text.replace(/(?<![\w*])\*([^*\n]+)\*(?!\*)/gu, "**$1**"),
  }));
  return joined([markdown(title), mentionsIn(names.join("\n")), ...strong.map(attached)], "\n");
}

/** Text without markup, whose lines may end with an address that Lookout itself wrote. */
function plainWithLinks(text: string): Shown {
  const shown = text.split("\n").map((line) => {
    const [, name, address] = /^([^:]*): (https?:\/\/\S+)$/u.exec(line) ?? [];
    return address ? { ...plain(name!), links: [address] } : plain(line);
  });
  return joined(shown, "\n");
}

/** With the pages that a tap or a button opens, which the text may name as well. */
function tappable(shown: Shown, links: readonly string[]): Shown {
  return { ...shown, links: [...new Set([...shown.links, ...links])] };
}

function ntfy({ title, message, markdown: read, click, actions = [] }: Body): Shown {
  if (read) return markdown(message);
  const links = [...(click ? [click] : []), ...actions.map(({ url }: Body) => url)];
  return tappable(joined([plain(title), plainWithLinks(message)], "\n"), links);
}

function gotify({ title, message, extras }: Body): Shown {
  if (extras["client::display"].contentType !== "text/plain") return markdown(message);
  const click = extras["client::notification"]?.click.url;
  return tappable(joined([plain(title), plainWithLinks(message)], "\n"), click ? [click] : []);
}

function welink({ content: { text }, isAt, isAtAll, atAccounts = [] }: Body): Shown {
  const [title, names, ...rest] = text.split("\n");
  const mentions = isAt ? atAccounts.filter((one: string) => names.split(" ").includes(`@${one}`)) : [];
  const said = mentions.length > 0 ? [title, ...rest].join("\n") : text;
  return joined([plainWithLinks(said), { ...nothing(), mentions: [...mentions, ...(isAtAll ? ["all"] : [])] }], "\n");
}

/** By the type of the channel. */
export const dialects: Readonly<Record<string, (body: unknown) => Shown>> = {
  slack,
  feishu,
  teams,
  dingtalk,
  wecom,
  discord,
  telegram,
  "google-chat": googleChat,
  mattermost,
  rocketchat,
  ntfy,
  gotify,
  welink,
};

/** Text as people compare it: lookalikes are what they look like, and what is invisible is nothing. */
export function legible(text: string): string {
  return text
    .normalize("NFKC")
    .replaceAll("\u2060", "")
    .replace(/[^\S\n]+/gu, " ")
    .trim();
}
