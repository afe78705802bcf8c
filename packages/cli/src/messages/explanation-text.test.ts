import type { ExplainedReason, MessageExplanation } from "@leix/client";
import type { AgencyId, Obligation } from "@leix/protocol";
import { expect, test } from "vitest";
import { writeExplanation } from "./explanation-text.ts";
import { createPaper } from "./paper.ts";

function write(explanation: Partial<MessageExplanation>): string {
  let written = "";
  const paper = createPaper({ write: (text) => (written += text) });
  writeExplanation(paper, { id: "m", direction: "sent", status: "denied", recipients: [], ...explanation });
  return written;
}

const reason: ExplainedReason = {
  reason: "P17",
  title: "Originator control",
  wrong: "It draws on another agency's material.",
  todo: "Ask for its consent.",
  source: "Dir 3(d)",
  link: "https://example.org/dir",
  confidence: "K",
};
const deny = { as: "to", effect: "deny", reasons: [reason], obligations: [] } as const;

test("a rule that denied several recipients is explained once", () => {
  const recipients = ["RS-FIU", "RS-SPOC"].map((agency) => ({ ...deny, agency: agency as AgencyId }));
  expect(write({ recipients, ledgerIndex: 7, decidedAt: 1_800_000_000 })).toBe(
    `Denied, record 7 of the ledger, 2027-01-15 08:00 UTC.

  RS-FIU   to  denied  P17
  RS-SPOC  to  denied  P17

  P17: Originator control
    It draws on another agency's material.
    To let it pass: Ask for its consent.
    Modelled on Dir 3(d) (known, not re-read): https://example.org/dir
`,
  );
});

test("a permit has its conditions", () => {
  const agency = "RS-FIU" as AgencyId;
  const duty: Obligation = {
    rule: "P33",
    duty: "document-transfer",
    party: "AL-SPOC" as AgencyId,
    due: 1_800_000_000,
  };
  const recipients = [{ agency, as: "copy", effect: "permit", reasons: [], obligations: [duty] }] as const;
  expect(write({ status: "permitted", recipients })).toBe(
    `Permitted.

  RS-FIU  copy  permitted
    Condition: document-transfer by AL-SPOC until 2027-01-15 08:00 UTC, because of P33
`,
  );
});

test("a rejection has what to do, and nothing of its detail is obeyed by a terminal", () => {
  const problem = { code: "input/schema", detail: "a\u001b[2J", when: "Wrong.", todo: "Mend it." } as const;
  expect(write({ status: "rejected", problem })).toBe(
    "Rejected.\n    Wrong. (a\\u{1b}[2J)\n    What to do: Mend it. [input/schema]\n",
  );
});
