import type { SentMessage } from "@leix/client";
import { LeixError } from "@leix/protocol";
import { expect, test } from "vitest";
import { createPaper } from "./paper.ts";
import { writeNext } from "./sent-text.ts";

function write(status: SentMessage["status"], hindrance?: LeixError): string {
  let written = "";
  const message = { ref: { id: "m-1" }, claims: { iss: "AL-SPOC" }, status } as unknown as SentMessage;
  writeNext(createPaper({ write: (text) => (written += text) }), message, hindrance);
  return written;
}

const refused = new LeixError("broker/unreachable", "refused", {
  cause: new Error("Authorization Violation"),
});
const away = new LeixError("broker/unreachable", "nobody listens", { cause: new Error("ECONNREFUSED") });

test.each([
  ["stored", refused, /refused[\s\S]*Ask your country's authority[\s\S]*do not send it again/],
  ["received", refused, /Ask your country's authority/],
  ["stored", away, /nobody listens\nNothing is lost[\s\S]*once the broker is there/],
  ["stored", undefined, /^Nothing is lost[\s\S]*once the broker is there/],
  [
    "received",
    new LeixError("client/decision-timeout"),
    /^Nothing is lost: see leix explain --as AL-SPOC m-1/,
  ],
  [
    "received",
    new LeixError("ledger/rolled-back"),
    /Tell the operator, with the id m-1\.[\s\S]*do not send it/,
  ],
] as const)("whose message is %s is told what to do", (status, hindrance, words) => {
  expect(write(status, hindrance)).toMatch(words);
});

test("of a decided message nothing is left to say", () => {
  expect(write("denied")).toBe("");
});
