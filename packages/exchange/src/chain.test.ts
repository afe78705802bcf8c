import { type ErrorCode, encodeRecord, type LedgerRecord, parseRecord, Statement } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import type { Entry } from "./entry.ts";
import { createInputs } from "./history.testkit.ts";
import { createTestLedger, forgeRecord, startTestLedger, toContent, toWord } from "./ledger.testkit.ts";
import { audit, follow } from "./replay.ts";
import { createLayer, createState, type State } from "./state.ts";
import { createWorld, NOW, toAccount, toRegisteredKey } from "./world.testkit.ts";

/** For what is done thousands of times. */
const MANY = { timeout: 60_000 };
/** When no key of the genesis is valid any more. */
const LATE = NOW + 2 * 366 * 86_400;
const world = createWorld();
const genesis = await startTestLedger(world);
const ledger = createTestLedger(world, createLayer(genesis.state));
await ledger.appendInputs(await createInputs(world));
const { records } = ledger;

async function codeOf(state: State, bytes: Uint8Array, take = audit): Promise<string> {
  return take(state, bytes).then(
    () => "sound",
    (error) => error.code ?? String(error),
  );
}

/** Where an altered history breaks, and with which code. */
async function findBreak(altered: readonly Uint8Array[]): Promise<[number, ErrorCode | undefined]> {
  const { audited, broken } = await auditBatch(createLayer(genesis.state), altered);
  expect(audited.every(({ difference }) => difference === undefined)).toBe(true);
  return [audited.length, broken?.code];
}

describe("an altered history breaks where it was altered", () => {
  const last = records.length - 1;
  const places = records.map((_, i) => i);

  test.each(places)("record %i dropped, repeated, or changed with the next", async (i) => {
    const dropped = await findBreak(records.toSpliced(i, 1));
    expect(dropped).toEqual(i === last ? [last, undefined] : [i, "record/index"]);
    expect(await findBreak(records.toSpliced(i, 0, ...records.slice(i, i + 1)))).toEqual([
      i + 1,
      "record/index",
    ]);
    if (i === last) return;
    const swapped = [
      ...records.slice(0, i),
      ...records.slice(i, i + 2).toReversed(),
      ...records.slice(i + 2),
    ];
    expect(await findBreak(swapped)).toEqual([i, "record/index"]);
  });

  test("a whole other history from some record on", async () => {
    const other = createTestLedger(world, createLayer(genesis.state));
    await other.appendInputs((await createInputs(world)).slice(0, 5));
    expect(await findBreak([...records.slice(0, 3), ...other.records.slice(3)])).toEqual([3, "record/chain"]);
  });

  test("nothing after a break is judged, and nothing of it stays in the state", async () => {
    const state = createLayer(genesis.state);
    const { audited, broken } = await auditBatch(state, [
      ...records.slice(0, 2),
      Uint8Array.of(1),
      ...records.slice(2),
    ]);
    expect(broken?.code).toBe("record/malformed");
    expect(audited).toHaveLength(2);
    const reference = createLayer(genesis.state);
    await auditBatch(reference, records.slice(0, 2));
    expect(toContent(state)).toEqual(toContent(reference));
    expect((await auditBatch(state, records.slice(2))).audited).toHaveLength(records.length - 2);
  });
});

