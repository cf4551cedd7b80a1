/** Few connections for all tabs of a browser: one for what changes, some for texts that are written. It lives as long as one of the tabs does. */

import { followTopics, Http, readStream } from "@runcast/client";
import { channelName, signedIn, type Word } from "@/data/session";
import { Hub } from "./hub";
import type { ToTab, ToWorker } from "./protocol";
import { Readers } from "./readers";

/** Each environment has its own stream; its name is the worker's, after the server's address. */
const [base = "", environment = ""] = self.name.split("|").slice(1);
const door = new BroadcastChannel(channelName(new URL(base).pathname.replace(/\/$/, "")));
const withEnvironment: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  if (environment) headers.set("x-runcast-environment", environment);
  for (;;) {
    const response = await fetch(input, { ...init, headers });
    if (response.status !== 401) return response;
    // The tabs let one sign in again; what is followed goes on then.
    door.postMessage("lost" satisfies Word);
    await signedIn(door, init?.signal);
  }
};
const http = new Http({ baseUrl: base, fetch: withEnvironment });
const hub = new Hub((topics, subscriber, options) => followTopics(http, topics, subscriber, options));
const readers = new Readers((runId, key, options) => readStream(http, runId, key, options));
const hidden = new Map<MessagePort, boolean>();

function serve(port: MessagePort): void {
  const leave = new Map<number, () => void>();
  let waiting: ToTab[] = [];
  // What followers of one tab share is copied once, and the tab is woken once.
  const send = () => {
    const messages = waiting;
    waiting = [];
    port.postMessage(messages);
  };
  const say = (message: ToTab) => {
    if (waiting.push(message) === 1) queueMicrotask(send);
  };
  hidden.set(port, false);
  port.onmessage = ({ data }: MessageEvent<ToWorker | { type: "bye" }>) => {
    switch (data.type) {
      case "follow": {
        const { id, topics, after } = data;
        const subscriber = {
          onEvents: (events: never[]) => say({ type: "events", id, events }),
          onReset: (names: string[]) => say({ type: "reset", id, topics: names }),
          onState: (state: "connecting" | "live" | "waiting" | "closed", error?: unknown) =>
            say({ type: "state", id, state, ...(error instanceof Error ? { error: error.message } : {}) }),
        };
        leave.set(id, hub.add(topics, after, subscriber as never));
        break;
      }
      case "read": {
        const { id, runId, key, from } = data;
        const listener = {
          onParts: (parts: unknown[]) => say({ type: "parts", id, parts }),
          onEnd: (error?: unknown) => say({ type: "end", id, ...(error instanceof Error ? { error: error.message } : {}) }),
        };
        leave.set(id, readers.add(runId, key, from, listener));
        break;
      }
      case "leave":
        leave.get(data.id)?.();
        leave.delete(data.id);
        break;
      case "hidden":
        hidden.set(port, data.isHidden);
        hub.hide([...hidden.values()].every(Boolean));
        break;
      case "bye":
        leave.forEach((one) => one());
        hidden.delete(port);
        port.close();
    }
  };
}

interface SharedScope {
  onconnect: (event: MessageEvent) => void;
}

(self as unknown as SharedScope).onconnect = (event) => {
  const port = event.ports[0];
  if (port) serve(port);
};
