import { describe, expect, it } from "vitest";
import { asBody, startOf } from "./draft";

const draft = { ...startOf(undefined, "Europe/Berlin"), task: "digest" };

describe("the draft of a schedule", () => {
  it("leaves out what is empty", () => {
    expect(asBody({ ...draft, cron: " @daily " })).toEqual({ task: "digest", cron: "@daily", timezone: "Europe/Berlin", overlap: "allow", catchUp: "last", window: null, externalId: null, payload: null });
  });

  it("reads the payload", () => expect(asBody({ ...draft, payload: '{"width": 3}' }).payload).toEqual({ width: 3 }));

  it.each(["[1]", "3", "null", "{"])("refuses the payload %s", (payload) => expect(() => asBody({ ...draft, payload })).toThrow(/payload/));
});
