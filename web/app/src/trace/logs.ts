import type { LiveEvent } from "@runcast/client";
import { isOfRun } from "@runcast/client";
import type { Runcast } from "@runcast/react-hooks";
import { get } from "@/data/api";
import type { Span } from "./span";
import { entryId } from "./span";

/** A log line, as the API says it. */
export interface LogLine {
  seq: number;
  at: string;
  level: string;
  message: string;
  data?: unknown;
  attempt: number;
  /** Key of the step in which it was written. */
  step?: string;
}

export const LEVELS = ["trace", "debug", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];
const PAGE = 1_000;
const PACE_MS = 100;

export function levelOf(line: LogLine): Level {
  const name = line.level.toLowerCase();
  if (name === "warn") return "warning";
  if (name === "critical" || name === "fatal") return "error";
  return (LEVELS as readonly string[]).includes(name) ? (name as Level) : "info";
}

/** The log of one run, read and followed. */
export class LogStore {
  readonly runId: string;
  readonly #client: Runcast;
  readonly #listeners = new Set<() => void>();
  #lines: LogLine[] = [];
  #shown: readonly LogLine[] = [];
  #isReading = false;
  #isAsked = false;
  #isFlushing = false;
  error: unknown;

  constructor(client: Runcast, runId: string) {
    this.#client = client;
    this.runId = runId;
  }

  readonly lines = (): readonly LogLine[] => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Read, and follow; returns how to stop. */
  start(): () => void {
    const stopping = new AbortController();
    const { signal } = stopping;
    const subscriber = {
      onEvents: (events: LiveEvent[]) => {
        const hasNews = events.some((event) => isOfRun(event) && event.d.id === this.runId && (event.kinds.includes("log") || event.kinds.includes("status")));
        if (hasNews) void this.#read(signal);
      },
      onReset: () => void this.#read(signal),
    };
    void this.#read(signal);
    this.#client.follow([`run:${this.runId}`], subscriber, { signal }).catch(() => undefined);
    return () => stopping.abort();
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.#isAsked = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isAsked && !signal.aborted) {
      this.#isAsked = false;
      try {
        const after = this.#lines.at(-1)?.seq ?? 0;
        const { data } = await get<{ data: LogLine[] }>(`/api/v1/runs/${this.runId}/logs`, { after, limit: PAGE }, signal);
        const fresh = data.filter((line) => line.seq > (this.#lines.at(-1)?.seq ?? 0));
        this.#lines.push(...fresh);
        this.error = undefined;
        if (fresh.length > 0) this.#show();
        if (data.length === PAGE) this.#isAsked = true;
        else if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
      } catch (error) {
        if (!signal.aborted) this.error = error;
        break;
      }
    }
    this.#isReading = false;
  }

  #show(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const flush = () => {
      this.#isFlushing = false;
      this.#shown = [...this.#lines];
      for (const listener of this.#listeners) listener();
    };
    if (document.hidden) setTimeout(flush, PACE_MS);
    else requestAnimationFrame(flush);
  }
}

export interface LogFilter {
  levels: ReadonlySet<Level>;
  query: string;
  /** Only what was written there. */
  span: Span | undefined;
}

export function filtered(lines: readonly LogLine[], { levels, query, span }: LogFilter): readonly LogLine[] {
  const wanted = query.toLowerCase();
  const isAll = levels.size === LEVELS.length && !wanted && !span;
  return isAll ? lines : lines.filter((line) => levels.has(levelOf(line)) && (!wanted || textOf(line).toLowerCase().includes(wanted)) && (!span || isIn(line, span)));
}

function isIn(line: LogLine, span: Span): boolean {
  if (span.kind === "run") return true;
  if (span.kind === "attempt") return line.attempt === span.attempt;
  return line.step === span.key;
}

/** Which spans wrote a line that has the text. */
export function spansWith(runId: string, lines: readonly LogLine[], query: string): Set<string> {
  const wanted = query.toLowerCase();
  if (!wanted) return new Set();
  return new Set(lines.filter((line) => textOf(line).toLowerCase().includes(wanted)).map((line) => (line.step === undefined ? runId : entryId(runId, line.step))));
}

const ESCAPE = String.fromCharCode(27);
const CODES = new RegExp(`${ESCAPE}\\[([0-9;]*)m`, "g");

export function dataOf(line: LogLine): string {
  return line.data === undefined || line.data === null ? "" : typeof line.data === "object" && !Array.isArray(line.data) ? Object.entries(line.data).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ") : JSON.stringify(line.data);
}

export function textOf(line: LogLine): string {
  return `${line.message.replace(CODES, "")} ${dataOf(line)}`;
}

/** What a file of the log has. */
export function fileOf(lines: readonly LogLine[]): string {
  return lines.map((line) => `${line.at} ${levelOf(line).toUpperCase().padEnd(7)} ${textOf(line).trimEnd()}\n`).join("");
}

const COLORS = ["text-fg", "text-bad", "text-ok", "text-wait", "text-run", "text-accent", "text-run", "text-fg-2"];

/** A message of a terminal, with its colours as classes. */
export function colored(message: string): { text: string; className: string }[] {
  if (!message.includes(ESCAPE)) return [{ text: message, className: "" }];
  const parts: { text: string; className: string }[] = [];
  let className = "";
  let at = 0;
  for (const match of message.matchAll(CODES)) {
    if (match.index > at) parts.push({ text: message.slice(at, match.index), className });
    at = match.index + match[0].length;
    for (const code of (match[1] ?? "").split(";").map(Number)) {
      if (code === 0) className = "";
      else if (code === 1) className += " font-semibold";
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) className = COLORS[code % 10] ?? "";
    }
  }
  if (at < message.length) parts.push({ text: message.slice(at), className });
  return parts;
}
