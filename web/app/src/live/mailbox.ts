/** Values in the order in which they come, for one reader. */
export class Mailbox<T> implements AsyncIterable<T> {
  #values: T[] = [];
  #isOver = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  put(values: readonly unknown[]): void {
    this.#values.push(...(values as T[]));
    this.#wake();
  }

  end(error?: Error): void {
    this.#isOver = true;
    this.#error ??= error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const values = this.#values;
      this.#values = [];
      yield* values;
      if (this.#values.length > 0) continue;
      if (this.#isOver) {
        if (this.#error) throw this.#error;
        return;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
