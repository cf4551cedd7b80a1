import { describe, expect, it } from "vitest";
import { knownOf, NOTHING_TOLD } from "./known";

const ADA = "https://www.linkedin.com/in/ada";
const GRACE = "https://www.linkedin.com/in/grace";
const facts = [{ name: "title", value: "Analyst", source: "CSV" }];

describe("what is known of people", () => {
  it("is what a table, a text and pages say of them together", () => {
    const told = { text: "notes", pages: "a.example\n b.example", people: [{ linkedinUrl: ADA, facts }] };
    expect(knownOf(told, [ADA])).toEqual([{ linkedinUrl: ADA, facts, text: "notes", pages: ["a.example", "b.example"] }]);
  });

  it("is nothing that was said of somebody else", () => {
    const told = { text: "Name: Ada", pages: "", people: [{ linkedinUrl: ADA, facts }] };
    expect(knownOf(told, [ADA, GRACE])).toEqual([{ linkedinUrl: ADA, facts }]);
    expect(knownOf(told, [GRACE])).toEqual([{ linkedinUrl: GRACE, text: "Name: Ada" }]);
  });

  it("is not there where nothing was said", () => {
    expect(knownOf(NOTHING_TOLD, [ADA])).toEqual([]);
  });
});
