/** Parts of a stream as a text. A part that is no text is a line of JSON; `undefined` stands for a try that was given up. */

export interface Appended {
  /** Everything before it is gone. */
  isReset: boolean;
  text: string;
}

/** What parts after a number add to a text. */
export function appended(parts: readonly unknown[], from: number): Appended {
  let isReset = false;
  let text = "";
  for (const part of parts.slice(from)) {
    if (part === undefined) {
      isReset = true;
      text = "";
    } else text += typeof part === "string" ? part : `${JSON.stringify(part)}\n`;
  }
  return { isReset, text };
}

const MARKS = /(^|\n)(#{1,6} |[-*+] |\d+\. |> |```|\|.+\|)|\*\*[^*\n]+\*\*|\[[^\]\n]+\]\([^)\n]+\)/;

/** Whether a text was meant to be laid out. */
export function looksLikeMarkdown(text: string): boolean {
  return MARKS.test(text);
}

const WINDOW_MS = 3_000;

/** Parts a second, over the last few seconds. What is there when one begins to look counts for nothing. */
export class Pace {
  #seen: { at: number; count: number }[] = [];

  note(count: number, at: number): number {
    this.#seen = [...this.#seen.filter((one) => at - one.at <= WINDOW_MS), { at, count }];
    const first = this.#seen[0];
    if (!first || at - first.at < 250) return 0;
    return ((count - first.count) * 1_000) / (at - first.at);
  }
}
