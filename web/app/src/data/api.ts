/** Requests to the API of this server, as the signed-in person in the chosen environment. */

import { RuncastError } from "@runcast/client";
import { parseJson } from "@/format/json";
import { learnServerTime } from "@/format/time";
import { BASE } from "./base";
import { session } from "./door";

export { BASE, RuncastError };

const ENVIRONMENT = "runcast.environment";

/** A wrong password is not the end of a sign-in. */
const OF_DOOR = /^\/api\/v1\/(auth|me\/password)/;

/** Undefined: the one that the server is for. */
export function chosenEnvironment(): string | undefined {
  return localStorage.getItem(ENVIRONMENT) ?? undefined;
}

export function chooseEnvironment(name: string | undefined): void {
  if (name === undefined) localStorage.removeItem(ENVIRONMENT);
  else localStorage.setItem(ENVIRONMENT, name);
}

/** `fetch` with what every request has. It waits where one has to sign in again. Throws `RuncastError`, with the API's own words, unless it succeeds. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const environment = chosenEnvironment();
  if (environment !== undefined) headers.set("x-runcast-environment", environment);
  const isJson = typeof init.body === "string" && !headers.has("content-type");
  if (isJson) headers.set("content-type", "application/json");
  const response = await fetch(BASE + path, { credentials: "same-origin", ...init, headers });
  // What a browser kept says when it was kept.
  if (response.headers.get("cache-control") === "no-store") learnServerTime(response.headers.get("date"));
  if (response.status === 401 && session.isKnown && !OF_DOOR.test(path)) {
    await session.lose(init.signal);
    return request(path, init);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<RuncastError> {
  const text = await response.text();
  const number = response.headers.get("x-request-id");
  const suffix = number && response.status >= 500 ? ` (request ${number})` : "";
  try {
    const body = JSON.parse(text) as { error?: string; code?: string };
    return new RuncastError(response.status, (body.error ?? text) + suffix, body.code ?? "");
  } catch {
    return new RuncastError(response.status, (text || response.statusText) + suffix, "");
  }
}

export type Params = Record<string, string | number | boolean | undefined>;

export function query(params: Params): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== "") search.set(name, String(value));
  const text = search.toString();
  return text && `?${text}`;
}

export async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const response = await request(path + query(params), signal ? { signal } : {});
  return parseJson(await response.text()) as T;
}

/** Browsers let only small requests outlive the page that makes them. */
const OUTLIVING_CHARS_MAX = 8_000;

/** Change something. Who closes the page at this moment meant it all the same. */
export async function send<T = unknown>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const keepalive = (sent?.length ?? 0) < OUTLIVING_CHARS_MAX;
  const response = await request(path, { method, keepalive, ...(sent === undefined ? {} : { body: sent }) });
  const text = await response.text();
  return (text ? parseJson(text) : undefined) as T;
}

export const post = <T = unknown>(path: string, body?: unknown): Promise<T> => send<T>("POST", path, body ?? {});

/** Pages of lists: `next` goes into `page[after]`. */
export interface Page<T> {
  data: T[];
  pagination?: { next?: string; previous?: string };
}

/** Whether asking again may help: not for what the server understood and refuses. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof RuncastError) || error.status === 429 || error.status >= 500;
}
