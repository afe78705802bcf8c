import { decideOn, type TestLedger } from "@leix/exchange/testkit";
import {
  AgencyId,
  type Digest,
  decodeUtf8,
  encodeCanonicalBytes,
  encodeUtf8,
  invariant,
  LedgerIndex,
  parseRecord,
  toDigest,
} from "@leix/protocol";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { appointWitness, signCheckpoint, startSignedLedger } from "../evidence.testkit.ts";
import { type Completeness, encodeCompleteness } from "./completeness.ts";
import { createCompletenessCollector, type HeldMessage } from "./completeness-collector.ts";
import { verifyCompleteness } from "./verify-completeness.ts";

/** Ledgers are made and followed, on a machine that does other things too. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });

const NAME = "AL-SPOC";
const AGENCY = AgencyId.parse(NAME);
const STEP = 41;

type Sent = Awaited<ReturnType<TestLedger["world"]["message"]>>;

/** The agency's own chain: each message with its number, and the digest of the one before. */
class Chain {
  readonly sent: Sent[] = [];
  readonly #ledger: TestLedger;
  #prev: Digest | null = null;

  constructor(ledger: TestLedger) {
    this.#ledger = ledger;
  }

  async next(content: object = {}, oddities: object = {}): Promise<Sent> {
    const place = { seq: this.sent.length + 1, prev: this.#prev };
    const clear = { classification: "unclassified" };
    const sent = await this.#ledger.world.message(
      NAME,
      ["RS-SPOC"],
      { ...clear, ...place, ...content },
      oddities,
    );
    this.#prev = sent.ref.digest;
    this.sent.push(sent);
    return sent;
  }
}

function toHeld({ ref, jws, input }: Sent, i: number): HeldMessage {
  const rawDigest = toDigest(input.bytes);
  return { seq: i + 1, digest: ref.digest, token: jws.token, rawDigest, input: input.bytes };
}

let ledger: TestLedger;
let chain: Chain;
let first: number;
let checkpoint: string;
let held: HeldMessage[];
let whole: Completeness;
beforeAll(async () => {
  ledger = await startSignedLedger();
  chain = new Chain(ledger);
  first = ledger.records.length;
  const [one, two, three, four] = [
    await chain.next(),
    await chain.next({ classification: "secret" }),
    await chain.next({}, { key: "spare", text: "who owns the lorry" }),
    await chain.next(),
  ];
  await ledger.append(one, four, two, three);
  await chain.next();
  const told = await chain.next();
  await appointWitness(ledger);
  checkpoint = await signCheckpoint(ledger, { witness: { agency: "RS-FIU", at: 1_800_000_060 } });
  held = chain.sent.map(toHeld);
  // Decided, and never recorded: what the agency was told is all there is.
  const [decided] = await decideOn(ledger.world, ledger.state, [told.input]);
  invariant(decided?.kind === "record", "it is decided");
  const { decision } = parseRecord(decided.record);
  held = held.with(5, { ...toHeld(told, 5), decision: JSON.parse(decodeUtf8(decided.record)).decision });
  expect(decision.content.kind).toBe("message");
  whole = await make();
});

function make(messages = held, records: readonly Uint8Array[] = ledger.records, note = checkpoint) {
  const collector = createCompletenessCollector(ledger.world.trust, {
    agency: AGENCY,
    messages,
    checkpoint: note,
  });
  for (const bytes of records) collector.add(bytes);
  return collector.finish();
}

const verify = (file: Completeness, trust = ledger.world.trust) =>
  verifyCompleteness(encodeCompleteness(file), trust);

