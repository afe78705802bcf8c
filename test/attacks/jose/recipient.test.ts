import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { commitBatch } from "@leix/broker";
import {
  type Body,
  createMessageId,
  type EncryptionKey,
  type ErrorCode,
  encodeCanonicalBytes,
  encodeForm,
  encodeUtf8,
  encryptBody,
  invariant,
  type MessageId,
  parseJws,
  toDigest,
  toInboxSubject,
} from "@leix/protocol";
import { type EncryptionPair, forgeTwoTexts, toText, wrapKey } from "@leix/protocol/vectors";
import { createNotification, type Forged, signToken, toForged, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, listKeys, startAssault } from "../assault.ts";

/**
 * What the exchange cannot see, because it cannot read: the sender deceives, or somebody who can write into
 * inboxes does. The recipient's own node finds it, keeps it apart, and says so to the ledger.
 */
const SENDER = "AL-SPOC";
const READERS = ["RS-SPOC", "ME-SPOC"] as const;

let assault: Assault;
beforeAll(async () => {
  assault = await startAssault({ readers: [...READERS, "MK-SPOC"] });
});
afterAll(() => assault?.[Symbol.asyncDispose]());

type Bound = Awaited<ReturnType<typeof encryptBody>>;

const findKey = (agency: string): EncryptionKey => {
  const key = listKeys(assault.forge, agency).find(({ use }) => use === "enc");
  invariant(key, `${agency} has a key to encrypt to`);
  return key as EncryptionKey;
};
const toPair = (agency: string) => ({ registered: findKey(agency) }) as EncryptionPair;
const encrypt = (text: Uint8Array) => encryptBody(text, READERS.map(findKey), randomBytes(32));
const FORM = encodeForm({ v: 1, form: "request", text: "Whose lorry?" });

/** Sends a request with this body, which the exchange lets through. */
async function send({ body, binding }: Bound): Promise<Forged> {
  const { token, claims } = await assault.forge.message(SENDER, READERS, { claims: { body: binding } });
  const sent = toForged(token, body, claims);
  expect(await assault.send(sent, SENDER)).toBe("permitted");
  return sent;
}

/** The node's own event, the signed acknowledgement on record, and no message that an officer could read. */
async function expectReported(
  agency: string,
  { id, ref }: Forged,
  kind: "undecryptable" | "unverifiable",
  code: ErrorCode,
): Promise<void> {
  const { events, node } = assault.exchange.node(agency);
  const event = await waitUntil(`${agency} to report ${id}`, () =>
    events.find((one) => "messageId" in one && one.messageId === id && one.kind !== "message.decided"),
  );
  expect(event).toMatchObject({ kind: `message.${kind}`, code });
  expect(node.archive.listReceived().filter((one) => one.ref.id === id && one.status === "accepted")).toEqual(
    [],
  );
  const acknowledgement = await waitUntil(`the acknowledgement of ${id} by ${agency}`, async () => {
    const records = await assault.exchange.records();
    return records.find(({ kind: of, ...one }) => {
      if (of !== "message" || !("claims" in one)) return false;
      return one.claims.iss === agency && one.claims.kind === "acknowledgement" && one.claims.re.id === id;
    });
  });
  expect(acknowledgement).toMatchObject({ claims: { status: kind, re: ref } });
}

describe("a sender that deceives its recipients", () => {
  it("two texts under one JWE: whoever is shown the other one sees it: body/commitment", async () => {
    const padded = Buffer.concat([FORM, Buffer.alloc(16 - (FORM.length % 16), " "), Buffer.alloc(16)]);
    const plaintext = Buffer.concat([randomBytes(32), padded]);
    const free = plaintext.length / 16 - 1;
    const { body, binding } = await forgeTwoTexts(plaintext, free, [toPair("RS-SPOC"), toPair("ME-SPOC")]);
    const sent = await send({ body, binding });
    await expectReported("ME-SPOC", sent, "unverifiable", "body/commitment");
    // The first one's is what was committed to; it is no form only because of its last block.
    await expectReported("RS-SPOC", sent, "undecryptable", "body/form");
  });

  it("a commitment to neither's text: body/commitment", async () => {
    const { body, binding } = await encrypt(FORM);
    const sent = await send({ body, binding: { ...binding, commitment: toDigest("another text") } });
    for (const agency of READERS) await expectReported(agency, sent, "unverifiable", "body/commitment");
  });

  it("entries relabelled, each with the other's name: body/undecryptable", async () => {
    const { body, binding } = await encrypt(FORM);
    const [one, other] = body.recipients;
    invariant(one && other, "two entries");
    const relabelled = [
      { ...one, header: { ...one.header, kid: other.header.kid } },
      { ...other, header: { ...other.header, kid: one.header.kid } },
    ];
    const sent = await send({ body: { ...body, recipients: relabelled }, binding });
    for (const agency of READERS) await expectReported(agency, sent, "undecryptable", "body/undecryptable");
  });

  it("an entry that wraps another content key: body/undecryptable", async () => {
    const { body, binding } = await encrypt(FORM);
    const wrong = await wrapKey(randomBytes(32), toPair("ME-SPOC"));
    const recipients = body.recipients.map((entry) =>
      entry.header.kid === wrong.header.kid ? wrong : entry,
    );
    const sent = await send({ body: { ...body, recipients }, binding });
    await expectReported("ME-SPOC", sent, "undecryptable", "body/undecryptable");
    await assault.exchange.node("RS-SPOC").untilReceived(sent.ref);
  });

  const NO_FORMS: readonly (readonly [string, () => Uint8Array])[] = [
    ["no JSON", () => encodeUtf8("hello")],
    ["deeply nested JSON", () => encodeUtf8("[".repeat(50_000) + "]".repeat(50_000))],
    ["a member twice", () => encodeUtf8('{"form":"request","form":"answer","text":"a","v":1}')],
    ["a decompression bomb", () => new Uint8Array(gzipSync(Buffer.alloc(64 * 1_048_576)))],
    ["the form of another kind", () => encodeForm({ v: 1, form: "answer", text: "a" })],
    [
      "escapes for a terminal beside an unknown member",
      () => encodeCanonicalBytes({ form: "request", text: "\u001b[2J", v: 1, x: 1 }),
    ],
  ];
  it.each(NO_FORMS)("a text that is %s: body/form", async (_name, make) => {
    const sent = await send(await encrypt(make()));
    for (const agency of READERS) await expectReported(agency, sent, "undecryptable", "body/form");
  });
});

