const SILENCE_MS = 45_000;
/** A server says something at once. Where nothing comes, a proxy keeps it back. */
const FIRST_MS = 15_000;
const LOOK_MS = 2_500;

/**
 * A connection that says nothing for too long is given up: a network may forget it without a word. Whoever comes back from
 * sleep, or into a network, begins anew: by the clock, for timers stand still meanwhile.
 */
export class Silence {
  readonly #attempt = new AbortController();
  readonly #ms: number;
  readonly #given: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #since = Date.now();
  #heardAt: number | undefined;

  constructor(ms = SILENCE_MS, given?: AbortSignal) {
    this.#ms = ms;
    this.#given = given;
    if (given?.aborted) this.#abort();
    given?.addEventListener("abort", this.#abort, { once: true });
    this.#timer = setInterval(this.#look, Math.min(LOOK_MS, ms));
    for (const change of ["online", "offline"]) globalThis.addEventListener?.(change, this.#abort);
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  /** Whether anything came. */
  get isBroken(): boolean {
    return this.#heardAt !== undefined;
  }

  /** The same chunks; each is a sign of life. `onFirst`: the connection stands. */
  async *broken(chunks: AsyncIterable<string>, onFirst: () => void = () => undefined): AsyncGenerator<string> {
    for await (const chunk of chunks) {
      if (this.#heardAt === undefined) onFirst();
      this.#heardAt = Date.now();
      yield chunk;
    }
  }

  end(): void {
    clearInterval(this.#timer);
    this.#given?.removeEventListener("abort", this.#abort);
    for (const change of ["online", "offline"]) globalThis.removeEventListener?.(change, this.#abort);
  }

  readonly #abort = (): void => this.#attempt.abort();

  readonly #look = (): void => {
    const isFirst = this.#heardAt === undefined;
    const silentMs = Date.now() - (this.#heardAt ?? this.#since);
    if (silentMs >= (isFirst ? Math.min(FIRST_MS, this.#ms) : this.#ms)) this.#abort();
  };
}

/** Rest; until the signal is aborted, or the computer is in a network again, at most. */
export function rest(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      globalThis.removeEventListener?.("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.("online", done);
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done, { once: true });
  });
}
