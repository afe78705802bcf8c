import { type ErrorCode, encodeCanonicalBytes, encodeUtf8, limits, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  type Forge,
  type Oddities,
  openForge,
  type PartyWire,
  signToken,
  startTestExchange,
  type TestExchange,
  toForged,
  toNow,
  untilIdle,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** Found in no record, whatever it was sent in. */
const MARKER = "marker-of-a-rejected-text";
const TO = ["RS-FIU", "ME-SPOC"];

let exchange: TestExchange;
let forge: Forge;
let wire: PartyWire;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: TO });
  forge = await openForge(exchange);
  wire = await exchange.wire("AL-SPOC");
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** Publishes, and checks that it is rejected with the code, told to the sender alone, and routed nowhere. */
async function expectRejected(bytes: Uint8Array, code: ErrorCode, sender = wire): Promise<void> {
  const before = exchange.nodes.map(({ node }) => node.archive.listReceived().length);
  const raw = toDigest(bytes);
  await sender.publish(bytes);
  const { kind, decision } = await sender.untilAnswered(raw);
  expect(kind).toBe("rejection");
  expect(decision.content).toMatchObject({ kind: "rejection", code, input: { digest: raw } });
  const [record] = await exchange.records(decision.content.index);
  expect(record).toMatchObject({ kind: "rejection", decision: { content: { code } } });
  expect(JSON.stringify(record)).not.toContain(MARKER);
  expect(exchange.nodes.map(({ node }) => node.archive.listReceived().length)).toEqual(before);
}

const toMessage = (oddities: Oddities = {}) => forge.message("AL-SPOC", TO, { text: MARKER, ...oddities });

describe("claims that are not in order", () => {
  const cases: [string, ErrorCode, Oddities][] = [
    ["an unknown kind", "input/kind-unknown", { claims: { kind: "gossip" } }],
    ["an unknown version", "input/version-unknown", { claims: { v: 2 } }],
    ["an unknown member", "input/schema", { claims: { remark: MARKER } }],
    [
      "claims over their limit",
      "input/too-large",
      { claims: { remark: "x".repeat(limits.CLAIMS_BYTES_MAX) } },
    ],
    ["another exchange", "claims/audience", { claims: { aud: "other.leix.example" } }],
    ["an hour ahead", "claims/issued-in-future", { claims: { iat: toNow() + 3_600 } }],
    ["two months old", "claims/too-old", { claims: { iat: toNow() - 60 * 86_400 } }],
    ["oneself as recipient", "claims/recipients", { claims: { copies: ["AL-SPOC"] } }],
    ["a recipient twice", "claims/recipients", { claims: { to: [...TO, ...TO] }, readers: TO }],
    [
      "someone else's thread",
      "claims/thread",
      { claims: { thread: "01a20000-0000-7000-8000-000000000000" } },
    ],
    [
      "an unknown group",
      "claims/group-unknown",
      { claims: { group: { id: "AL+customs-forum", version: 1 } } },
    ],
  ];
  test.each(cases)("%s: %s", async (_name, code, oddities) => {
    await expectRejected((await toMessage(oddities)).bytes, code);
  });
});

describe("the same again", () => {
  test("a rejected input keeps its rejection, and is recorded once", async () => {
    const { bytes, raw } = await toMessage({ claims: { aud: "other.leix.example" } });
    await expectRejected(bytes, "claims/audience");
    await untilIdle(exchange);
    const before = await exchange.countMessages("ledger");
    await wire.publish(bytes);
    const again = await wire.untilAnswered(raw, 2);
    expect(again.decision.content).toMatchObject({ code: "claims/audience" });
    expect(await exchange.countMessages("ledger")).toBe(before);
  });

  test("the same id with other content is a rejection of its own", async () => {
    const first = await toMessage();
    await wire.publish(first.bytes);
    expect((await wire.untilAnswered(first.id)).decision.outcome).toBe("permitted");
    await exchange.node("RS-FIU").untilReceived(first.ref);
    await exchange.node("ME-SPOC").untilReceived(first.ref);
    const second = await toMessage({ claims: { id: first.id, thread: first.id, purpose: "detection" } });
    await expectRejected(second.bytes, "message/id-reused");
  });

  test("signed again, it is the same message", async () => {
    const first = await toMessage();
    await wire.publish(first.bytes);
    const { decision } = await wire.untilAnswered(first.id);
    const key = await forge.signingKey("AL-SPOC");
    const header = { alg: key.alg, kid: key.kid, typ: "leix-message+jwt" };
    const token = signToken(header, encodeCanonicalBytes(first.claims), key);
    // An answer that still lies in the inbox is not laid there twice.
    await untilIdle(exchange);
    await wire.publish(toForged(token, first.body, first.claims).bytes);
    const again = await wire.untilAnswered(first.id, 2);
    expect(again.decision.jws.token).toBe(decision.jws.token);
  });
});

test("a payload over the limit fails at the sender", async () => {
  await untilIdle(exchange);
  const before = await exchange.countMessages("ledger");
  const bytes = encodeUtf8("x".repeat(limits.MESSAGE_BYTES_MAX + 1));
  await expect(wire.publish(bytes)).rejects.toMatchObject({ code: "input/too-large" });
  await expect(wire.publishUnchecked(bytes)).resolves.toBeGreaterThan(0);
  const { decision } = await wire.untilAnswered(toDigest(bytes));
  expect(decision.content).toMatchObject({ kind: "rejection", code: "input/too-large" });
  expect(await exchange.countMessages("ledger")).toBe(before + 1);
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
