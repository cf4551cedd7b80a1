import { RuncastError } from "./types.js";

export interface ClientOptions {
  /** Where the API is, without a slash at the end: "https://runs.example.com". Default: the page's own origin. */
  baseUrl?: string;
  /** A public token. Without one the page's cookie counts, on the same origin. */
  token?: string | (() => string | Promise<string>);
  fetch?: typeof fetch;
}

/** Requests with the token of a client, and errors in the API's words. */
export class Http {
  readonly baseUrl: string;
  readonly #token: ClientOptions["token"];
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions = {}) {
    this.baseUrl = (options.baseUrl ?? "").replace(/\/$/, "");
    this.#token = options.token;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** A response that is a success. Throws `RuncastError`. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    if (token) headers.set("authorization", `Bearer ${token}`);
    if (init.body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
    const credentials = token ? "omit" : "same-origin";
    const response = await this.#fetch(this.baseUrl + path, { credentials, ...init, headers });
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async json<T>(path: string, init?: RequestInit): Promise<T> {
    return (await (await this.request(path, init)).json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<{ body: T; headers: Headers }> {
    const response = await this.request(path, { method: "POST", body: JSON.stringify(body) });
    return { body: (await response.json()) as T, headers: response.headers };
  }
}

async function refusal(response: Response): Promise<RuncastError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { error?: unknown; code?: unknown };
    const message = typeof body.error === "string" ? body.error : text;
    return new RuncastError(response.status, message, typeof body.code === "string" ? body.code : "");
  } catch {
    return new RuncastError(response.status, text || response.statusText, "");
  }
}

/** Whether asking again may help. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof RuncastError)) return true;
  return error.status === 408 || error.status === 429 || error.status >= 500;
}
