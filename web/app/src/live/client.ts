import type { LiveOptions, LiveSubscriber } from "@runcast/client";
import { Runcast } from "@runcast/client";
import { BASE, chosenEnvironment, request } from "@/data/api";
import { isSeen, noteState } from "./state";
import type { ToTab, ToWorker } from "./protocol";

/** The published client, whose live stream comes over the connection that all tabs share. */
export class SharedRuncast extends Runcast {
  #port: MessagePort | undefined;
  #next = 1;
  readonly #followers = new Map<number, LiveSubscriber>();

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

  #connected(): MessagePort {
    if (this.#port) return this.#port;
    const name = `runcast|${location.origin}${BASE}|${chosenEnvironment() ?? ""}`;
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name });
    const port = worker.port;
    port.onmessage = ({ data }: MessageEvent<ToTab>) => this.#hear(data);
    port.start();
    document.addEventListener("visibilitychange", () => port.postMessage({ type: "hidden", isHidden: !isSeen() }));
    window.addEventListener("pagehide", (event) => {
      if (!event.persisted) port.postMessage({ type: "bye" });
    });
    this.#port = port;
    return port;
  }

  #hear(message: ToTab): void {
    const subscriber = this.#followers.get(message.id);
    if (!subscriber) return;
    if (message.type === "events") subscriber.onEvents(message.events);
    else if (message.type === "reset") subscriber.onReset(message.topics);
    else subscriber.onState?.(message.state, message.error === undefined ? undefined : new Error(message.error));
  }
}
