// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { Parts, type Surroundings } from "./parts";

/** A page whose server is, one look after the other, as `found` says; then the last for ever. */
function page(...found: ("same" | "newer" | "away" | "broken")[]) {
  const memory = new Map<string, string>();
  const at = { reloads: 0, rests: 0, now: 1_000_000 };
  const surroundings: Surroundings = {
    look: async () => {
      const next = found.length > 1 ? found.shift() : found[0];
      if (next === "broken") throw new TypeError("Failed to fetch");
      return next ?? "same";
    },
    reload: () => void (at.reloads += 1),
    rest: async () => void (at.rests += 1),
    now: () => at.now,
    memory: { getItem: (name) => memory.get(name) ?? null, setItem: (name, value) => void memory.set(name, value) },
  };
  return { at, parts: new Parts(surroundings) };
}

/** An import that fails so many times. */
function failing(times: number) {
  let left = times;
  return async () => {
    if (left-- > 0) throw new TypeError("Failed to fetch dynamically imported module");
    return "the part";
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("a part of the app", () => {
  it("is waited for while the server is away, however long, and the page stays", async () => {
    const { at, parts } = page("broken", "away", "away", "away", "away", "away", "away", "same");
    expect(await parts.load(failing(8))).toBe("the part");
    expect([at.reloads, at.rests, parts.isOutdated]).toEqual([0, 8, false]);
  });

  it("that the server's own app lacks is a failure after some tries", async () => {
    const { at, parts } = page("same");
    await expect(parts.load(failing(100))).rejects.toThrow("could not be loaded");
    expect([at.reloads, at.rests]).toEqual([0, 3]);
  });

  it("of an older app never comes, and the page is loaded anew with the next step only", async () => {
    const { at, parts } = page("newer");
    let told = 0;
    parts.subscribe(() => (told += 1));
    void parts.load(failing(1));
    await settled();
    expect([at.reloads, told, parts.isOutdated]).toEqual([0, 1, true]);
    parts.turn();
    expect(at.reloads).toBe(1);
  });

  it("of an older app that a page on the way needs is had by loading that page anew", async () => {
    const { at, parts } = page("newer");
    parts.isOnTheWay = () => true;
    void parts.load(failing(1));
    await settled();
    expect(at.reloads).toBe(1);
  });

  it("does not make the page load again and again while servers of two versions answer in turn", async () => {
    const { at, parts } = page("newer");
    await parts.check();
    parts.turn();
    at.now += 1_000;
    parts.turn();
    expect(at.reloads).toBe(1);
    at.now += 60_000;
    parts.turn();
    expect(at.reloads).toBe(2);
  });

  it("leaves pages of the server's own app alone", async () => {
    const { at, parts } = page("same");
    await parts.check();
    parts.turn();
    expect(at.reloads).toBe(0);
  });
});
