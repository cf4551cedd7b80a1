import { describe, expect, it } from "vitest";
import { readDotenv } from "./dotenv";

describe("a .env file", () => {
  it("is names and values, with quotes and comments taken off", () => {
    const text = `# keys
OPENAI_API_KEY=sk-1
export REGION = eu  # near
EMPTY=
URL="https://example.com/#top"
RAW='a\\n$b'
LINES="one
two"
ESCAPED="a\\n\\"b\\""
HASH=a#b
`;
    expect(readDotenv(text)).toEqual({
      variables: { OPENAI_API_KEY: "sk-1", REGION: "eu", EMPTY: "", URL: "https://example.com/#top", RAW: "a\\n$b", LINES: "one\ntwo", ESCAPED: 'a\n"b"', HASH: "a#b" },
      wrong: [],
    });
  });

  it("tells what it does not understand", () => {
    expect(readDotenv('no name\n1X=2\nOPEN="never closed\nA=1\r\nB=2')).toEqual({ variables: {}, wrong: ["no name", "1X=2", 'OPEN="never closed'] });
    expect(readDotenv("A=1\r\nB=2").variables).toEqual({ A: "1", B: "2" });
  });
});
