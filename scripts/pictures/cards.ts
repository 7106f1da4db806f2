// Teams' Adaptive Cards, Feishu's interactive cards and Google Chat's.
import { type Body, type Drawn, escaped, SPEAKER, speaker, tag } from "./html.ts";

const TEAMS = `${SPEAKER}
.card { border: 1px solid #e1e1e1; border-radius: 6px; padding: 12px; box-shadow: 0 1px 3px #0002 }
.Large { font-size: 18px; line-height: 1.3 } .Small { font-size: 12px } .Bolder { font-weight: bold } .subtle { color: #616161 }
.Attention { color: #a4262c } .Warning { color: #835c00 } .Accent { color: #2b579a } .Good { color: #1e6b3a }
.box { padding: 8px 10px; margin-top: 8px; line-height: 1.45 } .attention { background: #fdf3f4 } .warning { background: #fff9f5 }
.accent { background: #f0f6ff } .good { background: #f1faf1 } .mention { color: #5b5fc7 }
.button { display: inline-block; border: 1px solid #c7c7c7; border-radius: 4px; padding: 4px 12px; margin: 8px 8px 0 0; background: #fff;
  font-weight: 600 }`;

function teams(body: Body): Drawn {
  const blocks = body.attachments[0].content.body.map(teamsBlock);
  return { html: speaker("Lookout") + tag("div", "card", ...blocks), style: TEAMS };
}

function teamsBlock(block: Body): string {
  const { type, text, style = "", items = [], actions = [], inlines = [] } = block;
  if (type === "Container") return tag("div", `box ${style}`, ...items.map(teamsBlock));
  if (type === "ActionSet") return actions.map(({ title }: Body) => tag("span", "button", escaped(title))).join("");
  if (type === "TextBlock") return tag("div", "mention", escaped(text.replace(/<at>|<\/at>/g, "")));
  const runs = inlines.map(({ text: said, size = "", weight = "", color = "", isSubtle }: Body) =>
    tag("span", `${size} ${weight} ${color} ${isSubtle ? "subtle" : ""}`, escaped(said)),
  );
  return tag("div", "", ...runs);
}

const COLOURS: Readonly<Record<string, string>> = {
  red: "#f54a45",
  orange: "#ff8800",
  yellow: "#ffc60a",
  blue: "#3370ff",
  green: "#34c724",
};
const FEISHU = `${SPEAKER}
.card { border: 1px solid #dee0e3; border-radius: 8px; overflow: hidden } .head { color: #fff; font-weight: 600; padding: 10px 12px;
  font-size: 15px; line-height: 1.35 } .body { padding: 4px 12px 12px } .div { margin: 8px 0; line-height: 1.5; white-space: pre-line }
.fields { display: flex; flex-wrap: wrap; margin: 8px 0 } .field { width: 48%; margin: 0 2% 6px 0; line-height: 1.45 }
.long { width: 98% } .note { font-size: 12px; color: #8f959e; margin: 8px 0 }
.button { display: inline-block; border: 1px solid #d0d3d6; border-radius: 6px; padding: 4px 14px; margin-right: 8px }
.mention { color: #3370ff } hr { border: 0; border-top: 1px solid #dee0e3; margin: 10px 0 }`;

function feishu({ card }: Body): Drawn {
  const { header, elements } = card;
  const head = `<div class="head" style="background:${COLOURS[header.template]}">${escaped(header.title.content)}</div>`;
  const body = tag("div", "body", ...elements.map(feishuElement));
  return { html: speaker("Lookout") + tag("div", "card", head, body), style: FEISHU };
}

function feishuElement({ tag: kind, text, fields, elements, actions }: Body): string {
  if (kind === "hr") return "<hr>";
  if (kind === "note") return tag("div", "note", ...elements.map(({ content }: Body) => escaped(`${content}\n`)));
  if (kind === "action") return actions.map((one: Body) => tag("span", "button", escaped(one.text.content))).join("");
  if (fields) {
    const columns = fields.map((one: Body) =>
      tag("div", one.is_short ? "field" : "field long", escaped(one.text.content)),
    );
    return tag("div", "fields", ...columns);
  }
  const said = text.tag === "plain_text" ? escaped(text.content) : tag("span", "mention", "@everyone");
  return tag("div", "div", said);
}

const GOOGLE = `${SPEAKER}
.card { border: 1px solid #dadce0; border-radius: 8px; overflow: hidden } .section { padding: 10px 14px; border-top: 1px solid #e8eaed;
  line-height: 1.5; overflow-wrap: anywhere } .section:first-child { border: 0; font-size: 15px } .mention { color: #1a73e8; display: block }
.button { display: inline-block; color: #0b57d0; background: #e9eef6; border-radius: 14px; padding: 4px 14px; margin: 8px 8px 0 0; font-weight: 600;
  font-size: 13px }`;

/** Its texts are HTML, of which all is Lookout's own. */
function googleChat({ text, cardsV2 }: Body): Drawn {
  const [{ card }] = cardsV2;
  const sections = card.sections.map(({ widgets }: Body) => tag("div", "section", ...widgets.map(googleWidget)));
  const called = text ? tag("span", "mention", "@Ada Lovelace") : "";
  return { html: speaker("Lookout") + called + tag("div", "card", ...sections), style: GOOGLE };
}

function googleWidget({ textParagraph, buttonList }: Body): string {
  if (textParagraph) return tag("div", "", textParagraph.text);
  return buttonList.buttons.map(({ text }: Body) => tag("span", "button", escaped(text))).join("");
}

export const cards = { teams, feishu, googleChat };
