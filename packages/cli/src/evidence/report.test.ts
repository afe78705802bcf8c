import type { Failure, Proof } from "@leix/evidence";
import { expect, test } from "vitest";
import { createPaper } from "../messages/paper.ts";
import { toCheckpointText, writeVerification } from "./report.ts";

function toText(failure: Omit<Failure, "isProven">): string {
  const written: string[] = [];
  writeVerification(createPaper({ write: (text) => written.push(text) }), { isProven: false, ...failure });
  return written.join("").replaceAll(/\s+/g, " ");
}

test("a reader who named another anchor or exchange is told so, and nothing to do to the ledger", () => {
  const anchor = toText({ part: "statements[0].record", code: "statement/not-genesis", detail: "" });
  expect(anchor).toMatch(/is not the one that you named.*--anchor.*\[statement\/not-genesis\]/);
  const exchange = toText({ part: "aud", code: "claims/audience", detail: "other.example" });
  expect(exchange).toMatch(/of the exchange other\.example.*--exchange.*\[claims\/audience\]/);
  for (const text of [anchor, exchange]) {
    expect(text).not.toMatch(/Publish|Send the message/);
    expect(text).toContain("Nothing in the file is to be believed.");
  }
  const message = toText({ part: "message.record", code: "claims/audience", detail: "other.example" });
  expect(message).not.toContain("--exchange");
});

test("a checkpoint lacks no cosignatures where the exchange asks for none", () => {
  const toProof = (quorum: number) => {
    return {
      findings: [
        { kind: "proven", what: "in-ledger", size: 9 },
        { kind: "not-proven", what: "single-history", countries: 0, quorum },
      ],
    } as unknown as Proof;
  };
  expect(toCheckpointText(toProof(0), "newest")).toContain("asks for no witness");
  expect(toCheckpointText(toProof(2), "newest")).toContain("its quorum of witnesses");
});
