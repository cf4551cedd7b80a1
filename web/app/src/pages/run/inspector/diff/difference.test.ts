import { describe, expect, it } from "vitest";
import { difference, textOf } from "./difference";

const shown = (before: string, after: string) => difference(before, after)?.hunks.map((hunk) => hunk.lines.map((line) => `${line.before ?? ""}|${line.after ?? ""}|${line.sign}${textOf(line)}`));

describe("a difference", () => {
  it("numbers the lines of both texts, with three around what changed", () => {
    const before = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].join("\n");
    expect(shown(before, before.replace("e", "E"))).toEqual([["2|2| b", "3|3| c", "4|4| d", "5||-e", "|5|+E", "6|6| f", "7|7| g", "8|8| h"]]);
  });

  it("keeps what is far apart apart", () => {
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    const after = lines.with(2, "two").with(35, "far").join("\n");
    expect(difference(lines.join("\n"), after)?.hunks).toHaveLength(2);
  });

  it("says which words of a line are others", () => {
    const found = difference("Hello Ada, welcome", "Hello Grace, welcome");
    const lines = found?.hunks[0]?.lines.map((line) => line.pieces.filter((piece) => piece.isChanged).map((piece) => piece.text));
    expect(lines).toEqual([["Ada"], ["Grace"]]);
  });

  it("does not compare the words of lines that have nothing in common", () => {
    const lines = difference("abc", "xyz")?.hunks[0]?.lines;
    expect(lines?.every((line) => line.pieces.every((piece) => !piece.isChanged))).toBe(true);
  });

  it("counts what came and went, and finds nothing where nothing did", () => {
    expect(difference("a\nb\n", "a\nc\nd\n")).toMatchObject({ added: 2, removed: 1 });
    expect(difference("a\nb\n", "a\nb\n")).toMatchObject({ hunks: [], added: 0, removed: 0 });
    expect(shown("a", "a\n")).toEqual([["1||-a", "|1|+a"]]);
  });
});
