// Reads the mails that tests send: headers unfolded, each part decoded. For what Lookout writes, not for any mail.

export interface ReadMail {
  /** Names in lower case; encoded words are decoded. */
  headers: Record<string, string>;
  text: string;
  html: string;
}

export function readMail(raw: string): ReadMail {
  const { headers, body } = split(raw);
  const boundary = /boundary="([^"]+)"/.exec(headers["content-type"] ?? "")![1]!;
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => split(part.replace(/^\r\n/, "")));
  const partOf = (type: string) => decoded(parts.find((part) => part.headers["content-type"]?.startsWith(type))!);
  return { headers, text: partOf("text/plain"), html: partOf("text/html") };
}

function split(raw: string): { headers: Record<string, string>; body: string } {
  const end = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const pairs = lines.map((line) => [
    line.slice(0, line.indexOf(":")).toLowerCase(),
    words(line.replace(/^[^:]*: ?/, "")),
  ]);
  return { headers: Object.fromEntries(pairs), body: raw.slice(end + 4) };
}

function decoded({ headers, body }: { headers: Record<string, string>; body: string }): string {
  const encoding = headers["content-transfer-encoding"] ?? "7bit";
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8").replaceAll("\r\n", "\n");
  return (encoding === "quoted-printable" ? quotedPrintable(body.replace(/=\r\n/g, "")) : body).replaceAll(
    "\r\n",
    "\n",
  );
}

/** =?UTF-8?B?…?= and =?UTF-8?Q?…?=; between two of them white space means nothing. */
function words(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_all, kind: string, word: string) => {
      return kind.toUpperCase() === "B"
        ? Buffer.from(word, "base64").toString()
        : quotedPrintable(word.replaceAll("_", " "));
    });
}

function quotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
