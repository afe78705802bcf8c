import { type Entry, follow } from "@leix/exchange";
import { forgeRecord, type TestLedger, toAccount } from "@leix/exchange/testkit";
import { AgencyId, type Digest, encodeUtf8, toDigest } from "@leix/protocol";
import { beforeAll, expect, test } from "vitest";
import { appointWitness, signCheckpoint, startSignedLedger } from "../evidence.testkit.ts";
import { type Completeness, encodeCompleteness } from "./completeness.ts";
import { createCompletenessCollector, type HeldMessage } from "./completeness-collector.ts";
import { verifyCompleteness } from "./verify-completeness.ts";

const NAME = "AL-SPOC";

/** Two messages of an agency that one record rejects, with a stranger's garbage between them. */
let ledger: TestLedger;
let file: Completeness;
let index: number;
beforeAll(async () => {
  ledger = await startSignedLedger();
  const messages: HeldMessage[] = [];
  let prev: Digest | null = null;
  for (const seq of [1, 2]) {
    const { ref, jws, input } = await ledger.world.message(NAME, ["RS-SPOC"], { seq, prev });
    prev = ref.digest;
    const { bytes } = input;
    messages.push({ seq, digest: ref.digest, token: jws.token, rawDigest: toDigest(bytes), input: bytes });
  }
  const [one, two] = messages.map(({ rawDigest }) => rawDigest) as [Digest, Digest];
  index = ledger.state.head.index;
  const { at } = ledger.state.head;
  const flood: Entry = {
    ...{ kind: "flood", index, received: at, at, minute: at - (at % 60) - 60 },
    input: { account: toAccount(NAME), sequence: 901, digest: one },
    inputs: [
      { sequence: 901, digest: one, code: "claims/too-old" },
      { sequence: 902, digest: toDigest(encodeUtf8("garbage")), code: "input/not-json" },
      { sequence: 903, digest: two, code: "jws/key-not-valid" },
    ],
  };
  const record = await forgeRecord(ledger, flood);
  await follow(ledger.state, record);
  ledger.records.push(record);
  await appointWitness(ledger);
  const checkpoint = await signCheckpoint(ledger, { witness: { agency: "RS-FIU", at: 1_800_000_060 } });
  const choice = { agency: AgencyId.parse(NAME), messages, checkpoint };
  const collector = createCompletenessCollector(ledger.world.trust, choice);
  for (const bytes of ledger.records) collector.add(bytes);
  file = await collector.finish();
});

const verify = (one: Completeness) => verifyCompleteness(encodeCompleteness(one), ledger.world.trust);

test("messages that one record rejects are each shown as rejected, with its own code", async () => {
  expect(await verify(file)).toMatchObject({
    isProven: true,
    rejected: [
      { seq: 1, index, code: "claims/too-old" },
      { seq: 2, index, code: "jws/key-not-valid" },
    ],
  });
});

test("what that record does not list was not rejected by it: evidence/differs", async () => {
  const stranger = await ledger.world.message(NAME, ["RS-SPOC"], { seq: 2, prev: null });
  const [first, second] = file.messages;
  if (first?.standing !== "rejected" || second?.standing !== "rejected") throw new Error("both are rejected");
  for (const [at, own] of [first, second].entries()) {
    const input = new TextDecoder().decode(stranger.input.bytes);
    const altered = { ...file, messages: file.messages.with(at, { ...own, input }) };
    expect(await verify(altered)).toMatchObject({ isProven: false, code: "evidence/differs" });
  }
});
