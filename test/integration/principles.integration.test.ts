import type { Draft } from "@leix/client";
import type { MessageRef } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createConsent,
  createNotification,
  createRequest,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The sample network, with an authority that is not designated to ask abroad, and an observer. */
const AGENCIES = [
  ...["AL", "RS", "ME", "MK"].map((country) => ({ id: `${country}-SPOC`, type: "police", role: "spoc" })),
  { id: "AL-CUSTOMS", type: "customs", role: "designated" },
  { id: "AL-BORDER", type: "border", role: "plain" },
  { id: "RS-FIU", type: "fiu", role: "designated" },
  { id: "MK-OBSERVER", type: "observer", role: "plain" },
];

let exchange: TestExchange;
/** Material of RS-FIU that AL-CUSTOMS holds, and consent to pass it on to ME-SPOC for prevention. */
let source: MessageRef;
let consent: MessageRef;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({ agencies: AGENCIES }),
    agencies: ["AL-CUSTOMS", "AL-BORDER", "RS-FIU", "ME-SPOC", "RS-SPOC", "AL-SPOC"],
  });
  const fiu = exchange.node("RS-FIU");
  source = (await fiu.send(createNotification(["AL-CUSTOMS"], "An account in Tirana."))).ref;
  const grant = {
    of: source,
    recipients: ["ME-SPOC"],
    purposes: ["prevention"],
    permits: ["forward"],
  } as const;
  consent = (await fiu.send(createConsent(["AL-CUSTOMS"], grant))).ref;
  await exchange.node("AL-CUSTOMS").untilReceived(consent);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const TEXT = "Who owns the lorry?";
const suspect = (basis?: string) => ({
  personal: { subjects: [{ category: "suspect" }], ...(basis ? { basis } : {}) },
});

interface Case {
  readonly name: string;
  readonly from?: string;
  readonly draft: () => Draft;
  /** By recipient, in order: the reasons why it was not let through, or none. */
  readonly reasons: readonly (readonly string[])[];
}

const CASES: readonly Case[] = [
  {
    name: "an observer exchanges nothing",
    draft: () => createRequest(["MK-OBSERVER"], TEXT),
    reasons: [["P01"]],
  },
  {
    name: "a request to another country's SPOC comes from a SPOC or a designated authority",
    from: "AL-BORDER",
    draft: () => createRequest(["RS-SPOC"], TEXT),
    reasons: [["P01"]],
  },
  {
    name: "any authority asks through its own SPOC",
    from: "AL-BORDER",
    draft: () => createRequest(["AL-SPOC"], TEXT),
    reasons: [[]],
  },
  {
    name: "an officer answers for a message",
    draft: () => createRequest(["RS-FIU"], TEXT, { officer: undefined }),
    reasons: [["P02"]],
  },
  {
    name: "a request says what for",
    draft: () => createRequest(["RS-FIU"], TEXT, { purpose: undefined }),
    reasons: [["P06"]],
  },
  {
    name: "a purpose that the terms do not add",
    draft: () => createRequest(["RS-FIU"], TEXT, { purpose: "prosecution" }),
    reasons: [["P06"]],
  },
  {
    name: "material received for one purpose is passed on for another only with consent to that",
    draft: () =>
      createNotification(["ME-SPOC"], TEXT, {
        ...{ purpose: "prevention", derivedFrom: [source], consents: [consent] },
      }),
    reasons: [["P16"]],
  },
  {
    name: "a source that the sender does not hold is none",
    from: "ME-SPOC",
    draft: () => createNotification(["AL-SPOC"], TEXT, { derivedFrom: [source] }),
    reasons: [["P17"]],
  },
  {
    name: "material goes back to where it came from without any consent",
    draft: () => createNotification(["RS-FIU"], TEXT, { derivedFrom: [source] }),
    reasons: [[]],
  },
  {
    name: "what carries information is marked",
    draft: () => createNotification(["RS-FIU"], TEXT, { handling: undefined }),
    reasons: [["P22"]],
  },
  {
    name: "H3 comes with its caveat",
    draft: () => createNotification(["RS-FIU"], TEXT, { handling: "H3" }),
    reasons: [["P22"]],
  },
  {
    name: "H3 with its caveat",
    draft: () =>
      createNotification(["RS-FIU"], TEXT, { handling: "H3", body: { text: TEXT, caveat: "Not in court." } }),
    reasons: [[]],
  },
  {
    name: "above what the exchange is accredited for",
    draft: () => createRequest(["ME-SPOC"], TEXT, { classification: "secret" }),
    reasons: [["P32"]],
  },
  {
    name: "who is cleared for what is nobody's business: partly permitted, and withheld",
    draft: () => createRequest(["ME-SPOC", "RS-FIU"], TEXT, { classification: "confidential" }),
    reasons: [[], ["withheld"]],
  },
  {
    name: "personal data without a basis",
    draft: () => createRequest(["RS-FIU"], TEXT, suspect()),
    reasons: [["P33"]],
  },
  {
    name: "personal data on a basis that the terms do not list",
    draft: () => createRequest(["RS-FIU"], TEXT, suspect("derogation")),
    reasons: [["P33"]],
  },
  {
    name: "personal data on a listed basis",
    draft: () => createRequest(["RS-FIU"], TEXT, suspect("treaty")),
    reasons: [[]],
  },
  {
    name: "personal data within one country",
    draft: () => createRequest(["AL-SPOC"], TEXT, suspect()),
    reasons: [[]],
  },
  {
    name: "a mandatory copy that is denied stops the whole message",
    draft: () => createNotification(["RS-FIU"], TEXT, { copies: ["AL-SPOC"], derivedFrom: [source] }),
    reasons: [["mandatory-copy-denied"], ["P17"]],
  },
];

test.each(CASES.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
  const sender = exchange.node(one.from ?? "AL-CUSTOMS");
  const { decision, status } = await sender.send(one.draft());
  expect(decision?.recipients.map(({ reasons }) => reasons)).toEqual(one.reasons);
  const denied = one.reasons.filter((reasons) => reasons.length > 0).length;
  const isPartly = denied > 0 && denied < one.reasons.length;
  expect(status).toBe(denied === 0 ? "permitted" : isPartly ? "partly-permitted" : "denied");
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
