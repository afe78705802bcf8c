import { AccountId, Digest, toInboxSubject } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { parseInboxSubject } from "./inbox.ts";

const [a, b] = [AccountId.parse(`A${"B".repeat(55)}`), AccountId.parse(`A${"C".repeat(55)}`)];
const digest = Digest.parse("A".repeat(43));

describe("parseInboxSubject", () => {
  it.each(["copy", "decision", "rejection", "notice"] as const)("reads back the subject of a %s", (kind) => {
    const subject = toInboxSubject(a, kind, b, digest);
    expect(parseInboxSubject(subject)).toEqual({ recipient: a, kind, sender: b, id: digest });
  });

  it.each([
    "",
    `leix.in.${a}.copy.${b}`,
    `leix.in.${a}.copy.${b}.`,
    `leix.in.${a}.copy.${b}.x.y`,
    `leix.in.${a}.other.${b}.x`,
    `leix.in.nobody.copy.${b}.x`,
    `leix.out.${a}.copy.${b}.x`,
  ])("is null for %j", (subject) => {
    expect(parseInboxSubject(subject)).toBeNull();
  });
});
