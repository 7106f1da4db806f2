// Addresses on which the console may listen, as they are written.

/** What one has to look like, for people. */
export const LISTEN_FORM = "an address and a port up to 65535, such as 127.0.0.1:8791";

/** `127.0.0.1:8791`, `[::1]:8791` or `0.0.0.0:80`; port 0 is a free one. */
export const LISTEN_PATTERN = /^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/;

export interface ListenAddress {
  hostname: string;
  port: number;
}

/** Undefined where nothing can listen there, whatever the machine. */
export function listenAddress(text: string): ListenAddress | undefined {
  const url = LISTEN_PATTERN.test(text) ? URL.parse(`http://${text}`) : null;
  if (url === null) return undefined;
  return { hostname: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 80 : Number(url.port) };
}

/** Whether only this machine reaches it. */
export function isOwnAddress(text: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\]):/.test(text);
}
