/** The sign-in of this page, and what tabs of one browser tell each other of it. */

import { BASE } from "./base";
import { channelName, Session, type Word } from "./session";

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(channelName(BASE));

/** What one person began in this tab, such as the payload of a test, is nothing for the next. */
function begin(): void {
  sessionStorage.clear();
  location.reload();
}

export const session = new Session({ say: (word) => channel?.postMessage(word), reload: begin });

/** Whether it is so, and who it is, the server says. */
async function ask(): Promise<void> {
  const response = await fetch(`${BASE}/api/v1/me`);
  if (response.status === 401) session.lose().catch(() => undefined);
  else if (response.ok) session.know(personOf((await response.json()) as Who));
}

interface Who {
  name: string;
  personId?: string;
}

export const personOf = (me: Who): string => me.personId ?? me.name;

if (channel)
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data === "out") session.leave();
    else if (session.isKnown && session.isLost() === (data === "in")) ask().catch(() => undefined);
  };