describe("an agency's messages in one file", () => {
  test("say where each is, and of which nothing in the ledger is shown", async () => {
    const found = await verify(whole);
    expect(found).toMatchObject({
      ...{ isProven: true, agency: NAME, first: 1, last: 6 },
      recorded: [
        { seq: 1, index: first, outcome: "permitted" },
        { seq: 2, index: first + 2, outcome: "denied" },
        { seq: 4, index: first + 1, outcome: "permitted" },
      ],
      rejected: [{ seq: 3, index: first + 3, code: "jws/key-unknown" }],
      unrecorded: [{ seq: 5 }, { seq: 6, told: ledger.records.length }],
      reorders: [2, 3].map((seq) => ({ seq, index: first + seq, higher: { seq: 4, index: first + 1 } })),
      log: { checkpoint: { size: ledger.records.length }, witnesses: [{ agency: "RS-FIU" }] },
    });
  });

  test("may begin anywhere, and need only what the agency is known by", async () => {
    const part = await make(held.slice(1, 3));
    expect(await verify(part)).toMatchObject({ isProven: true, first: 2, last: 3, unrecorded: [] });
    const kinds = part.statements.map(({ record }) => parseRecord(encodeCanonicalBytes(record)).kind);
    expect(new Set(kinds)).toEqual(new Set(["statement"]));
    expect(part.statements.length).toBeLessThan(first / 2);
  });

  test("go on where records were erased: shown is what the exchange signed, and the leaf", async () => {
    const file = await makeErased(held.with(0, withDecision(0)));
    expect(await verify(file)).toMatchObject({
      ...{ isProven: true, erased: [{ seq: 1, index: first }], unrecorded: [{ seq: 5 }, { seq: 6 }] },
    });
    const [own] = file.messages;
    invariant(own?.standing === "erased", "the first is erased");
    const { part } = own;
    const broken = [
      [{ ...part, index: LedgerIndex.parse(first + 1) }, "evidence/differs"],
      [{ ...part, entry: { ...part.entry, kind: "rejection" as const } }, "evidence/differs"],
      [{ ...part, entry: { ...part.entry, digest: toDigest("") } }, "tlog/inclusion"],
    ] as const;
    for (const [other, code] of broken) {
      const altered = { ...file, messages: file.messages.with(0, { ...own, part: other }) };
      const found = await verify(altered);
      expect(found).toMatchObject({ isProven: false, code });
      expect(found).toMatchObject({ part: expect.stringMatching(/^messages\[0\]\.part/) });
    }
    const { decision } = withDecision(1);
    invariant(decision, "it is decided");
    const borrowed = { ...file, messages: file.messages.with(0, { ...own, decision }) };
    expect(await verify(borrowed)).toMatchObject({ part: "messages[0].decision", code: "evidence/differs" });
  });

  test("show nothing of an erased record that the agency was not told of", async () => {
    expect(await verify(await makeErased(held))).toMatchObject({
      ...{ erased: [], unrecorded: [{ seq: 1 }, { seq: 5 }, { seq: 6 }] },
    });
  });

  /** As the agency is told: the decision of the record. */
  function withDecision(at: number): HeldMessage {
    const [one, own] = [held[at], whole.messages[at]];
    invariant(one && own?.standing === "recorded", "it is recorded");
    const { decision } = own.part.record;
    return { ...one, decision };
  }

  /** Of the ledger without the agency's first message. */
  function makeErased(messages: readonly HeldMessage[]): Promise<Completeness> {
    const choice = { agency: AGENCY, messages, checkpoint };
    const collector = createCompletenessCollector(ledger.world.trust, choice);
    const [own] = whole.messages;
    invariant(own?.standing === "recorded", "the first is recorded");
    for (const [i, bytes] of ledger.records.entries()) {
      if (i !== first) collector.add(bytes);
      else collector.addErased(encodeCanonicalBytes(own.part.entry));
    }
    return collector.finish();
  }
});

