import { describe, expect, it } from "vitest";
import { compareClocks } from "./doctor-broker.ts";
import { isFine, toLines, toProblem } from "./doctor-report.ts";
import { checkVersions } from "./doctor-versions.ts";

describe("checkVersions", () => {
  it.each([
    ["26.10.0", "2.15.1"],
    ["27.0.0", "2.16.0"],
    ["26.0.0", "3.0.0-beta.1"],
    ["26.0.0", undefined],
  ])("accepts Node %s with nats-server %s", (node, broker) => {
    expect(isFine(checkVersions(node, broker))).toBe(true);
  });

  it.each([
    ["25.9.9", "2.15.1", /Node 25.9.9 is older than 26.0.0/],
    ["26.10.0", "2.15.0", /nats-server 2.15.0 is older/],
    ["26.10.0", "2.9.25", /nats-server 2.9.25 is older/],
    ["26.10.0", "2.15.1-preview.2", /nats-server 2.15.1-preview.2 is older/],
  ])("refuses Node %s with nats-server %s", (node, broker, line) => {
    const report = checkVersions(node, broker);
    expect(isFine(report)).toBe(false);
    expect(toLines(report).join("\n")).toMatch(line);
  });
});

describe("compareClocks", () => {
  const at = Date.parse("2026-03-01T08:00:00Z");

  it("lets a small difference pass and names a large one, either way", () => {
    expect(isFine(compareClocks(at, at + 29_000, "the broker"))).toBe(true);
    const ahead = compareClocks(at, at + 3_600_000, "the broker");
    expect(toLines(ahead)).toEqual([
      expect.stringMatching(/this machine is 3600 s ahead of the broker. Set the clocks/),
    ]);
    const behind = compareClocks(at, at - 45_000, "the broker");
    expect(toLines(behind)).toEqual([expect.stringMatching(/45 s behind the broker/)]);
    expect(isFine(compareClocks(Number.NaN, at, "the broker"))).toBe(false);
  });
});

describe("a report", () => {
  it("is one line a check, or one a problem with what to do", () => {
    expect(toLines({ name: "x", summary: "all there", problems: [] })).toEqual([
      "ok       x            all there",
    ]);
    expect(toLines({ name: "x", skipped: "no connection" })).toEqual(["skipped  x            no connection"]);
    const problems = [
      { detail: "a", todo: "Do b." },
      { detail: "c", todo: "Do d." },
    ];
    expect(toLines({ name: "x", summary: "", problems })).toEqual([
      "problem  x            a. Do b.",
      "problem  x            c. Do d.",
    ]);
  });

  it("takes coded errors only: anything else is a defect", () => {
    expect(() => toProblem(new TypeError("defect"))).toThrow(TypeError);
  });
});
