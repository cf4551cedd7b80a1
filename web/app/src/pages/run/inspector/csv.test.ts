import { expect, it } from "vitest";
import { readCsv } from "./csv";

it("reads rows with quotes, line ends in cells, and no line end at its end", () => {
  expect(readCsv('name,"says ""hi"""\r\n"a\nb",\n1,2')).toEqual([["name", 'says "hi"'], ["a\nb", ""], ["1", "2"]]);
  expect(readCsv("a\tb\n", "\t")).toEqual([["a", "b"]]);
  expect(readCsv("1\n2\n3\n", ",", 2)).toEqual([["1"], ["2"]]);
  expect(readCsv("")).toEqual([]);
});