describe("a file that is not what it says", () => {
  test("leaves a message out, in the middle or by its number", async () => {
    const gap = { ...whole, messages: whole.messages.toSpliced(3, 1) };
    expect(await verify(gap)).toMatchObject({
      isProven: false,
      part: "messages[3]",
      code: "evidence/differs",
      detail: expect.stringContaining("--first 5"),
    });
    expect(await verify({ ...whole, first: 2 })).toMatchObject({ part: "first", code: "evidence/differs" });
    const swapped = { ...whole, messages: whole.messages.with(0, whole.messages[1] as never) };
    expect(await verify(swapped)).toMatchObject({ isProven: false, code: "evidence/differs" });
  });

  test("is of another agency, exchange or anchor", async () => {
    const other = { ...whole, agency: AgencyId.parse("RS-SPOC") };
    expect(await verify(other)).toMatchObject({ isProven: false });
    const { trust } = ledger.world;
    const aud = { ...trust, aud: "other.example" } as typeof trust;
    expect(await verify(whole, aud)).toMatchObject({ part: "aud", code: "claims/audience" });
    const anchor = { ...trust, anchorKey: "A".repeat(43) } as typeof trust;
    expect(await verify(whole, anchor)).toMatchObject({ part: "statements[0].record" });
  });

  test("has another message's decision on one, or one under a key that is not the agency's", async () => {
    const [, , , , lost, told] = whole.messages;
    invariant(lost?.standing === "unrecorded" && told?.standing === "unrecorded", "they are not");
    const borrowed = { ...whole, messages: whole.messages.with(4, { ...lost, ...pick(told) }) };
    expect(await verify(borrowed)).toMatchObject({ part: "messages[4].decision", code: "evidence/differs" });
    const [, , third] = held;
    invariant(third, "it was rejected for its key");
    const unsigned = { standing: "unrecorded", message: third.token, digest: toDigest(third.token) } as const;
    const file = { ...whole, messages: whole.messages.with(2, unsigned) };
    expect(await verify(file)).toMatchObject({ part: "messages[2].message", code: "jws/key-unknown" });
  });

  test("is not made where the checkpoint is of more, or of another tree", async () => {
    const short = make(held, ledger.records.slice(0, -1));
    await expect(short).rejects.toMatchObject({ code: "evidence/uncovered" });
    const forged = await signCheckpoint(ledger, { root: new Uint8Array(32) });
    await expect(make(held, ledger.records, forged)).rejects.toMatchObject({ code: "ledger/root-differs" });
  });
});

function pick({ decision }: { decision?: string | undefined }): { decision?: string } {
  return decision === undefined ? {} : { decision };
}

test("one changed byte anywhere fails, and the part is named", async () => {
  const bytes = encodeCompleteness(whole);
  const regions = listRegions(bytes);
  let tried = 0;
  for (let at = 0; at < bytes.length; at += STEP) {
    const altered = Uint8Array.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ (1 << (at & 3));
    const found = await verifyCompleteness(altered, ledger.world.trust);
    expect({ at, isProven: found.isProven }).toEqual({ at, isProven: false });
    const region = regions.find(({ begin, end }) => begin <= at && at < end);
    if (region && !found.isProven)
      expect([at, found.part]).toEqual([at, expect.stringContaining(region.part)]);
    tried++;
  }
  expect(tried).toBeGreaterThan(500);
});

/** Where the parts stand in the file. */
function listRegions(bytes: Uint8Array): { part: string; begin: number; end: number }[] {
  const text = decodeUtf8(bytes);
  const parts = [
    ...whole.messages.map((value, i) => ({ part: `messages[${i}]`, value })),
    ...whole.statements.map((value, i) => ({ part: `statements[${i}]`, value })),
    { part: "checkpoint", value: whole.checkpoint },
  ];
  return parts.map(({ part, value }) => {
    const own = decodeUtf8(encodeCanonicalBytes(value));
    const at = text.indexOf(own);
    expect(at).toBeGreaterThan(0);
    const begin = encodeUtf8(text.slice(0, at)).byteLength;
    return { part, begin, end: begin + encodeUtf8(own).byteLength };
  });
}
