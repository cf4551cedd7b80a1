import { describe, expect, it } from "vitest";
import type { AnswerForm } from "@/data/waits";
import { answerOf, said } from "./answer";

const publish = { label: "Publish", value: "publish", isRefusal: false };
const drop = { label: "Drop", value: "drop", isRefusal: true };
const whole: AnswerForm = { options: [publish, drop], fields: [], decides: "", isObject: false };
const part: AnswerForm = {
  options: [publish, drop],
  decides: "verdict",
  isObject: true,
  fields: [
    { name: "remark", label: "Remark", kind: "text", required: false, options: [], default: "" },
    { name: "reason", label: "Reason", kind: "text", required: true, options: [] },
    { name: "urgent", label: "Urgent", kind: "flag", required: false, options: [], default: false },
    { name: "stars", label: "Stars", kind: "integer", required: false, options: [] },
  ],
};

describe("an answer", () => {
  it("is the button's value, or an object that has it", () => {
    expect(answerOf(whole, drop, {})).toBe("drop");
    expect(answerOf(part, publish, { stars: 4, remark: "" })).toEqual({ verdict: "publish", reason: "", urgent: false, stars: 4 });
  });

  it("is told by the name of its button", () => {
    expect(said(whole, '"drop"')).toBe("Drop");
    expect(said(part, '{"verdict":"publish","remark":""}')).toBe("Publish");
    expect(said(undefined, "[1]")).toBe("[1]");
    expect(said(undefined, '"later"')).toBe("later");
  });
});
