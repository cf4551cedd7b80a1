import { describe, expect, it } from "vitest";
import { channelProblems, NO_CHANNEL, readChannel } from "./channel";

describe("a channel in the making", () => {
  it("says what is missing", () => {
    expect(Object.keys(channelProblems(NO_CHANNEL))).toEqual(["name", "url"]);
    expect(channelProblems({ ...NO_CHANNEL, name: "ops", type: "email", on: [] })).toMatchObject({ on: expect.any(String) as string, addresses: expect.any(String) as string });
    expect(channelProblems({ ...NO_CHANNEL, name: "ops", url: "https://example.com/hook" })).toEqual({});
    expect(channelProblems({ ...NO_CHANNEL, name: "ops", url: "https://example.com", on: ["slow", "backlog"] })).toHaveProperty("on");
  });

  it("is what the API takes", () => {
    expect(readChannel({ ...NO_CHANNEL, name: " ops ", type: "email", addresses: "a@x.com, b@x.com", url: "https://left-over", tasks: "charge" })).toEqual({ name: "ops", type: "email", on: ["failed"], addresses: ["a@x.com", "b@x.com"], tasks: ["charge"] });
    expect(readChannel({ ...NO_CHANNEL, name: "q", url: "https://x.com", on: ["backlog"], backlogOver: "50" })).toMatchObject({ url: "https://x.com", over: 50 });
  });
});
