import type { LiveOptions, LiveSubscriber, StreamOptions } from "@runcast/client";
import { Runcast } from "@runcast/client";
import { BASE, chosenEnvironment, request } from "@/data/api";
import { Mailbox } from "./mailbox";
import type { ToTab, ToWorker } from "./protocol";
import { isSeen, noteState } from "./state";

/** The published client, whose live stream and texts come over connections that all tabs share. */
export class SharedRuncast extends Runcast {
  #port: MessagePort | undefined;
  #next = 1;
  readonly #followers = new Map<number, LiveSubscriber>();
  readonly #readers = new Map<number, Mailbox<unknown>>();

  constructor() {
    super({ baseUrl: BASE, fetch: (input, init) => request(String(input).slice(BASE.length), init) });
  }

  override follow(topics: readonly string[], subscriber: LiveSubscriber, options: LiveOptions = {}): Promise<void> {
    const noting: LiveSubscriber = {
      onEvents: (events) => {
        noteState("live");
        subscriber.onEvents(events);
      },
      onReset: (names) => subscriber.onReset(names),
      onState: (state, error) => {
        if (!(options.signal?.aborted && state === "closed")) noteState(state);
        subscriber.onState?.(state, error);
      },
    };
    // Some browsers of phones have no shared workers: there every tab has a connection of its own.
    if (typeof SharedWorker === "undefined") return super.follow(topics, noting, options);
    const port = this.#connected();
    const id = this.#next++;
    this.#followers.set(id, noting);
    const say = (message: ToWorker) => port.postMessage(message);
    say({ type: "follow", id, topics: [...topics], ...(options.after === undefined ? {} : { after: options.after }) });
    return new Promise((resolve) => {
      const leave = () => {
        this.#followers.delete(id);
        say({ type: "leave", id });
        resolve();
      };
      if (options.signal?.aborted) leave();
      else options.signal?.addEventListener("abort", leave, { once: true });
    });
  }

  override async *stream<Part = unknown>(runId: string, key = "default", options: StreamOptions = {}): AsyncGenerator<Part> {
    if (typeof SharedWorker === "undefined") return yield* super.stream<Part>(runId, key, options);
    const port = this.#connected();
    const id = this.#next++;
    const mail = new Mailbox<Part>();
    this.#readers.set(id, mail as Mailbox<unknown>);
    const abort = () => mail.end();
    options.signal?.addEventListener("abort", abort, { once: true });
    port.postMessage({ type: "read", id, runId, key, from: options.startIndex ?? 0 } satisfies ToWorker);
    try {
      yield* mail;
    } finally {
      options.signal?.removeEventListener("abort", abort);
      this.#readers.delete(id);
      port.postMessage({ type: "leave", id } satisfies ToWorker);
    }
  }

  #connected(): MessagePort {
    if (this.#port) return this.#port;
    const name = `runcast|${location.origin}${BASE}|${chosenEnvironment() ?? ""}`;
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name });
    const port = worker.port;
    port.onmessage = ({ data }: MessageEvent<ToTab[]>) => data.forEach((message) => this.#hear(message));
    port.start();
    document.addEventListener("visibilitychange", () => port.postMessage({ type: "hidden", isHidden: !isSeen() }));
    window.addEventListener("pagehide", (event) => {
      if (!event.persisted) port.postMessage({ type: "bye" });
    });
    this.#port = port;
    return port;
  }

  #hear(message: ToTab): void {
    if (message.type === "parts" || message.type === "end") {
      const mail = this.#readers.get(message.id);
      if (message.type === "parts") mail?.put(message.parts);
      else mail?.end(message.error === undefined ? undefined : new Error(message.error));
      return;
    }
    const subscriber = this.#followers.get(message.id);
    if (!subscriber) return;
    if (message.type === "events") subscriber.onEvents(message.events);
    else if (message.type === "reset") subscriber.onReset(message.topics);
    else subscriber.onState?.(message.state, message.error === undefined ? undefined : new Error(message.error));
  }
}
