// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { useSending } from "./useSending";

describe("a form that is sent", () => {
  test("is busy until it has arrived, and gives back what came of it", async () => {
    const { result } = renderHook(useSending);
    let arrive: (made: string) => void = () => undefined;
    let sent: Promise<string | undefined> | undefined;
    act(() => {
      sent = result.current.send(() => new Promise<string>((resolve) => (arrive = resolve)));
    });
    expect(result.current.isBusy).toBe(true);
    await act(async () => {
      arrive("made");
      expect(await sent).toBe("made");
    });
    expect(result.current).toMatchObject({ isBusy: false, error: undefined });
  });

  test("says why it was refused, until it is sent again", async () => {
    const { result } = renderHook(useSending);
    await act(async () => {
      expect(await result.current.send(() => Promise.reject(new Error("wrong password")))).toBeUndefined();
    });
    expect(result.current).toMatchObject({ isBusy: false, error: "wrong password" });
    await act(async () => void (await result.current.send(() => Promise.resolve("in"))));
    expect(result.current.error).toBeUndefined();
  });
});
