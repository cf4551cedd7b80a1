// @vitest-environment happy-dom
import { expect, it, vi } from "vitest";
import { session } from "./door";

it("leaves nothing that one person typed to the next, in this tab", () => {
  const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
  session.know("ada");
  sessionStorage.setItem("runcast.test.enrich", '{"value": {"password": "secret"}}');
  session.know("ada");
  expect([sessionStorage.length, reload.mock.calls.length]).toEqual([1, 0]);
  session.know("grace");
  expect([sessionStorage.length, reload.mock.calls.length]).toEqual([0, 1]);
});
