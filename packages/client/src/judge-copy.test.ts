import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { encodeUtf8, type KeyId, type RecipientOutcome, toVerdict } from "@leix/protocol";
import { loadPartyFolder, loadSigningKey } from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Composed } from "./compose.ts";
import type { Draft } from "./draft.ts";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { alterClaims, alterPayload, findRecord, forgeCopy, readPayload } from "./forge.testkit.ts";
import { loadIdentity } from "./identity.ts";
import { type CopyVerdict, judgeCopy } from "./judge-copy.ts";
import {
  createRequest,
  exchangeMessage,
  openTestParty,
  type TestParty,
  toAgencies,
} from "./party.testkit.ts";
import type { InboxDelivery } from "./ports.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
let sender: TestParty;
let receiver: TestParty;
let copy: InboxDelivery;

beforeAll(async () => {
  exchange = await createTestExchange();
  sender = await openTestParty(exchange, "AL-CUSTOMS");
  receiver = await openTestParty(exchange, "RS-FIU");
  ({ copy } = await exchangeMessage(exchange, sender, createRequest(["RS-FIU"]), receiver));
});
afterAll(async () => {
  sender[Symbol.dispose]();
  receiver[Symbol.dispose]();
  await exchange[Symbol.asyncDispose]();
});

const judge = (delivery: InboxDelivery, by: TestParty = receiver): Promise<CopyVerdict> =>
  judgeCopy(delivery, by);

/** What the acknowledgement will be about: the message that was recorded, whatever was altered on the way. */
const recorded = () => {
  const sent = sender.store.outbox.get(copy.id);
  return { iss: "AL-CUSTOMS", digest: sent?.digest, thread: copy.id, messageKind: "request" };
};

describe("a copy as the exchange delivers it", () => {
  test("is accepted, and shows its place in the ledger", async () => {
    const verdict = await judge(copy);
    expect(verdict).toEqual({
      status: "accepted",
      about: recorded(),
      sighting: expect.objectContaining({ index: exchange.records.length - 1 }),
    });
  });

  test("is accepted without a body where the claims bind none", async () => {
    const declares = { facts: true, grounds: true, useRestriction: true };
    const { body: _body, ...bodyless } = createRequest(["RS-FIU"], { declares });
    const { copy: other } = await exchangeMessage(exchange, sender, bodyless, receiver);
    expect(await judge(other)).toMatchObject({ status: "accepted" });
  });
});

interface Wrong {
  readonly name: string;
  readonly make: () => InboxDelivery | Promise<InboxDelivery>;
  readonly code: string;
  readonly status?: "undecryptable";
  /** False where nothing tells which message it was. */
  readonly isAboutRecorded?: boolean;
}

