import { EventEmitter, once } from "node:events";
import { commitBatch, connectBroker } from "@leix/broker";
import {
  createMessageId,
  type ErrorCode,
  encodeCanonicalBytes,
  encodeUtf8,
  invariant,
  type MessageRef,
  type ParsedRecord,
  parseJws,
  presentNotices,
  toDigest,
  toInboxSubject,
  toLapse,
  toOutSubject,
} from "@leix/protocol";
import { createPlan, loadPartyFolder, parsePlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createRequest,
  openForge,
  PATIENCE_MS,
  signToken,
  startTestExchange,
  type TestExchange,
  untilIdle,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/**
 * Time is the exchange's own. Who could tick could say that another's time has run out; who could make
 * notices could have agencies erase what they need.
 */
const ATTACKER = "AL-CUSTOMS";
const VICTIM = "MK-SPOC";
const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1_000);

let exchange: TestExchange;
/** To RS-SPOC, which has a week: what an attacker would have run out. */
let open: MessageRef;
beforeAll(async () => {
  const sample = createPlan();
  const { everyPair } = sample.terms;
  const exercise = { ...everyPair, between: ["AL", "MK"], profile: "exercise" };
  const plan = parsePlan({ ...sample, terms: { everyPair, pairs: [exercise] } });
  exchange = await startTestExchange({ plan, agencies: ["AL-SPOC", "RS-SPOC", VICTIM] });
  const asker = exchange.node("AL-SPOC");
  open = (await asker.send(createRequest(["RS-SPOC"], "Who owns the lorry?"))).ref;
  await exchange.node("RS-SPOC").untilReceived(open);
  await untilIdle(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const listEvents = async () => (await exchange.records()).filter(({ kind }) => kind === "event");
const listTold = () => exchange.nodes.flatMap(({ node }) => node.archive.listNotices());

describe("a tick that is not the clock's", () => {
  /** Signed by nobody; so what is refused first is the time itself, where it lies ahead. */
  const LATER = now() + 30 * DAY;

  const PARTIES = [ATTACKER, "AL", "anchor"];
  test.each(PARTIES)("is refused to %s, and nothing is overdue", async (party) => {
    const wire = await exchange.wire(party);
    for (const [tick, code] of [
      [now(), "identity/issuer-not-account"],
      [LATER, "claims/issued-in-future"],
    ]) {
      const bytes = encodeCanonicalBytes({ tick });
      await wire.publish(bytes);
      const { kind, decision } = await wire.untilAnswered(toDigest(bytes));
      expect(kind).toBe("rejection");
      expect(decision.content).toMatchObject({ code });
      // An answer that still lies in the inbox is not laid there twice.
      await untilIdle(exchange);
      await wire.publish(bytes);
      const again = await wire.untilAnswered(toDigest(bytes), 2);
      expect(again.decision.content.index).toBe(decision.content.index);
    }
    expect([await listEvents(), listTold()]).toEqual([[], []]);
  });

  const FORMS: readonly [string, object, ErrorCode][] = [
    ["with a message beside it", { tick: LATER, message: "e30.e30.e30" }, "input/schema"],
    ["with a statement beside it", { tick: LATER, statement: "e30.e30.e30" }, "input/schema"],
    ["in parts of a second", { tick: LATER + 0.5 }, "input/schema"],
    ["in words", { tick: "now" }, "input/schema"],
    ["before time", { tick: -1 }, "input/schema"],
  ];
  test.each(FORMS)("is refused %s", async (_name, envelope, code) => {
    const wire = await exchange.wire(ATTACKER);
    const bytes = encodeCanonicalBytes(envelope);
    await wire.publish(bytes);
    const { decision } = await wire.untilAnswered(toDigest(bytes));
    expect(decision.content).toMatchObject({ kind: "rejection", code });
  });

  test.each(PARTIES)("cannot be put into the clock's place by %s", async (party) => {
    const before = await exchange.countMessages("ledger");
    const { access } = await loadPartyFolder(exchange.folderOf(party), exchange.broker.natsUrl);
    const heard = new EventEmitter();
    const connection = await connectBroker(access, {
      name: party,
      onEvent: (event) => void (event.kind === "error" && heard.emit("refused", event.error)),
    });
    try {
      const refused = once(heard, "refused", { signal: AbortSignal.timeout(PATIENCE_MS) });
      connection.publish(toOutSubject(exchange.network.brokerAccount), encodeCanonicalBytes({ tick: now() }));
      await connection.flush();
      expect(String((await refused)[0])).toMatch(/permissions violation/i);
    } finally {
      await connection.close();
    }
    await untilIdle(exchange);
    expect(await exchange.countMessages("ledger")).toBe(before);
  });

  test("makes nothing due even in the clock's place: the policy service looks at its own", async () => {
    const before = await exchange.countMessages("ledger");
    await exchange.as("policy", async (nc) => {
      const subject = toOutSubject(exchange.network.brokerAccount);
      await nc.request(subject, encodeCanonicalBytes({ tick: now() + 60 }), { timeout: PATIENCE_MS });
    });
    await untilIdle(exchange);
    expect(await exchange.countMessages("ledger")).toBe(before);
    expect(exchange.node("RS-SPOC").node.archive.listDuties()).toMatchObject([
      { duty: "answer", about: open, state: "open" },
    ]);
  });
});

describe("a notice that the policy service did not make", () => {
  /** A real one: of a request that VICTIM has left lying. */
  let event: ParsedRecord;
  beforeAll(async () => {
    const { ref } = await exchange.node("AL-SPOC").send(createRequest([VICTIM], "Whose lorry?"));
    await exchange.node(VICTIM).untilReceived(ref);
    const find = () => listEvents().then((events) => events.at(-1));
    event = await waitUntil("what is overdue to be recorded", find);
    expect(toLapse(event.decision).overdue).toMatchObject([{ party: VICTIM, about: ref }]);
    await waitUntil("the notices", () => listTold().length === 2);
  });

  const toCopy = (decision: string) => encodeCanonicalBytes({ decision });

  /** The same content and disclosures under the key of a party of the exchange. */
  async function signAnew(party: string): Promise<Uint8Array> {
    const key = await (await openForge(exchange)).signingKey(party);
    const [token = "", ...disclosures] = presentNotices(event.decision, VICTIM as never).split("~");
    const { header, payload } = parseJws(token, "leix-decision+sd-jwt", token.length);
    const forged = signToken({ ...header, alg: key.alg, kid: key.kid }, encodeCanonicalBytes(payload), key);
    return toCopy([forged, ...disclosures].join("~"));
  }

  function alter(from: string, to: string): Uint8Array {
    const [token = "", disclosure = ""] = presentNotices(event.decision, VICTIM as never).split("~");
    const text = Buffer.from(disclosure, "base64url").toString();
    expect(text).toContain(from);
    const altered = Buffer.from(text.replace(from, to)).toString("base64url");
    return toCopy(`${token}~${altered}~`);
  }

  const FORGED: readonly [string, ErrorCode, () => Uint8Array | Promise<Uint8Array>][] = [
    ["that is no notice", "input/not-json", () => encodeUtf8("{")],
    ["signed by an agency", "identity/issuer-not-account", () => signAnew(ATTACKER)],
    ["signed by an authority", "identity/issuer-not-account", () => signAnew("MK")],
    ["altered in what it tells", "decision/disclosure", () => alter('"overdue"', '"erase"')],
    [
      "that tells another agency",
      "decision/other-message",
      () => toCopy(presentNotices(event.decision, "AL-SPOC" as never)),
    ],
    [
      "that tells nothing",
      "decision/other-message",
      () => toCopy(presentNotices(event.decision, "RS-SPOC" as never)),
    ],
  ];
  test.each(FORGED)("is reported and not believed: %s", async (_name, code, make) => {
    const victim = exchange.node(VICTIM);
    const before = victim.node.archive.listNotices();
    const id = createMessageId(Date.now(), new Uint8Array(10));
    const subject = toInboxSubject(exchange.accountOf(VICTIM), "notice", exchange.accountOf(ATTACKER), id);
    const data = await make();
    await exchange.as("policy", (nc) => commitBatch(nc, [{ subject, data }]));
    const refusal = () => victim.events.find((one) => one.kind === "notice.refused" && one.id === id);
    const found = await waitUntil("the refusal", refusal);
    invariant(found.kind === "notice.refused", "it is one");
    expect(found.code).toBe(code);
    expect(victim.node.archive.listNotices()).toEqual(before);
  });
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
