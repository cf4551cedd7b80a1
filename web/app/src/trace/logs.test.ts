// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import type { LogLine } from "./logs";
import { colored, fileOf, filtered, levelOf, LEVELS, spansWith, textOf } from "./logs";
import type { Span } from "./span";

const line = (seq: number, made: Partial<LogLine> = {}): LogLine => ({ seq, at: "2026-11-21T12:00:00.007Z", level: "info", message: `line ${seq}`, attempt: 1, ...made });
const all = { levels: new Set(LEVELS), query: "", span: undefined };

describe("the lines of a log", () => {
  const lines = [line(1), line(2, { level: "WARN", step: "fetch" }), line(3, { level: "critical", attempt: 2, data: { host: "db" } })];

  it("are all shown, as they are, unless something is asked", () => expect(filtered(lines, all)).toBe(lines));
  it("are chosen by level, whatever it is called", () => {
    expect(lines.map(levelOf)).toEqual(["info", "warning", "error"]);
    expect(filtered(lines, { ...all, levels: new Set(["error"]) }).map((one) => one.seq)).toEqual([3]);
  });

  it("are searched with what is attached to them", () => expect(filtered(lines, { ...all, query: "HOST=db" }).map((one) => one.seq)).toEqual([3]));
  it("are those of a step, or of an attempt", () => {
    expect(filtered(lines, { ...all, span: { kind: "step", key: "fetch" } as Span }).map((one) => one.seq)).toEqual([2]);
    expect(filtered(lines, { ...all, span: { kind: "attempt", attempt: 2 } as Span }).map((one) => one.seq)).toEqual([3]);
  });

  it("find the steps that wrote them", () => expect([...spansWith("run_1", lines, "line")]).toEqual(["run_1", "run_1:fetch"]));
  it("go into a file", () => expect(fileOf(lines.slice(2))).toBe("2026-11-21T12:00:00.007Z ERROR   line 3 host=db\n"));
  it("keep the colours of a terminal, and are searched without them", () => {
    const esc = String.fromCharCode(27);
    const red = `${esc}[31mno${esc}[0m way`;
    expect(colored(red)).toEqual([
      { text: "no", className: "text-bad" },
      { text: " way", className: "" },
    ]);
    expect(textOf(line(1, { message: red }))).toBe("no way ");
  });
});
