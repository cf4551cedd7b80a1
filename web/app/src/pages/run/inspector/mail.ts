/** An e-mail as it lies in a file, read as far as people look at it: who, to whom, what about, and the text. */

export interface Mail {
  headers: [name: string, value: string][];
  html: string | undefined;
  text: string | undefined;
  attachments: { name: string; contentType: string }[];
}

interface Part {
  headers: Map<string, string>;
  body: string;
}

const SHOWN = ["from", "to", "cc", "reply-to", "subject", "date"];
const DEPTH_MAX = 8;

/** `raw`: its bytes, one character each. */
export function readMail(raw: string): Mail {
  const whole = splitPart(raw);
  const mail: Mail = { headers: [], html: undefined, text: undefined, attachments: [] };
  for (const name of SHOWN) {
    const value = whole.headers.get(name);
    if (value !== undefined) mail.headers.push([name.charAt(0).toUpperCase() + name.slice(1), decodeWords(value)]);
  }
  collect(whole, mail, 0);
  return mail;
}

function collect(part: Part, mail: Mail, depth: number): void {
  const said = part.headers.get("content-type") ?? "text/plain";
  const type = said.split(";")[0]?.trim().toLowerCase() ?? "text/plain";
  const boundary = parameter(said, "boundary");
  if (type.startsWith("multipart/") && boundary !== undefined && depth < DEPTH_MAX) {
    const pieces = part.body.split(`--${boundary}`).slice(1);
    for (const piece of pieces) if (!piece.startsWith("--")) collect(splitPart(piece.replace(/^\r?\n/, "").replace(/\r?\n$/, "")), mail, depth + 1);
    return;
  }
  const disposition = part.headers.get("content-disposition") ?? "";
  const name = parameter(disposition, "filename") ?? parameter(said, "name");
  if (/^\s*attachment/i.test(disposition) || !type.startsWith("text/")) mail.attachments.push({ name: decodeWords(name ?? "unnamed"), contentType: type });
  else if (type === "text/html") mail.html ??= decoded(part, parameter(said, "charset"));
  else mail.text ??= decoded(part, parameter(said, "charset"));
}

function splitPart(raw: string): Part {
  const end = /\r?\n\r?\n/.exec(raw);
  const head = end ? raw.slice(0, end.index) : raw;
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body: end ? raw.slice(end.index + end[0].length) : "" };
}

function parameter(header: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, "i").exec(header);
  return found?.[1] ?? found?.[2];
}

function decoded(part: Part, charset: string | undefined): string {
  const encoding = part.headers.get("content-transfer-encoding")?.toLowerCase() ?? "";
  if (encoding === "base64") return inCharset(fromBase64(part.body), charset);
  if (encoding === "quoted-printable") return inCharset(fromQuoted(part.body.replace(/=\r?\n/g, "")), charset);
  return inCharset(part.body, charset);
}

function decodeWords(value: string): string {
  return inCharset(value, "utf-8")
    .replace(/(\?=)\s+(=\?)/g, "$1$2")
    .replace(/=\?([\w-]+)\?([bq])\?([^?]*)\?=/gi, (_, charset: string, kind: string, text: string) => inCharset(kind.toLowerCase() === "b" ? fromBase64(text) : fromQuoted(text.replaceAll("_", " ")), charset));
}

function fromBase64(text: string): string {
  try {
    return atob(text.replace(/[^A-Za-z0-9+/=]/g, ""));
  } catch {
    return text;
  }
}

const fromQuoted = (text: string) => text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function inCharset(bytes: string, charset = "utf-8"): string {
  try {
    return new TextDecoder(charset).decode(Uint8Array.from(bytes, (one) => one.charCodeAt(0)));
  } catch {
    return bytes;
  }
}
