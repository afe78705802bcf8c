import type { ReceivedMessage, SentMessage } from "@leix/client";
import type { Form } from "@leix/protocol";
import { expect, test } from "vitest";
import { writeAcknowledgements, writeForm, writeMessage } from "./message-text.ts";
import { createPaper, type Paper } from "./paper.ts";

function writeTo(write: (paper: Paper) => void): string {
  let written = "";
  write(createPaper({ write: (text) => (written += text) }));
  return written;
}

const claims = {
  id: "m2",
  iss: "RS-FIU",
  kind: "answer",
  to: ["AL-SPOC"],
  copies: ["RS-SPOC"],
  thread: "m1",
  re: { iss: "AL-SPOC", id: "m1" },
  iat: 1_800_000_000,
  officer: { id: "pseudonym", role: "analyst" },
  purpose: "investigation",
  handling: "H2",
  classification: "restricted",
  offence: { maxPenaltyYears: 5, serious: true },
  spocException: "personal-safety",
  personal: {
    subjects: [{ category: "suspect" }, { category: "victim", minor: true }],
    ...{ basis: "treaty", special: "law", asOf: 1_800_000_000 },
  },
};
const decision = {
  content: { index: 9, received: 1_800_000_060 },
  markings: {
    handling: ["H1", "H2"],
    classification: "confidential",
    evaluation: { source: "X", information: "4" },
    deleteBy: 1_802_592_000,
    origins: [{ id: "m2" }, { id: "m0" }],
  },
  recipients: [{ obligations: [{ rule: "P33", duty: "document-transfer", party: "RS-FIU" }] }],
};
const ref = { iss: "RS-FIU", id: "m2", digest: "d" };
const message = {
  direction: "received",
  ref,
  status: "accepted",
  arrivedMs: 0,
  claims,
  decision,
} as unknown as ReceivedMessage;

test("a message shows what its sender stated, and what is in force on it", () => {
  expect(writeTo((paper) => writeMessage(paper, message))).toBe(
    `answer to AL-SPOC, copies to RS-SPOC, from RS-FIU
  id              m2
  state           verified
  thread          m1
  about           m1 of AL-SPOC
  sent            2027-01-15 08:00 UTC
  officer         pseudonym (analyst)
  purpose         investigation
  offence         at most 5 years, serious
  no copies for   personal-safety
  handling        H2 (not to anyone new without the provider's permission)
  classification  restricted
  personal data   suspect, victim (minor); basis: treaty; special categories: law; as of 2027-01-15 08:00 UTC
  in force        confidential, H1, H2
                  H1 (not in judicial proceedings without the provider's permission)
                  H2 (not to anyone new without the provider's permission)
  evaluated       X4
  keep until      2027-02-14 08:00 UTC
  goes back to    1 other message
  obligations     RS-FIU is to document the transfer (P33)
  ledger          record 9
  received        2027-01-15 08:01 UTC
`,
  );
});

test("of what cannot be trusted nothing is shown but that", () => {
  const problem = { code: "jws/signature-invalid", detail: "" };
  const { claims: _claims, decision: _decision, ...rest } = message;
  const untrusted = { ...rest, status: "unverifiable", problem } as ReceivedMessage;
  expect(writeTo((paper) => writeMessage(paper, untrusted))).toBe(
    "a message\n  id     m2\n  state  not to be trusted: it could not be verified [jws/signature-invalid]\n",
  );
});

test("a text is shown with its fields, and cannot write elsewhere on the screen", () => {
  const form: Form = {
    v: 1,
    form: "request",
    text: "one\ntwo\u001b[H",
    facts: "f\u0007",
    persons: ["a", "b"],
  };
  expect(writeTo((paper) => writeForm(paper, form))).toBe(
    "\n  facts: f\\u{7}\n  persons: a, b\n  one\n  two\\u{1b}[H\n",
  );
  expect(writeTo((paper) => writeForm(paper, undefined))).toBe("\n  It has no text.\n");
});

test("everyone addressed is listed, whether it has acknowledged or not", () => {
  const sent = { claims } as unknown as SentMessage;
  const acknowledgements = [{ agency: "RS-SPOC", status: "received", arrivedMs: 1_800_000_000_000 }] as never;
  expect(writeTo((paper) => writeAcknowledgements(paper, sent, acknowledgements))).toBe(
    "\n  AL-SPOC  has not acknowledged it\n  RS-SPOC  received 2027-01-15 08:00 UTC\n",
  );
});

test("whom the exchange denied it does not owe an acknowledgement", () => {
  const decision = { recipients: [{ agency: "AL-SPOC", effect: "deny" }] };
  const sent = { claims, decision } as unknown as SentMessage;
  expect(writeTo((paper) => writeAcknowledgements(paper, sent, []))).toBe(
    "\n  AL-SPOC  was not given it\n  RS-SPOC  has not acknowledged it\n",
  );
  const rejected = { claims, status: "rejected" } as unknown as SentMessage;
  expect(writeTo((paper) => writeAcknowledgements(paper, rejected, []))).toBe("");
});
