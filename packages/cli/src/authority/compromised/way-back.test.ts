import { AgencyId } from "@leix/protocol";
import { expect, test } from "vitest";
import { createPaper } from "../../messages/paper.ts";
import { type Loss, writeWayBack } from "./way-back.ts";

function write(loss: Omit<Loss, "agency">): string[] {
  let written = "";
  const paper = createPaper({ write: (text) => (written += text) });
  writeWayBack(paper, { agency: AgencyId.parse("AL-CUSTOMS"), ...loss });
  return written.trimEnd().split("\n").slice(1);
}

test("an agency without a key to sign with is invited, and makes a new user first", () => {
  expect(write({ use: "sig", isLastToSign: true })).toEqual([
    "  1. here: leix authority invite AL-CUSTOMS --out invitation.json",
    "  2. there: leix agency rotate --as AL-CUSTOMS --user; and start its node again",
    expect.stringMatching(/3\. there: .* --signing --invitation invitation\.json --out request\.json/),
    expect.stringContaining("approve request.json"),
    expect.stringContaining("join approval.json"),
  ]);
});

test("whoever can still sign vouches for the new key itself", () => {
  const steps = write({ use: "enc", isLastToSign: false });
  expect(steps.join("\n")).not.toContain("invit");
  expect(steps[1]).toContain("--encryption --out request.json");
});
