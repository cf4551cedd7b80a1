// @vitest-environment happy-dom
import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { valueQuery } from "./run";

const asked: string[] = [];
const of = (signature: string) => valueQuery("run_1", "payload", `https://runs.example.com/api/v1/presigned/${signature}`);

afterEach(() => {
  vi.unstubAllGlobals();
  asked.length = 0;
});

it("reads a large value once, however often its address changes, and of the server that the page is of", async () => {
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    return Promise.resolve(new Response("[1, null]"));
  });
  const queries = new QueryClient();
  expect(await queries.fetchQuery(of("first"))).toEqual([1, null]);
  expect(await queries.fetchQuery(of("second"))).toEqual([1, null]);
  expect(asked).toEqual(["/api/v1/presigned/first"]);
});

it("says why a large value cannot be had, instead of showing it as the value", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"error": "this address has expired: ask for a new one"}', { status: 403 })));
  await expect(new QueryClient().fetchQuery({ ...of("first"), retry: false })).rejects.toThrow("has expired");
});
