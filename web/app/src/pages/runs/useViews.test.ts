// @vitest-environment happy-dom
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SavedView } from "@/data/views";
import { viewsQuery } from "@/data/views";
import { viewDeeds } from "./useViews";

const view = (id: string): SavedView => ({ id, name: id, filters: {} });
const UNDO_MS = 5_000;

describe("deleting a view", () => {
  const views = [view("a"), view("b"), view("c")];
  const sent: string[] = [];
  let status = 204;
  let client: QueryClient;
  const shown = () => client.getQueryData(viewsQuery.queryKey)?.data.map((one) => one.id);

  beforeEach(() => {
    vi.useFakeTimers();
    sent.length = 0;
    client = new QueryClient();
    client.setQueryData(viewsQuery.queryKey, { data: views });
    vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
      sent.push(`${init.method} ${path.slice(path.indexOf("/api"))}`);
      return new Response(status === 204 ? null : '{"error": "no"}', { status });
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("takes it from the page at once, and from the server when it can no longer be undone", async () => {
    status = 204;
    viewDeeds(client, views, {}).remove(view("b"));
    expect([shown(), sent]).toEqual([["a", "c"], []]);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect([shown(), sent]).toEqual([["a", "c"], ["DELETE /api/v1/views/b"]]);
  });

  it("gives it back in its place when the server refuses", async () => {
    status = 403;
    const [, second] = views;
    if (second) viewDeeds(client, views, {}).remove(second);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(shown()).toEqual(["a", "b", "c"]);
  });
});
