import { expect, it } from "vitest";
import { withPart } from "./OptionsDialog";

it("leaves out what is nothing, so that it is as the provider has it", () => {
  expect(withPart({ model: "a", sandbox: true }, "model", "")).toEqual({ sandbox: true });
  expect(withPart({}, "price_usd", 0)).toEqual({ price_usd: 0 });
  expect(withPart({ sandbox: true }, "sandbox", undefined)).toEqual({});
});
