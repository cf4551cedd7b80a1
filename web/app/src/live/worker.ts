/** One connection for all tabs of a browser: it lives as long as one of them does. */

import { followTopics, Http } from "@runcast/client";
import { Hub } from "./hub";
import type { ToTab, ToWorker } from "./protocol";

/** Each environment has its own stream; its name is the worker's, after the server's address. */
const [base = "", environment = ""] = self.name.split("|").slice(1);
const withEnvironment: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  if (environment) headers.set("x-runcast-environment", environment);
  return fetch(input, { ...init, headers });
};
const http = new Http({ baseUrl: base, fetch: withEnvironment });
const hub = new Hub((topics, subscriber, options) => followTopics(http, topics, subscriber, options));
const hidden = new Map<MessagePort, boolean>();

function serve(port: MessagePort): void {
  const leave = new Map<number, () => void>();
  const say = (message: ToTab) => port.postMessage(message);
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
