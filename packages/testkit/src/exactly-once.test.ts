import { createTestLedger, createWorld, startTestLedger, toAccount } from "@leix/exchange/testkit";
import { type AccountId, invariant, type ParsedRecord, parseRecord, toDigest } from "@leix/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { findViolations, type Observation, type ObservedStore } from "./exactly-once.ts";

const SENDER = toAccount("AL-SPOC");
const OFFICER = { id: "A".repeat(22), role: "officer" };

let sound: Observation;
let message: Extract<ParsedRecord, { kind: "message" }>;
/** The same acknowledgement once more, under an id of its own. */
let again: ParsedRecord;

/** One message of AL-SPOC that RS-SPOC received and acknowledged, and one input that was rejected. */
beforeAll(async () => {
  const world = createWorld();
  const genesis = await startTestLedger(world);
  const ledger = createTestLedger(world, genesis.state);
  const sent = await world.message("AL-SPOC", ["RS-SPOC"], { officer: OFFICER });
  const { ref } = sent;
  const acknowledged = await world.message("RS-SPOC", ["AL-SPOC"], {
    ...{ kind: "acknowledgement", status: "received", purpose: undefined },
    ...{ thread: ref.id, re: ref },
  });
  const garbage = world.bytes("AL-SPOC", "garbage");
  await ledger.append(sent, acknowledged);
  await ledger.appendInputs([garbage]);
  const records = ledger.records.map((bytes) => parseRecord(bytes));
  const acknowledgedAgain = await world.message("RS-SPOC", ["AL-SPOC"], {
    ...{ kind: "acknowledgement", status: "received", purpose: undefined },
    ...{ thread: ref.id, re: ref },
  });
  await ledger.append(acknowledgedAgain);
  again = parseRecord(ledger.records.at(-1) ?? new Uint8Array());
  const [first, second, third] = records;
  invariant(
    first?.kind === "message" && second?.kind === "message" && third?.kind === "rejection",
    "as planned",
  );
  message = first;
  const toAnswer = ({ decision: { content } }: ParsedRecord) => {
    return { index: content.index, digest: content.input.digest };
  };
  sound = {
    inputs: [
      { account: SENDER, signed: sent.jws.digest, raw: toDigest(sent.input.bytes) },
      { account: toAccount("RS-SPOC"), signed: acknowledged.jws.digest },
      { account: SENDER, raw: toDigest(garbage.bytes) },
    ],
    records,
    stores: new Map<string, ObservedStore>([
      [
        "AL-SPOC",
        {
          copies: [acknowledged.ref],
          answers: [toAnswer(first), toAnswer(third)],
          notices: [],
          acknowledges: true,
        },
      ],
      ["RS-SPOC", { copies: [ref], answers: [toAnswer(second)], notices: [], acknowledges: true }],
    ]),
    accounts: new Map<AccountId, string>([
      [SENDER, "AL-SPOC"],
      [toAccount("RS-SPOC"), "RS-SPOC"],
    ]),
    audit: { checked: records.length, ledger: records.length, mismatches: 0 },
  };
});

function withStore(party: string, change: (store: ObservedStore) => Partial<ObservedStore>): Observation {
  const store = sound.stores.get(party);
  invariant(store, party);
  return { ...sound, stores: new Map([...sound.stores, [party, { ...store, ...change(store) }]]) };
}

/** What each line is about, without the ids. */
const rulesOf = (observation: Observation) => findViolations(observation).map((line) => line.split(":")[0]);

test("nothing is wrong with a run in which everything happened once", () => {
  expect(findViolations(sound)).toEqual([]);
});

test("a party that nobody looked at is left out", () => {
  expect(findViolations({ ...sound, stores: new Map() })).toEqual([]);
});

describe("inputs and records", () => {
  test("an input that the ledger does not have", () => {
    const lost = { account: SENDER, raw: toDigest("lost") };
    expect(rulesOf({ ...sound, inputs: [...sound.inputs, lost] })).toEqual(["not recorded"]);
  });

  test("an input that another account sent", () => {
    const [first, ...others] = sound.inputs;
    invariant(first, "an input");
    const inputs = [{ ...first, account: toAccount("RS-FIU") }, ...others];
    expect(rulesOf({ ...sound, inputs })).toEqual(["not recorded"]);
  });

  test("a record that is there twice", () => {
    const records = [...sound.records, message];
    const audit = { checked: records.length, ledger: records.length, mismatches: 0 };
    const found = rulesOf({ ...sound, records, audit });
    expect(found).toEqual(["decided twice", "decided twice", "decided twice"]);
  });

  test("an input that is accepted and rejected", () => {
    const [first, second] = sound.inputs;
    const raw = sound.inputs[2]?.raw;
    invariant(first && second && raw, "inputs");
    expect(rulesOf({ ...sound, inputs: [{ ...first, raw }, second] })).toEqual(["rejected and accepted"]);
    // Beside it the same token in other bytes: one of the two was altered, and was rejected for it.
    const twin = { ...first, raw: toDigest("other bytes") };
    expect(rulesOf({ ...sound, inputs: [{ ...first, raw }, twin, second] })).toEqual([]);
  });
});

