import { describe, expect, it } from "vitest";
import { Session, type Word } from "./session";

function page() {
  const said: Word[] = [];
  const at = { reloads: 0 };
  return { said, at, session: new Session({ say: (word) => void said.push(word), reload: () => void (at.reloads += 1) }) };
}

describe("a sign-in that ends", () => {
  it("holds up what is asked until the same person is back", async () => {
    const { session, at } = page();
    session.know("ada");
    let told = 0;
    session.subscribe(() => (told += 1));
    const done: string[] = [];
    const waiting = [session.lose().then(() => done.push("read")), session.lose().then(() => done.push("cancel"))];
    await Promise.resolve();
    expect([session.isLost(), done.length, told]).toEqual([true, 0, 1]);
    session.know("ada");
    await Promise.all(waiting);
    expect([session.isLost(), done, told, at.reloads]).toEqual([false, ["read", "cancel"], 2, 0]);
  });

  it("does nothing of one person in the name of another", async () => {
    const { session, at } = page();
    session.know("ada");
    let isDone = false;
    void session.lose().then(() => (isDone = true));
    session.know("grace");
    await Promise.resolve();
    expect([isDone, at.reloads]).toEqual([false, 1]);
  });

  it("lets go of what nobody waits for", async () => {
    const { session } = page();
    session.know("ada");
    const stop = new AbortController();
    const waiting = session.lose(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow("aborted");
  });

  it("is none where nobody was signed in", () => {
    const { session, at } = page();
    session.leave();
    expect([session.isKnown, at.reloads]).toEqual([false, 0]);
  });

  it("on purpose leaves nothing of these pages", () => {
    const { session, at, said } = page();
    session.know("ada");
    session.out();
    expect([at.reloads, said]).toEqual([1, ["out"]]);
  });

  it("is told to the other tabs once, and so is that it is back", () => {
    const { session, said } = page();
    session.know("ada");
    void session.lose();
    void session.lose();
    session.know("ada");
    session.know("ada");
    expect(said).toEqual(["lost", "in"]);
  });
});