const wrongs: readonly Wrong[] = [
  {
    name: "no JSON",
    make: () => ({ ...copy, payload: encodeUtf8("{") }),
    code: "input/not-json",
    isAboutRecorded: false,
  },
  {
    name: "an unknown member",
    make: () => alterPayload(copy, { more: true }),
    code: "input/schema",
    isAboutRecorded: false,
  },
  {
    name: "no JWS for a message",
    make: () => alterPayload(copy, { message: "a.b" }),
    code: "jws/malformed",
    isAboutRecorded: false,
  },
  {
    name: "an altered signature",
    make: () => {
      const { message } = readPayload(copy);
      const [header, payload] = message.split(".");
      return alterPayload(copy, { message: `${header}.${payload}.${"A".repeat(86)}` });
    },
    code: "jws/signature-invalid",
  },
  {
    name: "altered claims",
    make: () =>
      alterPayload(copy, { message: alterClaims(readPayload(copy).message, { purpose: "detection" }) }),
    code: "decision/other-message",
  },
  {
    name: "claims that no longer name this agency",
    make: () =>
      alterPayload(copy, {
        message: alterClaims(readPayload(copy).message, { to: toAgencies("RS-SPOC") }),
      }),
    code: "decision/other-message",
  },
  {
    name: "no decision",
    make: () => alterPayload(copy, { decision: "none~" }),
    code: "jws/malformed",
  },
  {
    name: "a decision that denies this agency",
    make: () => {
      const { recipients } = toVerdict(findRecord(exchange, copy.id).decision);
      const denied = recipients.map((one): RecipientOutcome => {
        return one.as === "to" ? { ...one, effect: "deny", reasons: ["P01"], obligations: [] } : one;
      });
      return forgeCopy(exchange, copy, "RS-FIU", { verdict: { recipients: denied } });
    },
    code: "decision/not-permitted",
  },
  {
    name: "a decision that does not name this agency",
    make: () => forgeCopy(exchange, copy, "RS-SPOC", {}),
    code: "decision/not-permitted",
  },
  {
    name: "a decision signed by the sender",
    make: () => forgeCopy(exchange, copy, "RS-FIU", { key: sender.identity.signingKey }),
    code: "identity/issuer-not-account",
  },
  {
    name: "a decision signed by a key that nobody registered",
    make: () =>
      forgeCopy(exchange, copy, "RS-FIU", {
        key: { ...exchange.policyKey, kid: "A".repeat(43) as KeyId },
      }),
    code: "jws/key-unknown",
  },
  {
    name: "a decision signed with another key under the policy service's kid",
    make: async () => {
      const other = await loadSigningKey(join(exchange.dir, "agencies/RS-SPOC"));
      const { kid, alg } = exchange.policyKey;
      return forgeCopy(exchange, copy, "RS-FIU", { key: { ...other, kid, alg } });
    },
    code: "jws/signature-invalid",
  },
  {
    name: "a decision after the end of the policy service's key",
    make: () => forgeCopy(exchange, copy, "RS-FIU", { content: { at: 4_000_000_000 } }),
    code: "jws/key-not-valid",
  },
  {
    name: "a message received after the end of its sender's key",
    make: () => forgeCopy(exchange, copy, "RS-FIU", { content: { received: 4_000_000_000 } }),
    code: "jws/key-not-valid",
  },
  {
    name: "a decision of another exchange",
    make: () => forgeCopy(exchange, copy, "RS-FIU", { content: { aud: "other.example" } }),
    code: "claims/audience",
  },
  {
    name: "a decision over another account's input",
    make: () =>
      forgeCopy(exchange, copy, "RS-FIU", {
        content: {
          input: { account: exchange.accountOf("RS-SPOC"), sequence: 1, digest: recorded().digest },
        },
      }),
    code: "decision/other-message",
  },
  {
    name: "an account that belongs to nobody",
    make: () => ({ ...copy, sender: `A${"B".repeat(55)}` }),
    code: "identity/account-unknown",
  },
  {
    name: "another agency's account",
    make: () => ({ ...copy, sender: exchange.accountOf("RS-SPOC") }),
    code: "identity/issuer-not-account",
  },
  {
    name: "no body although the claims bind one",
    make: () => alterPayload(copy, { body: undefined }),
    code: "body/missing",
  },
  {
    name: "a body that is no JWE of this protocol",
    make: () => alterPayload(copy, { body: { ...readPayload(copy).body, protected: "e30" } }),
    code: "body/malformed",
    isAboutRecorded: false,
  },
  {
    name: "one flipped bit in the ciphertext",
    make: () => {
      const { body } = readPayload(copy);
      const text = String(body.ciphertext);
      const flipped = `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`;
      return alterPayload(copy, { body: { ...body, ciphertext: flipped } });
    },
    code: "body/digest",
  },
  {
    name: "an entry for another reader's key",
    make: () => {
      const { body } = readPayload(copy);
      const [entry] = body.recipients as { header: object }[];
      const kid = sender.membership.findEncryptionKey(toAgencies("RS-SPOC")[0] as never, 1_800_000_000)?.kid;
      return alterPayload(copy, {
        body: { ...body, recipients: [{ ...entry, header: { ...entry?.header, kid } }] },
      });
    },
    code: "body/undecryptable",
    status: "undecryptable",
  },
];