describe("a copy that the policy service did not make, laid by someone who can write into inboxes", () => {
  const VICTIM = "MK-SPOC";
  const WRITER = "RS-SPOC";
  /** A genuine message to others, as one of them was given it. */
  interface Genuine {
    readonly id: MessageId;
    readonly message: string;
    readonly body: Body | undefined;
    readonly decision: string;
  }

  async function deliver(): Promise<Genuine> {
    const wire = await assault.exchange.wire("AL-CUSTOMS");
    const draft = createNotification(["ME-SPOC", "AL-CUSTOMS"], "for others");
    const { ref } = await assault.exchange.node(WRITER).send(draft);
    const { copy } = await wire.untilCopied(ref.id);
    return { id: ref.id, message: copy.message, body: copy.body, decision: copy.decision };
  }

  async function lay({ id, ...copy }: Genuine, by: string): Promise<void> {
    const [to, from] = [assault.exchange.accountOf(VICTIM), assault.exchange.accountOf(by)];
    const subject = toInboxSubject(to, "copy", from, id);
    const data = encodeCanonicalBytes(copy);
    await assault.exchange.as("policy", (nc) => commitBatch(nc, [{ subject, data }]));
  }

  function alter(token: string): string {
    const [header, payload = "", signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    return [header, toText(encodeCanonicalBytes({ ...claims, handling: "H0" })), signature].join(".");
  }

  function unsign(token: string): string {
    return [toText(encodeCanonicalBytes({ alg: "none" })), ...token.split(".").slice(1)].join(".");
  }

  /** The same decision under an agency's key. */
  async function signAnew(decision: string): Promise<string> {
    const [token = "", ...disclosures] = decision.split("~");
    const key = await assault.forge.signingKey("AL-CUSTOMS");
    const { header, payload } = parseJws(token, "leix-decision+sd-jwt", token.length);
    const forged = { ...header, alg: key.alg, kid: key.kid };
    return [signToken(forged, encodeCanonicalBytes(payload), key), ...disclosures].join("~");
  }

  type Change = (one: Genuine) => Partial<Genuine> | Promise<Partial<Genuine>>;
  const COPIES: readonly (readonly [string, ErrorCode, Change, by: string])[] = [
    ["with alg none", "jws/header", ({ message }) => ({ message: unsign(message) }), WRITER],
    [
      "altered after it was signed",
      "decision/other-message",
      ({ message }) => ({ message: alter(message) }),
      WRITER,
    ],
    ["without a decision", "decision/malformed", () => ({ decision: "" }), WRITER],
    ["under another message's decision", "decision/other-message", async () => pick(await deliver()), WRITER],
    [
      "under a decision that an agency signed",
      "identity/issuer-not-account",
      async ({ decision }) => ({ decision: await signAnew(decision) }),
      WRITER,
    ],
    ["whose decision lets others have it", "decision/not-permitted", () => ({}), WRITER],
    ["through another sender's account", "identity/issuer-not-account", () => ({}), "ME-SPOC"],
    [
      "under another id",
      "decision/other-message",
      () => ({ id: createMessageId(Date.now(), randomBytes(10)) }),
      WRITER,
    ],
  ];
  const pick = ({ decision }: Genuine) => ({ decision });

  it.each(COPIES)("%s: %s", async (_name, code, change, by) => {
    const genuine = await deliver();
    const forged = { ...genuine, ...(await change(genuine)) };
    await lay(forged, by);
    const { events, node } = assault.exchange.node(VICTIM);
    const event = await waitUntil("the report", () =>
      events.find((one) => "messageId" in one && one.messageId === forged.id),
    );
    expect(event).toMatchObject({ kind: "message.unverifiable", code });
    expect(node.archive.listReceived().filter(({ status }) => status === "accepted")).toEqual([]);
  });
});

it("an honest message is read by all of them afterwards", async () => {
  const sent = await assault.forge.message(SENDER, [...READERS, "MK-SPOC"], { text: "honest" });
  expect(await assault.send(sent, SENDER)).toBe("permitted");
  for (const agency of [...READERS, "MK-SPOC"]) {
    const node = assault.exchange.node(agency);
    await node.untilReceived(sent.ref);
    expect(await node.readText(sent.ref)).toBe("honest");
  }
});