describe("copies", () => {
  test("one that never came", () => {
    expect(rulesOf(withStore("RS-SPOC", () => ({ copies: [] })))).toEqual(["not routed"]);
  });

  test("one that is held twice", () => {
    const twice = withStore("RS-SPOC", ({ copies }) => ({ copies: [...copies, ...copies] }));
    expect(rulesOf(twice)).toEqual(["held twice"]);
  });

  test("one that nobody let through, and the right one under another digest", () => {
    const { iss, id } = message.claims;
    const others = [{ iss, id, digest: toDigest("another") }];
    expect(rulesOf(withStore("RS-SPOC", () => ({ copies: others })))).toEqual([
      "held without a permit",
      "not routed",
    ]);
  });
});

describe("answers", () => {
  test("one that never came", () => {
    const unanswered = withStore("AL-SPOC", ({ answers }) => ({ answers: answers.slice(1) }));
    expect(rulesOf(unanswered)).toEqual(["not answered"]);
  });

  test("one about another input, and one to somebody else", () => {
    const other = withStore("AL-SPOC", ({ answers }) => ({
      answers: answers.map((answer) => ({ ...answer, digest: toDigest("another") })),
    }));
    expect(rulesOf(other)).toEqual(["answered otherwise", "answered otherwise"]);
    const [first] = sound.stores.get("AL-SPOC")?.answers ?? [];
    invariant(first, "an answer");
    const foreign = withStore("RS-SPOC", ({ answers }) => ({ answers: [...answers, first] }));
    expect(rulesOf(foreign)).toEqual(["answered otherwise"]);
  });

  test("one that two inputs share", () => {
    const shared = withStore("AL-SPOC", ({ answers }) => ({ answers: [...answers, ...answers.slice(0, 1)] }));
    expect(rulesOf(shared)).toEqual(["two inputs have one answer"]);
  });
});

describe("notices", () => {
  /**
   * With an event about the message: the addressee is overdue, and both single points of contact are told.
   */
  const overdue = (): Observation => {
    const { decision } = sound.records[0] ?? message;
    const notices = ["AL-SPOC", "RS-SPOC"].map((to) => ({ to }));
    const content = { ...decision.content, kind: "event", index: 3 };
    const input = { account: toAccount("CLOCK"), sequence: 99, digest: toDigest("tick") };
    const event = { kind: "event", decision: { ...decision, content: { ...content, input }, notices } };
    const records = [...sound.records, event as unknown as ParsedRecord];
    const audit = { checked: records.length, ledger: records.length, mismatches: 0 };
    const stores = [...sound.stores].map(([party, store]) => [party, { ...store, notices: [3] }] as const);
    return { ...sound, records, audit, stores: new Map(stores) };
  };
  const told = (notices: readonly number[]) => {
    const run = overdue();
    const store = run.stores.get("RS-SPOC");
    invariant(store, "RS-SPOC");
    return rulesOf({ ...run, stores: new Map([...run.stores, ["RS-SPOC", { ...store, notices }]]) });
  };

  test("that came to everyone who is to be told", () => {
    expect(findViolations(overdue())).toEqual([]);
  });

  test("of which one never came, came twice, or was told by no record", () => {
    expect(told([])).toEqual(["not told"]);
    expect(told([3, 3])).toEqual(["told for nothing"]);
    expect(told([3, 7])).toEqual(["told for nothing"]);
    expect(rulesOf(withStore("RS-SPOC", () => ({ notices: [1] })))).toEqual(["told for nothing"]);
  });
});

describe("acknowledgements", () => {
  test("one that is missing", () => {
    const records = sound.records.filter((one) => one.kind !== "message" || one === message);
    const without = { ...sound, records, inputs: [], stores: new Map([["RS-SPOC", toBare("RS-SPOC")]]) };
    const audit = { checked: records.length, ledger: records.length, mismatches: 0 };
    expect(rulesOf({ ...without, audit })).toEqual(["not acknowledged"]);
  });

  test("one that is given twice", () => {
    const records = [...sound.records, again];
    const audit = { checked: records.length, ledger: records.length, mismatches: 0 };
    expect(rulesOf({ ...sound, records, stores: new Map(), audit })).toEqual(["acknowledged twice"]);
  });

  test("who does not acknowledge need not", () => {
    const records = [message];
    const stores = new Map([["RS-SPOC", { ...toBare("RS-SPOC"), acknowledges: false }]]);
    const audit = { checked: 1, ledger: 1, mismatches: 0 };
    expect(rulesOf({ ...sound, records, inputs: [], stores, audit })).toEqual([]);
  });
});

function toBare(party: string): ObservedStore {
  return { copies: sound.stores.get(party)?.copies ?? [], answers: [], notices: [], acknowledges: true };
}

test.each([
  ["fewer were checked", { checked: 2 }],
  ["the ledger is longer", { ledger: 4 }],
  ["something was decided otherwise", { mismatches: 1 }],
])("an audit in which %s", (_name, changes) => {
  expect(rulesOf({ ...sound, audit: { ...sound.audit, ...changes } })).toEqual(["audit"]);
});
