import { describe, expect, it } from "vitest";
import { isVersionAtLeast, parseServerVersion } from "./server-version.ts";

describe("parseServerVersion", () => {
  it.each([
    ["nats-server: v2.15.1\n", "2.15.1"],
    ["nats-server: v2.16.0-RC.2\n", "2.16.0-RC.2"],
  ])("reads %j", (output, version) => {
    expect(parseServerVersion(output)).toBe(version);
  });

  it.each(["", "nats-server: 2.15.1\n", "other: v2.15.1\n", "nats-server: v2.15\n"])(
    "refuses %j",
    (output) => {
      expect(parseServerVersion(output)).toBeNull();
    },
  );
});

describe("isVersionAtLeast", () => {
  it.each([
    ["2.15.1", true],
    ["2.15.2", true],
    ["2.16.0", true],
    ["10.0.0", true],
    ["2.15.0", false],
    ["2.9.10", false],
    ["1.99.99", false],
    ["2.15.1-RC.1", false],
    ["2.15.2-RC.1", true],
  ])("%s against 2.15.1: %s", (version, expected) => {
    expect(isVersionAtLeast(version, "2.15.1")).toBe(expected);
  });
});
