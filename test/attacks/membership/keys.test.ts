import { type ErrorCode, invariant, type LocalKey, type RegisteredKey, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  createReader,
  createSigner,
  type Forge,
  findSigningDigest,
  type Oddities,
  openForge,
  type PartyWire,
  startTestExchange,
  type TestExchange,
  toNow,
  untilIdle,
  type WireAnswer,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toProofs } from "../proofs.ts";

let exchange: TestExchange;
let forge: Forge;
let wire: PartyWire;
/** The keys of AL-CUSTOMS in the genesis. */
let keys: readonly RegisteredKey[];
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["ME-SPOC"] });
  forge = await openForge(exchange);
  wire = await exchange.wire("AL-CUSTOMS");
  const statement = forge.statements.find(({ subject }) => subject === "AL-CUSTOMS");
  invariant(statement?.kind === "agency", "it is an agency");
  keys = statement.keys;
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const listUsed = (use: RegisteredKey["use"]) => keys.filter((key) => key.use === use);

/** Has the country authority sign a newer statement about an agency, and waits until it is recorded. */
async function change(
  agency: string,
  version: number,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const answer = await state(
    agency.slice(0, 2),
    await forge.statement("agency", agency, { version, ...changes }),
  );
  expect(answer.kind).toBe("decision");
}

/** Publishes a statement through an authority's own account. */
async function state(authority: string, bytes: Uint8Array, count = 1): Promise<WireAnswer> {
  const wireOf = await exchange.wire(authority);
  await wireOf.publish(bytes);
  const id = findSigningDigest(bytes);
  invariant(id, "it has a token");
  return wireOf.untilAnswered(id, count);
}

async function sendAs(oddities: Oddities): Promise<"permitted" | ErrorCode> {
  const { bytes, id, raw } = await forge.message("AL-CUSTOMS", ["ME-SPOC"], { text: "text", ...oddities });
  await wire.publish(bytes);
  const answer = await Promise.race([wire.untilAnswered(id), wire.untilAnswered(raw)]);
  const { content, outcome } = answer.decision;
  return content.kind === "rejection" ? content.code : (outcome as "permitted");
}

test("a key is good while it is registered and valid, and at no other time", async () => {
  const old: LocalKey = await forge.signingKey("AL-CUSTOMS");
  expect(await sendAs({ key: old })).toBe("permitted");
  const { key, registered } = createSigner();
  expect(await sendAs({ key })).toBe("jws/key-unknown");
  const prove = (all: readonly RegisteredKey[]) => toProofs(forge, "AL-CUSTOMS", all, [key]);

  const ended = listUsed("sig").map((one) => ({ ...one, exp: toNow() - 1 }));
  const notYet = { ...registered, nbf: toNow() + 3_600 };
  const both = [...ended, notYet, ...listUsed("enc")];
  await change("AL-CUSTOMS", 2, { keys: both, proofs: await prove(both) });
  expect(await sendAs({ key: old })).toBe("jws/key-not-valid");
  expect(await sendAs({ key })).toBe("jws/key-not-valid");

  const one = [registered, ...listUsed("enc")];
  await change("AL-CUSTOMS", 3, { keys: one, proofs: await prove(one) });
  expect(await sendAs({ key: old })).toBe("jws/key-not-valid");
  expect(await sendAs({ key })).toBe("permitted");
  // What is withdrawn is known for ever, and comes back to nobody, its own party included.
  const back = await forge.statement("agency", "AL-CUSTOMS", { version: 4, keys });
  const authority = await exchange.wire("AL");
  await authority.publish(back);
  const { decision } = await authority.untilAnswered(toDigest(back));
  expect(decision.content).toMatchObject({ code: "statement/key-taken" });
});

test("a body for a key that its owner has replaced is refused", async () => {
  const statement = forge.statements.find(({ subject }) => subject === "RS-FIU");
  invariant(statement?.kind === "agency", "it is an agency");
  const signing = statement.keys.filter((key) => key.use === "sig");
  const replaced = [...signing, createReader()];
  await change("RS-FIU", 2, { keys: replaced, proofs: await toProofs(forge, "RS-FIU", replaced) });
  // By a sender whose own keys are as they were.
  const sender = await exchange.wire("AL-SPOC");
  const { bytes, raw } = await forge.message("AL-SPOC", ["RS-FIU"], { text: "for the old key" });
  await sender.publish(bytes);
  const { decision } = await sender.untilAnswered(raw);
  expect(decision.content).toMatchObject({ code: "body/recipients-keys" });
});

test("a statement that is sent again gets its decision again; sent by another, it is refused", async () => {
  const bytes = await forge.statement("clearance", "AL-CUSTOMS", { version: 2, level: "unclassified" });
  const first = await state("AL", bytes);
  // An answer that still lies in the inbox is not laid there twice.
  await untilIdle(exchange);
  const again = await state("AL", bytes, 2);
  expect(again.decision.jws.token).toBe(first.decision.jws.token);
  const other = await exchange.wire("RS");
  await other.publish(bytes);
  const { decision } = await other.untilAnswered(toDigest(bytes));
  expect(decision.content).toMatchObject({ code: "identity/issuer-not-account" });
});

test("a party that is suspended, and still connected, is heard and refused", async () => {
  // Asleep, the registry does not tell the broker, which would cut the party off.
  exchange.running.service("registry").pause();
  const sender = await exchange.wire("MK-SPOC");
  await change("MK-SPOC", 2, { status: "suspended" });
  const { bytes, raw } = await forge.message("MK-SPOC", ["ME-SPOC"], { text: "suspended" });
  await sender.publish(bytes);
  const { decision } = await sender.untilAnswered(raw);
  expect(decision.content).toMatchObject({ code: "identity/party-not-active" });
  await change("MK-SPOC", 3, { status: "active" });
  exchange.running.service("registry").resume();
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
