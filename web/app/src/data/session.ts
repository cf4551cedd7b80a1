/**
 * Whether one is still signed in. What pages ask of the server once one is not waits until one is again: a page stays where
 * it was, with what was typed, and an action that was begun is done. All tabs of a browser sign in and out together.
 */

import { useSyncExternalStore } from "react";

/** What tabs, and the worker that keeps their connection, say to each other. */
export type Word = "lost" | "in" | "out";

export const channelName = (base: string) => `runcast.session|${base}`;

export interface Doorway {
  say: (word: Word) => void;
  /** Load the page anew, as whoever is signed in now. */
  reload: () => void;
}

export class Session {
  /** Who is signed in, as the last answer said; undefined: nobody was, yet. */
  #person: string | undefined;
  #lost: { back: Promise<void>; resolve: () => void } | undefined;
  readonly #door: Doorway;
  readonly #listeners = new Set<() => void>();

  constructor(door: Doorway) {
    this.#door = door;
  }

  readonly isLost = (): boolean => this.#lost !== undefined;

  /** Whether a refusal means that a sign-in ended; not before there was one. */
  get isKnown(): boolean {
    return this.#person !== undefined;
  }

  /** These pages are shown to somebody. Another one than before gets pages of their own. */
  know(person: string): void {
    const before = this.#person;
    this.#person = person;
    if (before !== undefined && before !== person) {
      this.#door.reload();
      return;
    }
    const lost = this.#lost;
    this.#lost = undefined;
    if (!lost) return;
    lost.resolve();
    this.#tell();
    this.#door.say("in");
  }

  /** The sign-in ended. Resolves when the same person is signed in again. */
  async lose(signal?: AbortSignal | null): Promise<void> {
    if (!this.#lost) {
      let resolve = () => undefined as void;
      const back = new Promise<void>((done) => (resolve = done));
      this.#lost = { back, resolve };
      this.#tell();
      this.#door.say("lost");
    }
    const { back } = this.#lost;
    await (signal ? Promise.race([back, aborted(signal)]) : back);
  }

  /** Somebody signed out on purpose: nothing of these pages is kept. */
  leave(): void {
    if (this.isKnown) this.#door.reload();
  }

  /** Sign out, in all tabs. */
  out(): void {
    this.#door.say("out");
    this.leave();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}

/** Whether the sign-in of these pages ended. */
export function useIsSignedOut(session: Session): boolean {
  return useSyncExternalStore(session.subscribe, session.isLost);
}

/** Until a tab says that one is signed in again. */
export async function signedIn(channel: EventTarget, signal?: AbortSignal | null): Promise<void> {
  const over = new AbortController();
  const back = new Promise<void>((resolve) => {
    const hear = (event: Event) => (event as MessageEvent<Word>).data === "in" && resolve();
    channel.addEventListener("message", hear, { signal: over.signal });
  });
  try {
    await (signal ? Promise.race([back, aborted(signal)]) : back);
  } finally {
    over.abort();
  }
}
