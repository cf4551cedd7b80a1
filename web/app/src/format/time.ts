/** Times as people read them. The server's clock counts: a browser whose clock is wrong shows no negative ages. */

let offsetMs = 0;

const TRUSTED_MS = 2_000;
const TURNED_MS = 3_000;

/** What the server's clock says in a response's `date` header: in whole seconds, some time ago. So only larger differences count, and
 * of what several say the least that is behind. */
export function learnServerTime(header: string | null, now = Date.now()): void {
  const server = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const least = server - now;
  if (Math.abs(least) <= TRUSTED_MS) offsetMs = 0;
  // Far from what was known, a clock was turned.
  else offsetMs = offsetMs !== 0 && Math.abs(least - offsetMs) < TURNED_MS ? Math.max(offsetMs, least) : least;
}

export function serverNow(): number {
  return Date.now() + offsetMs;
}

export type Zone = "local" | "utc";
const ZONE = "runcast.zone";

export function chosenZone(): Zone {
  return localStorage.getItem(ZONE) === "utc" ? "utc" : "local";
}

export function chooseZone(zone: Zone): void {
  localStorage.setItem(ZONE, zone);
}

/** `just now`, `14s ago`, `3m ago`, `in 2h`, `5d ago`. */
export function age(at: string | number, now = serverNow()): string {
  const then = typeof at === "string" ? Date.parse(at) : at;
  const seconds = Math.round((now - then) / 1000);
  if (Math.abs(seconds) < 5) return seconds < -1 ? `in ${-seconds}s` : "just now";
  const text = rounded(Math.abs(seconds));
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

function rounded(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `2026-11-21 12:04:11`, with the zone when it is not the reader's own. */
export function moment(at: string | number, zone: Zone = chosenZone()): string {
  const date = new Date(at);
  const day = `${part(date, zone, "FullYear")}-${two(part(date, zone, "Month") + 1)}-${two(part(date, zone, "Date"))}`;
  return `${day} ${clock(date.getTime(), zone)}${zone === "utc" ? " UTC" : ""}`;
}

/** `12:04:11`, with `.123` when asked for. */
export function clock(at: string | number, zone: Zone = chosenZone(), options: { millis?: boolean } = {}): string {
  const date = new Date(at);
  const time = `${two(part(date, zone, "Hours"))}:${two(part(date, zone, "Minutes"))}:${two(part(date, zone, "Seconds"))}`;
  return options.millis ? `${time}.${String(date.getUTCMilliseconds()).padStart(3, "0")}` : time;
}

type Part = "FullYear" | "Month" | "Date" | "Hours" | "Minutes" | "Seconds";

function part(date: Date, zone: Zone, name: Part): number {
  return zone === "utc" ? date[`getUTC${name}`]() : date[`get${name}`]();
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** A moment in a named zone: `Mon 09:00 CET`. */
export function inZone(at: string | number, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions = {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(at)).replace(",", "");
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A moment with its day in a named zone: `Mon 23 Nov, 09:00 CET`. Without a zone, the reader's own. */
export function dayInZone(at: string | number, timeZone: string = chosenZone() === "utc" ? "UTC" : ownZone()): string {
  const options: Intl.DateTimeFormatOptions = {
    timeZone,
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(at)).replace(/^(\w+),/, "$1").replace(" at ", ", ");
}
