import type { ExplainedReason, MessageExplanation } from "@leix/client";
import { explainRule } from "@leix/principles";
import type { AgencyId, Obligation, PolicyId } from "@leix/protocol";
import { loadPolicyFiles } from "@leix/runtime";
import { Command } from "commander";
import { expect, test } from "vitest";
import { writeExplanation } from "./explanation-text.ts";
import { createPaper } from "./paper.ts";
import { addSendOptions } from "./send-flags.ts";

type Changes = { readonly [K in keyof MessageExplanation]?: MessageExplanation[K] };

function write(explanation: Changes): string {
  let written = "";
  const paper = createPaper({ write: (text) => (written += text) });
  const bare = { id: "m", direction: "sent", status: "denied", recipients: [], notices: [] } as const;
  writeExplanation(paper, { ...bare, ...explanation });
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

test("a permit has what follows from it, each rule behind it once", () => {
  const text = { ...reason, title: "Deadline", wrong: "Nothing is wrong.", todo: "Answer by then." };
  const duty = { rule: "P08" as const, duty: "answer", due: 1_800_000_000, offset: "+01:00", text };
  const recipients = ["RS-FIU", "RS-SPOC"].map((name): MessageExplanation["recipients"][number] => {
    const party = name as AgencyId;
    const unknown: Obligation = { rule: "P99", duty: "sing", party };
    const obligations = [{ ...duty, party }, unknown];
    return { agency: party, as: "to", effect: "permit", reasons: [], obligations };
  });
  expect(write({ status: "permitted", recipients })).toBe(
    `Permitted.

  RS-FIU   to  permitted
    RS-FIU is to answer the request by 2027-01-15 09:00 +01:00 (P08).
    RS-FIU is to sing (P99).
  RS-SPOC  to  permitted
    RS-SPOC is to answer the request by 2027-01-15 09:00 +01:00 (P08).
    RS-SPOC is to sing (P99).

  P08: Deadline
    Nothing is wrong.
    What to do: Answer by then.
    Modelled on Dir 3(d) (known, not re-read): https://example.org/dir
`,
  );
});

test("what the exchange has told since is shown with its place in the ledger", () => {
  const about = { iss: "AL-SPOC", id: "m", digest: "d" };
  const notices = [
    { rule: "P08", notice: "overdue", to: "AL-SPOC", by: "RS-FIU", about },
    { rule: "P30", notice: "erase", to: "AL-SPOC", by: "RS-FIU", about, due: 1_800_000_000 },
    { rule: "P99", notice: "sing", to: "AL-SPOC", about },
  ].map((notice, i) => ({ ledgerIndex: 7 + i, at: 1_800_000_000, arrivedMs: 0, notice }));
  expect(write({ status: "permitted", notices: notices as unknown as MessageExplanation["notices"] })).toBe(
    `Permitted.

  The exchange has told this agency:
    record 7, 2027-01-15 08:00 UTC: the time to do what is owed has run out: RS-FIU (P08)
    record 8, 2027-01-15 08:00 UTC: AL-SPOC is to erase what it holds, and acknowledge it as erased
    by 2027-01-15 08:00 UTC (P30)
    record 9, 2027-01-15 08:00 UTC: AL-SPOC is to sing (P99)
`,
  );
});

test("a rejection has what to do, and nothing of its detail is obeyed by a terminal", () => {
  const problem = { code: "input/schema", detail: "a\u001b[2J", when: "Wrong.", todo: "Mend it." } as const;
  expect(write({ status: "rejected", problem })).toBe(
    "Rejected.\n    Wrong. (a\\u{1b}[2J)\n    What to do: Mend it. [input/schema]\n",
  );
});

test("whose message was sent again is not told to send it again", () => {
  const problem = { code: "jws/key-not-valid", detail: "", when: "Wrong.", todo: "Sign." } as const;
  const replacedBy = "m2" as MessageExplanation["replacedBy"];
  expect(write({ status: "rejected", problem, ...(replacedBy ? { replacedBy } : {}) })).toMatch(
    /^Rejected\.\n +Wrong\.\n +What to do: Nothing: it was sent again as m2,/,
  );
});

test("what a rule wants declared is named by its flag, which there is", () => {
  const options = addSendOptions(new Command("send")).options.map(({ long }) => long);
  const policies = loadPolicyFiles().map(({ content }) => content);
  const ids = [...policies.join("\n").matchAll(/@id\("(P[^"]+)"\)/g)].map(([, id]) => id as PolicyId);
  const declared = ids.flatMap((id) => {
    const todo = explainRule(id, "en")?.todo ?? "";
    return todo.includes("declares.") ? [{ ...reason, reason: id, todo }] : [];
  });
  expect(declared.length).toBeGreaterThan(4);
  for (const one of declared) {
    const recipients = [{ ...deny, agency: "RS-FIU" as AgencyId, reasons: [one] }];
    const written = write({ recipients }).replaceAll(/\s+/g, " ");
    const flags = [...written.matchAll(/leix send (--[a-z-]+)/g)].map(([, flag]) => flag);
    expect(flags.length, one.reason).toBeGreaterThan(0);
    expect(options, one.reason).toEqual(expect.arrayContaining(flags));
    expect(written).not.toContain("declares.");
  }
});
