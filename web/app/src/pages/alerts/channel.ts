import type { AlertOn, ChannelType, NewChannel } from "@/data/alerts";

/** A channel in the making, as it is typed. */
export interface ChannelTexts {
  name: string;
  type: ChannelType;
  url: string;
  addresses: string;
  on: AlertOn[];
  tasks: string;
  queues: string;
  /** A duration for `slow`. */
  slowOver: string;
  /** A number of runs for `backlog`. */
  backlogOver: string;
}

export const NO_CHANNEL: ChannelTexts = { name: "", type: "webhook", url: "", addresses: "", on: ["failed"], tasks: "", queues: "", slowOver: "10m", backlogOver: "1000" };

const words = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** What is missing. */
export function channelProblems(texts: ChannelTexts): Partial<Record<keyof ChannelTexts, string>> {
  const found: Partial<Record<keyof ChannelTexts, string>> = {};
  if (texts.name.trim() === "") found.name = "Give it a name";
  if (texts.on.length === 0) found.on = "Choose at least one";
  if (texts.on.includes("slow") && texts.on.includes("backlog")) found.on = "“Takes too long” and “grows too long” have limits of their own: create a channel for each";
  if (texts.type === "email") {
    if (words(texts.addresses).length === 0) found.addresses = "At least one address";
  } else if (!/^https?:\/\/.+/.test(texts.url.trim())) found.url = "An address that begins with https://";
  return found;
}

/** As the API takes it. */
export function readChannel(texts: ChannelTexts): NewChannel {
  const { type, on } = texts;
  const tasks = words(texts.tasks);
  const queues = words(texts.queues);
  return {
    name: texts.name.trim(),
    type,
    on,
    ...(type === "email" ? { addresses: words(texts.addresses) } : { url: texts.url.trim() }),
    ...(tasks.length > 0 ? { tasks } : {}),
    ...(queues.length > 0 ? { queues } : {}),
    ...(on.includes("slow") ? { over: texts.slowOver.trim() } : on.includes("backlog") ? { over: Number(texts.backlogOver) } : {}),
  };
}
