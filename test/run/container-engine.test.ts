import { expect, test } from "vitest";
import { findContainerSuite, parseContainerWish } from "./container-engine.ts";

test("CI demands the container suite, a person's machine may lack it", () => {
  expect(parseContainerWish(undefined, true)).toBe("required");
  expect(parseContainerWish("", false)).toBe("auto");
  expect(parseContainerWish("off", true)).toBe("off");
});

test("any other wish is an error that names the three", () => {
  expect(() => parseContainerWish("yes", false)).toThrow("required, auto or off");
});

test("what is switched off is not looked for", async () => {
  expect(await findContainerSuite("off", "nats:none")).toMatchObject({ kind: "left-out" });
});
