// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { serverNow } from "@/format/time";
import { get, post } from "./api";

const asked: RequestInit[] = [];
const HOUR_MS = 3_600_000;

function answering(headers: Record<string, string>): void {
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    asked.push(init);
    return Promise.resolve(new Response("{}", { headers }));
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  asked.length = 0;
});

const date = (at: number) => new Date(at).toUTCString();
const offset = () => Math.round((serverNow() - Date.now()) / HOUR_MS);

describe("the server's clock", () => {
  it("is learned from what the server just said, not from what the browser kept of it", async () => {
    answering({ "cache-control": "no-store", date: date(Date.now() + 2 * HOUR_MS) });
    await get("/api/v1/me");
    expect(offset()).toBe(2);
    answering({ "cache-control": "private, max-age=3600", date: date(Date.now() - HOUR_MS) });
    await get("/api/v1/runs/run_1/artifacts/artifact_1");
    expect(offset()).toBe(2);
    answering({ "cache-control": "no-store", date: date(Date.now()) });
    await get("/api/v1/me");
    expect(offset()).toBe(0);
  });
});

describe("what is changed", () => {
  it("is changed although the page is closed at that moment, where a browser allows it", async () => {
    answering({});
    await post("/api/v2/runs/run_1/cancel");
    await post("/api/v1/tasks/hello/trigger", { payload: "x".repeat(100_000) });
    expect(asked.map((one) => one.keepalive)).toEqual([true, false]);
  });
});
