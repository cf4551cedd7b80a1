import type { Queue } from "@/data/queues";
import type { Hue } from "@/ui/Status";

export interface Health {
  word: "Paused" | "At limit" | "Starved" | "Slow start" | "Busy" | "Idle";
  hue: Hue;
  /** Why, in a sentence. */
  reason: string;
}

const STARVED_MS = 15_000;

/** How a queue is doing, in a word and a sentence. */
export function healthOf(queue: Queue, now: number): Health {
  const { running, queued, concurrencyLimit: limit } = queue;
  const waits = queue.oldestAt === undefined ? 0 : now - Date.parse(queue.oldestAt);
  if (queue.paused) return { word: "Paused", hue: "wait", reason: queued > 0 ? "Runs wait here until it is resumed." : "Nothing starts until it is resumed." };
  if (queued > 0 && limit !== null && running >= limit) return { word: "At limit", hue: "wait", reason: `All ${limit} slots are taken: the next run starts when one ends.` };
  if (queued > 0 && queue.rate !== undefined && waits > STARVED_MS) return { word: "Slow start", hue: "wait", reason: "Its rate limit lets no more start at once." };
  if (queued > 0 && running === 0 && waits > STARVED_MS) return { word: "Starved", hue: "bad", reason: "Runs wait though there is room: is a worker of these tasks connected?" };
  if (running > 0 || queued > 0) return { word: "Busy", hue: "run", reason: "Runs start as they come." };
  return { word: "Idle", hue: "idle", reason: "Nothing waits, nothing runs." };
}