describe("a copy is unverifiable that has", () => {
  test.each(wrongs)("$name", async ({ make, code, status = "unverifiable", isAboutRecorded = true }) => {
    const verdict = await judge(await make());
    expect(verdict).toMatchObject({ status, code });
    if (isAboutRecorded) expect(verdict.about).toMatchObject({ iss: "AL-CUSTOMS", thread: copy.id });
    else expect(verdict.about).toBeUndefined();
  });

  test("the decision over another message", async () => {
    const { copy: other } = await exchangeMessage(exchange, sender, createRequest(["RS-FIU"]), receiver);
    const verdict = await judge(alterPayload(copy, { decision: readPayload(other).decision }));
    expect(verdict).toMatchObject({ status: "unverifiable", code: "decision/other-message" });
  });

  test("the body of another message", async () => {
    const { copy: other } = await exchangeMessage(exchange, sender, createRequest(["RS-FIU"]), receiver);
    const verdict = await judge(alterPayload(copy, { body: readPayload(other).body }));
    expect(verdict).toMatchObject({ status: "unverifiable", code: "body/digest", about: recorded() });
  });

  test("another message under its id", async () => {
    const { copy: other } = await exchangeMessage(exchange, sender, createRequest(["RS-FIU"]), receiver);
    const verdict = await judge({ ...other, id: copy.id });
    expect(verdict).toMatchObject({ status: "unverifiable", code: "decision/other-message" });
  });

  test("claims altered on the way, and is still acknowledged as the message that was recorded", async () => {
    const message = alterClaims(readPayload(copy).message, { purpose: "detection" });
    expect((await judge(alterPayload(copy, { message }))).about).toEqual(recorded());
  });

  test("the agency itself as its sender: nobody acknowledges to itself", async () => {
    const message = alterClaims(readPayload(copy).message, { iss: "RS-FIU" });
    const verdict = await judge(alterPayload(copy, { message, decision: "none~" }));
    expect(verdict).toMatchObject({ status: "unverifiable", code: "jws/malformed" });
    expect(verdict.about).toBeUndefined();
  });
});

/** A message that its own sender signed, with something wrong in it that the policy service cannot see. */
async function exchangeForged(
  draft: Draft,
  changes: (claims: Composed["unplaced"]) => object,
): Promise<InboxDelivery> {
  const { unplaced, body } = await sender.compose(draft);
  const forged = { unplaced: { ...unplaced, ...changes(unplaced) }, body };
  return (await exchangeMessage(exchange, sender, forged, receiver)).copy;
}

describe("what a colluding sender can put into a body", () => {
  test("a text that does not match the commitment is not believed", async () => {
    const other = await exchangeForged(createRequest(["RS-FIU"]), ({ body }) => ({
      body: { ...(body as object), commitment: "A".repeat(43) },
    }));
    expect(await judge(other)).toMatchObject({ status: "unverifiable", code: "body/commitment" });
  });

  test("a text of another kind's form is kept as unreadable", async () => {
    const declares = { facts: true, grounds: true, useRestriction: true };
    const request = createRequest(["RS-FIU"], { kind: "notification", declares });
    const other = await exchangeForged({ ...request, body: { text: "It is theirs." } } as Draft, () => {
      return { kind: "request" };
    });
    expect(await judge(other)).toMatchObject({ status: "undecryptable", code: "body/form" });
  });
});

describe("the own keys", () => {
  test("a key that is missing makes a copy undecryptable; once it is in the folder it is found", async () => {
    const folder = await exchange.copyFolder("RS-FIU");
    const [name = ""] = await readdir(join(folder, "encryption"));
    await rename(join(folder, "encryption", name), join(folder, name));
    const identity = await loadIdentity(await loadPartyFolder(folder));
    const own = { identity, membership: receiver.membership };
    const unread = await judgeCopy(copy, own);
    expect(unread).toMatchObject({ status: "undecryptable", code: "body/undecryptable", about: recorded() });
    await rename(join(folder, name), join(folder, "encryption", name));
    expect(await judgeCopy(copy, own)).toMatchObject({ status: "accepted" });
  });
});
