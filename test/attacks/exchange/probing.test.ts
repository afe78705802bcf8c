import { encodeCanonical, type MessageRef, type OpenDecision, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  createConsent,
  createNotification,
  type Forge,
  type Members,
  openForge,
  type PartyWire,
  startTestExchange,
  type TestExchange,
  toDraft,
  type WireAnswer,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/**
 * A sender who guesses references, to learn from the answers what exists and who was let to read it. It is
 * told the same whatever there is: but for what names its own message, the place of the record, and salts.
 */
const PROBER = "AL-CUSTOMS";

let exchange: TestExchange;
let forge: Forge;
let wire: PartyWire;
/** Messages between others: one that was let through, one that was denied, one to the prober itself. */
let foreign: MessageRef;
let denied: MessageRef;
let own: MessageRef;
/**
 * Consents over `own`: one that was given to someone else, one that was given to the prober and withdrawn.
 */
let foreignConsent: MessageRef;
let withdrawnConsent: MessageRef;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["RS-FIU", "ME-SPOC", "MK-SPOC"] });
  forge = await openForge(exchange);
  wire = await exchange.wire(PROBER);
  const fiu = exchange.node("RS-FIU");
  const send = async (draft: Parameters<typeof fiu.send>[0]) => (await fiu.send(draft)).ref;
  foreign = await send(createNotification(["ME-SPOC"], "between others"));
  denied = await send(createNotification(["ME-SPOC"], "not marked", { handling: undefined }));
  own = await send(createNotification([PROBER], "for the prober"));
  const grant = { of: own, recipients: ["MK-SPOC"] };
  foreignConsent = await send(createConsent(["ME-SPOC"], grant));
  withdrawnConsent = await send(createConsent([PROBER], grant));
  await send(toDraft({ kind: "consent-withdrawal", to: [PROBER], re: withdrawnConsent }));
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const absent = (): MessageRef => ({
  ...foreign,
  id: "01a20000-0000-7000-8000-000000000000" as MessageRef["id"],
});
const misquoted = (): MessageRef => ({ ...foreign, digest: toDigest("guessed") });

async function probe(claims: Members): Promise<WireAnswer> {
  const { bytes, id, raw } = await forge.message(PROBER, ["MK-SPOC"], {
    claims: { text: undefined, ...claims },
  });
  await wire.publish(bytes);
  return Promise.race([wire.untilAnswered(id), wire.untilAnswered(raw)]);
}

/** All that the answer tells, without what differs between any two answers. */
function toPublic({ decision, detail, kind }: WireAnswer): string {
  const { content, outcome, markings, recipients, grounds, disclosures } = decision;
  return encodeCanonical({
    ...{ kind, detail: detail ?? null, content: toComparable(content) },
    ...{ outcome: outcome ?? null, markings: markings !== undefined, recipients: [...recipients] },
    ...{ grounds: grounds.length, disclosures: disclosures.map(({ name, value }) => [name ?? "", value]) },
  });
}

function toComparable(content: OpenDecision["content"]): object {
  const { index: _index, prev: _prev, received: _received, at: _at, input: _input, ...rest } = content;
  if (!("message" in rest)) return rest;
  const { message: _message, _sd, recipients, grounds, ...same } = rest;
  return { ...same, _sd: _sd.length, recipients: recipients.length, grounds: grounds.length };
}

const marked = {
  kind: "notification",
  purpose: "investigation",
  handling: "H1",
  classification: "restricted",
};

describe("the same is told", () => {
  test("of a source that is absent, misquoted, denied, or held by others only", async () => {
    const answers = [];
    for (const ref of [absent(), misquoted(), denied, foreign]) {
      answers.push(await probe({ ...marked, derivedFrom: [ref] }));
    }
    expect(answers[0]?.decision.recipients).toMatchObject([{ effect: "deny", reasons: ["P17"] }]);
    expect(new Set(answers.map(toPublic)).size).toBe(1);
  });

  test("of a consent that is absent, misquoted, given to someone else, or withdrawn", async () => {
    const answers = [];
    for (const consent of [absent(), misquoted(), foreignConsent, withdrawnConsent]) {
      answers.push(await probe({ ...marked, derivedFrom: [own], consents: [consent] }));
    }
    expect(answers[0]?.decision.recipients).toMatchObject([{ effect: "deny", reasons: ["P17"] }]);
    expect(new Set(answers.map(toPublic)).size).toBe(1);
  });

  test("of a thread that is absent, misquoted, denied, or others'", async () => {
    const answers = [];
    for (const re of [absent(), misquoted(), denied, foreign]) {
      answers.push(await probe({ re, thread: re.id }));
    }
    expect(answers[0]?.decision.content).toMatchObject({ kind: "rejection", code: "claims/thread" });
    expect(new Set(answers.map(toPublic)).size).toBe(1);
  });
});

test("an answer that tells more is told apart", async () => {
  const [one, other] = [await probe({ ...marked, derivedFrom: [absent()] }), await probe(marked)];
  expect(other.decision.outcome).toBe("permitted");
  expect(toPublic(one)).not.toBe(toPublic(other));
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
