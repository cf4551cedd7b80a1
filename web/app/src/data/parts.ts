/**
 * Parts of the app that are loaded when they are wanted. A server that is away for a moment is waited for: nothing that is
 * open goes away meanwhile. One that was upgraded has other parts: the page is loaded anew with the next step that one makes
 * in it, and says so until then.
 */

import { useSyncExternalStore } from "react";

type Found = "same" | "newer" | "away";

export interface Surroundings {
  /** Which app the server has now. */
  look: () => Promise<Found>;
  /** Load the page anew, at its present address. */
  reload: () => void;
  rest: (ms: number) => Promise<void>;
  now: () => number;
  /** When the page was last loaded anew for this, in this tab. */
  memory: Pick<Storage, "getItem" | "setItem">;
}

const RELOADED = "runcast.reloaded";
const RELOAD_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const PAUSE_MS_MAX = 3_000;
/** How often a part may be missing of an app that is the server's own. */
const TRIES = 4;

export class Parts {
  isOutdated = false;
  /** Whether one is on the way to another page, whose address is the present one already. */
  isOnTheWay: () => boolean = () => false;
  readonly #at: Surroundings;
  readonly #listeners = new Set<() => void>();

  constructor(at: Surroundings) {
    this.#at = at;
  }

  /** What `load` imports, as soon as it can be had. It never comes where the server has another app. */
  async load<T>(load: () => Promise<T>): Promise<T> {
    let missing = 0;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, PAUSE_MS_MAX)) {
      try {
        return await load();
      } catch (error) {
        const found = await this.check();
        if (found === "newer") {
          if (this.isOnTheWay()) this.turn();
          return new Promise<never>(() => undefined);
        }
        missing += found === "same" ? 1 : 0;
        if (missing >= TRIES) throw new Error("A part of this page could not be loaded", { cause: error });
        await this.#at.rest(pause);
      }
    }
  }

  /** Look whether the server still has the app of this page. */
  async check(): Promise<Found> {
    const found = await this.#at.look().catch(() => "away" as const);
    if (found === "newer" && !this.isOutdated) {
      this.isOutdated = true;
      for (const listener of this.#listeners) listener();
    }
    return found;
  }

  /** Somebody goes to another page: that of a newer app is loaded as a whole. */
  turn(): void {
    // Of servers behind one address some may be upgraded before others: not again and again.
    const last = Number(this.#at.memory.getItem(RELOADED) ?? 0);
    if (!this.isOutdated || this.#at.now() - last < RELOAD_MS) return;
    this.#at.memory.setItem(RELOADED, String(this.#at.now()));
    this.#at.reload();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** The script that the app begins with has another name in each build, the icon never has. */
async function look(): Promise<Found> {
  const script = document.querySelector<HTMLScriptElement>("script[type=module][src]");
  if (!script || (await isThere(script.src))) return "same";
  // What a proxy says whose server is away is no news of the server.
  return (await isThere(new URL("icon.svg", document.baseURI).href)) ? "newer" : "away";
}

/** Throws where the server cannot say. */
async function isThere(address: string): Promise<boolean> {
  const { ok, status } = await fetch(address, { method: "HEAD", cache: "no-store" });
  if (!ok && status !== 404) throw new Error(`the server says ${status}`);
  return ok;
}

export const parts = new Parts({
  look,
  // The address of a page that one goes to is the browser's with the end of this task.
  reload: () => void setTimeout(() => location.reload()),
  rest: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  now: () => Date.now(),
  memory: { getItem: (name) => sessionStorage.getItem(name), setItem: (name, value) => sessionStorage.setItem(name, value) },
});

/** What `load` imports, as soon as the server has it. */
export const loadPart = <T>(load: () => Promise<T>): Promise<T> => parts.load(load);

/** Whether the server has a newer app than this page is of. */
export function useIsOutdated(): boolean {
  return useSyncExternalStore(parts.subscribe, () => parts.isOutdated);
}