describe("every byte", () => {
  const kinds = ["message", "statement", "rejection"] as const;
  test.each(kinds)(
    "of a %s is covered: whichever one changes, it is found, and nothing is folded",
    MANY,
    async (kind) => {
      const at = records.findIndex((bytes) => parseRecord(bytes).kind === kind);
      const before = createLayer(genesis.state);
      await auditBatch(before, records.slice(0, at));
      const content = toContent(before);
      const bytes = records[at] ?? new Uint8Array();
      expect(await codeOf(createLayer(before), bytes)).toBe("sound");
      const codes = new Map<string, number>();
      for (let i = 0; i < bytes.length; i++) {
        const altered = bytes.with(i, (bytes[i] ?? 0) ^ (1 << (i % 8)));
        const code = await codeOf(before, altered);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      expect(codes.has("sound")).toBe(false);
      for (const code of codes.keys()) expect(code).toMatch(/^(record|jws|decision|input|claims)\/[a-z-]+$/);
      expect(codes.size).toBeGreaterThan(2);
      expect(toContent(before)).toEqual(content);
    },
  );
});

describe("a record in its place", () => {
  const place = { index: genesis.state.head.index, received: NOW, at: NOW };
  const input = {
    account: toAccount("AL-SPOC"),
    sequence: 1,
    digest: parseRecord(records[0] ?? new Uint8Array()).decision.jws.digest,
  };
  const rejection: Entry = { ...place, kind: "rejection", input, code: "input/not-json", detail: "" };

  async function codes(state: State, record: Uint8Array): Promise<string[]> {
    return [await codeOf(createLayer(state), record, follow), await codeOf(createLayer(state), record)];
  }
  const forge = (changes: Partial<Entry>, head: Partial<State["head"]> = {}, aud = world.trust.aud) => {
    const state: State = { ...createLayer(genesis.state), trust: { ...world.trust, aud } };
    state.head = { ...state.head, ...head };
    return forgeRecord({ ...genesis, state }, { ...rejection, ...changes } as Entry);
  };

  test("sound", async () => {
    expect(await codes(genesis.state, await forge({}))).toEqual(["sound", "sound"]);
  });

  test("another index, another chain, an earlier time, another exchange", async () => {
    const { state } = genesis;
    expect(await codes(state, await forge({ index: place.index + 1 }))).toEqual(
      Array(2).fill("record/index"),
    );
    expect(await codes(state, await forge({}, { prev: input.digest }))).toEqual(
      Array(2).fill("record/chain"),
    );
    expect(await codes(state, await forge({}, { prev: null }))).toEqual(Array(2).fill("record/chain"));
    expect(await codes(state, await forge({ at: NOW - 1 }))).toEqual(Array(2).fill("record/time"));
    const foreign = await forge({}, {}, "other.example" as never);
    expect(await codes(state, foreign)).toEqual(Array(2).fill("claims/audience"));
  });

  test("signed by a key that is not, or no longer, the policy service's", async () => {
    for (const key of ["spare", "AL-SPOC", "anchor"] as const) {
      const record = await forgeRecord(genesis, rejection, undefined, { key });
      expect(await codes(genesis.state, record)).toEqual(Array(2).fill("jws/key-unknown"));
    }
    const rotated = createTestLedger(world, createLayer(genesis.state));
    const keys = [toRegisteredKey("policy-next", { exp: NOW + 1 })];
    await rotated.append(
      await world.statement("anchor", { kind: "service", subject: "policy", keys, status: "active" }),
    );
    const next = { ...rejection, index: place.index + 1 };
    const withdrawn = await forgeRecord(rotated, next);
    expect(await codes(rotated.state, withdrawn)).toEqual(Array(2).fill("jws/key-unknown"));
    const sound = await forgeRecord(rotated, next, undefined, { key: "policy-next" });
    expect(await codes(rotated.state, sound)).toEqual(Array(2).fill("sound"));
    const late = await forgeRecord(rotated, { ...next, at: NOW + 1 }, undefined, { key: "policy-next" });
    expect(await codes(rotated.state, late)).toEqual(Array(2).fill("jws/key-not-valid"));
  });

  const renewal: Parameters<typeof world.statement>[1] = {
    kind: "service",
    subject: "policy",
    keys: [toRegisteredKey("policy-next", { exp: LATE + 1 })],
    status: "active",
  };

  test("the policy service's new keys are recorded with one of them when the old has ended", async () => {
    const renewed = createTestLedger(world, createLayer(genesis.state));
    const { input } = await world.statement("anchor", renewal);
    const decided = await renewed.appendInputs([input], LATE, "policy-next");
    expect(decided.map(toWord)).toEqual(["statement"]);
    const [record = new Uint8Array()] = renewed.records;
    expect(await codes(genesis.state, record)).toEqual(Array(2).fill("sound"));
  });

  test("new keys for the policy service that the anchor has not signed are believed by nobody", async () => {
    const { jws, input } = await world.statement("anchor", renewal, { key: "AL" });
    const { account, sequence } = input;
    const statement = Statement.parse(jws.payload);
    const entry: Entry = {
      ...{ ...place, kind: "statement", statement },
      input: { account, sequence, digest: jws.digest },
    };
    const record = await forgeRecord(genesis, entry, jws, { key: "policy-next" });
    expect(await codes(genesis.state, record)).toEqual(Array(2).fill("record/decided-otherwise"));
    expect(await findBreak([record])).toEqual([0, "record/decided-otherwise"]);
  });

  test("another's signature under the decision", async () => {
    const [one, two] = [parseRecord(await forge({})), parseRecord(await forge({ at: NOW + 1 }))];
    const [header, payload] = one.decision.jws.token.split(".");
    const token = [header, payload, two.decision.jws.token.split(".")[2]].join(".");
    const record = encodeRecord({ v: 1, kind: "rejection", decision: `${token}~` });
    expect(await codes(genesis.state, record)).toEqual(Array(2).fill("jws/signature-invalid"));
  });

  test("no rejection can be the first record", async () => {
    const empty = createState(world.trust);
    const state: State = createState(world.trust);
    const record = await forgeRecord({ ...genesis, state }, { ...rejection, index: 0 });
    expect(await codes(empty, record)).toEqual(Array(2).fill("jws/key-unknown"));
  });
});

describe("input and decision belong together", () => {
  const parts = records.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as LedgerRecord);
  const messages = parts.filter((one) => one.kind === "message");

  test("the decision of another record, of another kind, not all disclosed, in another order", async () => {
    const [one, two] = messages;
    if (!one || !two) throw new Error("two messages are needed");
    const take = (record: LedgerRecord) => codeOf(createLayer(genesis.state), encodeRecord(record));
    expect(await take(one)).toBe("sound");
    expect(await take({ ...one, decision: two.decision })).toBe("record/input");
    expect(await take({ v: 1, kind: "rejection", decision: one.decision })).toBe("record/input");
    expect(await take({ v: 1, kind: "statement", statement: one.message, decision: one.decision })).toBe(
      "record/input",
    );
    const [jws = "", ...disclosures] = one.decision.split("~");
    const withDisclosures = (all: readonly string[]) => take({ ...one, decision: [jws, ...all].join("~") });
    expect(await withDisclosures(disclosures.slice(1))).toBe("decision/disclosure");
    const [first = "", second = "", ...rest] = disclosures;
    expect(await withDisclosures([second, first, ...rest])).toBe("record/malformed");
    expect(await withDisclosures([first, ...disclosures])).toBe("decision/disclosure");
    const foreign = two.decision.split("~").slice(1, 2);
    expect(await withDisclosures([...foreign, ...disclosures])).toBe("decision/disclosure");
  });
});
