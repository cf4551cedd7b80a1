/** How two texts differ, line by line, and within lines that were changed by word. */

import { diffWordsWithSpace, structuredPatch } from "diff";

export interface Piece {
  text: string;
  isChanged: boolean;
}

export interface Line {
  sign: " " | "+" | "-";
  /** In the text before, and in the one after; absent where it has no such line. */
  before?: number;
  after?: number;
  pieces: Piece[];
}

/** Lines that stand together, with a few that are the same around them. */
export interface Hunk {
  lines: Line[];
}

export interface Difference {
  hunks: Hunk[];
  added: number;
  removed: number;
}

const AROUND = 3;
const TIME_MS = 1_000;
const WORDS_CHARS_MAX = 2_000;

/** `undefined`: they have so little in common that it would take too long. */
export function difference(before: string, after: string): Difference | undefined {
  const patch = structuredPatch("", "", before, after, "", "", { context: AROUND, timeout: TIME_MS });
  if (!patch) return undefined;
  const hunks = patch.hunks.map((hunk) => ({ lines: withWords(numbered(hunk.lines, hunk.oldStart, hunk.newStart)) }));
  const all = hunks.flatMap((hunk) => hunk.lines);
  return { hunks, added: all.filter((line) => line.sign === "+").length, removed: all.filter((line) => line.sign === "-").length };
}

function numbered(lines: readonly string[], oldStart: number, newStart: number): Line[] {
  let [before, after] = [oldStart, newStart];
  const found: Line[] = [];
  for (const line of lines) {
    const pieces = [{ text: line.slice(1), isChanged: false }];
    if (line.startsWith("-")) found.push({ sign: "-", before: before++, pieces });
    else if (line.startsWith("+")) found.push({ sign: "+", after: after++, pieces });
    // What remains says that a text has no line break at its end.
    else if (line.startsWith(" ")) found.push({ sign: " ", before: before++, after: after++, pieces });
  }
  return found;
}

/** As many lines that came as went: each is another form of the one before. */
function withWords(lines: Line[]): Line[] {
  const made = [...lines];
  for (let start = 0; start < lines.length; start += 1) {
    const count = runOf(lines, start, "-");
    if (count === 0) continue;
    if (runOf(lines, start + count, "+") === count) {
      for (let at = start; at < start + count; at += 1) pair(made, at, at + count);
    }
    start += count - 1;
  }
  return made;
}

function runOf(lines: readonly Line[], start: number, sign: Line["sign"]): number {
  let end = start;
  while (lines[end]?.sign === sign) end += 1;
  return end - start;
}

function pair(lines: Line[], went: number, came: number): void {
  const [old, fresh] = [lines[went], lines[came]];
  if (!old || !fresh) return;
  const [before, after] = [textOf(old), textOf(fresh)];
  if (before.length + after.length > WORDS_CHARS_MAX) return;
  const words = diffWordsWithSpace(before, after);
  // Nothing in common: one line went and another came.
  if (!words.some((word) => !word.added && !word.removed && word.value.trim() !== "")) return;
  lines[went] = { ...old, pieces: words.filter((word) => !word.added).map((word) => ({ text: word.value, isChanged: Boolean(word.removed) })) };
  lines[came] = { ...fresh, pieces: words.filter((word) => !word.removed).map((word) => ({ text: word.value, isChanged: Boolean(word.added) })) };
}

export const textOf = (line: Line): string => line.pieces.map((piece) => piece.text).join("");
