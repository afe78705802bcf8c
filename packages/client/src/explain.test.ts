import type { AgencyId, MessageId, OpenDecision, RecipientOutcome } from "@leix/protocol";
import { expect, test } from "vitest";
import type { SentMessage } from "./archive.ts";
import { explainMessage } from "./explain.ts";

/** Only what an explanation looks at. */
function createMessage(reasons: RecipientOutcome["reasons"]): SentMessage {
  const recipient = {
    agency: "RS-FIU" as AgencyId,
    as: "to" as const,
    effect: "deny" as const,
    reasons,
    obligations: [],
  };
  const decision = {
    content: { index: 7, received: 100, at: 101 },
    recipients: [recipient],
  } as unknown as OpenDecision;
  return { direction: "sent", ref: { id: "m" }, status: "denied", decision } as unknown as SentMessage;
}

test("a denial says where it stands, and each reason in words", () => {
  const explained = explainMessage(createMessage(["P17", "withheld"]), [], "en");
  expect(explained).toMatchObject({
    id: "m",
    status: "denied",
    ledgerIndex: 7,
    received: 100,
    decidedAt: 101,
  });
  const [rule, withheld] = explained.recipients[0]?.reasons ?? [];
  expect(rule).toMatchObject({ reason: "P17", title: "Originator control", confidence: "K" });
  expect(rule?.source).toContain("Dir");
  expect(withheld?.reason).toBe("withheld");
  expect(withheld?.source).toBeUndefined();
});

test("a language without texts is answered in English", () => {
  const [english, other] = ["en", "xx"].map((language) =>
    explainMessage(createMessage(["P17"]), [], language),
  );
  expect(other).toEqual(english);
});

test("a rule that this program has no text for is named all the same", () => {
  const [reason] = explainMessage(createMessage(["P99"]), [], "en").recipients[0]?.reasons ?? [];
  expect(reason).toMatchObject({ reason: "P99", title: "P99", todo: expect.stringContaining("Upgrade") });
});

test("of a message that was sent again it names the one that was", () => {
  const problem = { code: "jws/key-not-valid" as const, detail: "" };
  const message = { ...createMessage([]), status: "rejected" as const, problem };
  expect(explainMessage(message, [], "en")).not.toHaveProperty("replacedBy");
  const replaced = { ...message, replacedBy: "m2" as MessageId };
  expect(explainMessage(replaced, [], "en")).toMatchObject({ replacedBy: "m2", problem });
});

test("a problem outside the principles has what the catalogue says of it", () => {
  const message = { ...createMessage([]), problem: { code: "claims/too-old" as const, detail: "d" } };
  expect(explainMessage(message, [], "en").problem).toEqual({
    code: "claims/too-old",
    detail: "d",
    when: expect.any(String),
    todo: expect.stringContaining("new message"),
  });
});
