import {
  createDisclosure,
  DECISION_TYP,
  type Disclosure,
  encodeRecord,
  encodeSdJwt,
  invariant,
  type MessageDecision,
  type ParsedRecord,
  parseRecord,
  signJws,
} from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { createTestLedger, startTestLedger } from "./ledger.testkit.ts";
import { isExact } from "./recorded-entry.ts";
import { createLayer } from "./state.ts";
import { createWorld, toSigningKey } from "./world.testkit.ts";

const genesis = await startTestLedger(createWorld());
const ledger = createTestLedger(genesis.world, createLayer(genesis.state));
await ledger.append(
  await genesis.world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], { classification: "unclassified" }),
);
const honest = parseRecord(ledger.records.at(-1) ?? new Uint8Array());

type Content = Partial<MessageDecision>;

/** The same record with another payload and other disclosures, signed by the policy service all the same. */
async function resign(content: Content, disclosures: readonly Disclosure[]): Promise<Uint8Array> {
  invariant(honest.kind === "message", "a message was recorded");
  const payload = { ...honest.decision.content, ...content };
  const { token } = await signJws(payload, DECISION_TYP, toSigningKey("policy"));
  const decision = encodeSdJwt(token, disclosures);
  return encodeRecord({ v: 1, kind: "message", message: honest.input.token, decision });
}

function toContent({ decision }: ParsedRecord): MessageDecision {
  invariant(decision.content.kind === "message", "a message was recorded");
  return decision.content;
}

/** Whether it is exact, and what an audit says of it. */
async function judge(bytes: Uint8Array): Promise<[boolean, string]> {
  const { audited, broken } = await auditBatch(createLayer(genesis.state), [bytes]);
  const code = broken?.code ?? audited[0]?.difference?.code ?? "sound";
  return [isExact(parseRecord(bytes)), code];
}

describe("a decision whose content is right, in a payload that is not the one made from it", () => {
  const { disclosures } = honest.decision;
  const content = toContent(honest);

  test("as it was made, it is exact", async () => {
    expect(await judge(await resign({}, disclosures))).toEqual([true, "sound"]);
  });

  test("the two hidden members in the other order", async () => {
    const _sd = content._sd.toReversed();
    expect(await judge(await resign({ _sd }, disclosures))).toEqual([false, "record/decided-otherwise"]);
  });

  test("a salt that is used twice", async () => {
    const [outcome, markings, first, second, ...others] = disclosures;
    invariant(outcome && markings && first && second, "two recipients");
    const again = createDisclosure(first.salt, second.value);
    const recipients = [content.recipients[0], { "...": again.digest }] as MessageDecision["recipients"];
    const bytes = await resign({ recipients }, [outcome, markings, first, again, ...others]);
    expect(await judge(bytes)).toEqual([false, "record/decided-otherwise"]);
  });

  test("a blank before a notice; after it, it is where it belongs", async () => {
    const notice = { to: "RS-FIU", rule: "P18", notice: "corrected", about: toRef() };
    const [telling, blank] = [
      createDisclosure("A".repeat(22), notice),
      createDisclosure("B".repeat(22), null),
    ];
    const withNotices = (...list: readonly Disclosure[]) =>
      resign({ notices: list.map(({ digest }) => ({ "...": digest })) }, [...disclosures, ...list]);
    expect(isExact(parseRecord(await withNotices(telling, blank)))).toBe(true);
    expect(isExact(parseRecord(await withNotices(blank, telling)))).toBe(false);
  });
});

function toRef() {
  invariant(honest.kind === "message", "a message was recorded");
  const { iss, id } = honest.claims;
  return { iss, id, digest: honest.input.digest };
}
