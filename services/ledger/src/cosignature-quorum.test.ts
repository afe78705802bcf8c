import { generateKeyPairSync } from "node:crypto";
import { createState, type State } from "@leix/exchange";
import { createWorld, toSigningKey } from "@leix/exchange/testkit";
import type { LedgerReader } from "@leix/ledger-store";
import {
  AgencyId,
  decodeUtf8,
  limits,
  type PartyId,
  type SigningKey,
  toThumbprint,
  toWitnessName,
} from "@leix/protocol";
import { createLogger } from "@leix/runtime";
import {
  cosignCheckpoint,
  createSigner,
  encodeCosignatures,
  type NoteSignature,
  parseNote,
  toEmptyRoot,
} from "@leix/tlog";
import { beforeEach, describe, expect, it } from "vitest";
import { type Cosignatures, createCosignatures } from "./cosignatures.ts";
import { createLedgerEvents } from "./events.ts";
import { createLogIdentity } from "./log-identity.ts";

const NOW = 1_800_000_000;
const { trust } = createWorld();
const identity = await createLogIdentity(trust.aud, toSigningKey("ledger"));
const note = await identity.sign({ size: 0, root: toEmptyRoot() });
const { text } = parseNote(note);
const keys = new Map<string, SigningKey>();

let state: State;
let cosignatures: Cosignatures;
let saved: Uint8Array[];
beforeEach(async () => {
  state = createState(trust);
  state.witnessQuorum = 2;
  saved = [];
  cosignatures = createCosignatures({
    state,
    memory: { load: async () => null, save: async (bytes) => void saved.push(bytes) },
    events: createLedgerEvents(createLogger("ledger", "silent")),
    now: () => NOW,
    republish: async () => undefined,
  });
  for (const country of ["AL", "RS"]) {
    const statement = { kind: "authority", status: "active", spoc: `${country}-SPOC` };
    state.parties.set(country as PartyId, { id: country, statement } as never);
    enrol(`${country}-SPOC`);
  }
  const head = { size: 0, root: toEmptyRoot(), note };
  await cosignatures.notePublished({ head } as unknown as LedgerReader);
});

/** A new key to cosign each time, in the place of the one before. */
function enrol(agency: string, status = "active"): void {
  const { d, ...jwk } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const kid = toThumbprint(jwk as never);
  keys.set(agency, { kid, alg: "Ed25519", jwk: { ...jwk, d } } as never);
  const key = { kid, nbf: NOW - 1, exp: NOW + 1, use: "cosign", alg: "Ed25519", jwk };
  const statement = { kind: "agency", subject: agency, status, keys: [key] };
  state.parties.set(agency as PartyId, { id: agency, statement } as never);
}

async function sign(agency: string): Promise<NoteSignature> {
  const key = keys.get(agency);
  if (!key) throw new Error(agency);
  const name = toWitnessName(trust.aud, AgencyId.parse(agency));
  return cosignCheckpoint(text, NOW, await createSigner(name, "cosignature/v1", key));
}

const take = async (...lines: readonly NoteSignature[]): Promise<number> =>
  cosignatures.take(0, decodeUtf8(encodeCosignatures(lines)));
const cosigners = (bytes: Uint8Array): string[] =>
  parseNote(bytes).signatures.flatMap(({ name }) => (name.includes("/witness/") ? [name.slice(-7)] : []));

describe("the quorum that the ledger service sees", () => {
  it("is reached by countries, through their single points of contact", async () => {
    for (const agency of ["AL-CUST", "AL-BORD"]) enrol(agency);
    expect(await take(await sign("AL-CUST"), await sign("AL-BORD"), await sign("AL-SPOC"))).toBe(3);
    expect(saved).toEqual([]);
    expect(await take(await sign("RS-SPOC"))).toBe(1);
    expect(saved.map(cosigners)).toEqual([["AL-CUST", "AL-BORD", "AL-SPOC", "RS-SPOC"]]);
  });

  it("has room for every country, however many others spoke first", async () => {
    const many = Array.from({ length: limits.WITNESSES_MAX + 3 }, (_, i) => `AL-A${1_000 + i}`);
    for (const agency of many) enrol(agency);
    const lines = await Promise.all(many.map(sign));
    expect(await take(...lines.slice(0, 50))).toBe(50);
    expect(await take(...lines.slice(50))).toBe(limits.WITNESSES_MAX - 50);
    expect(await take(await sign("AL-SPOC"), await sign("RS-SPOC"))).toBe(2);
    expect(saved).toHaveLength(1);
    const last = saved.flatMap(cosigners);
    expect(last).toHaveLength(limits.WITNESSES_MAX);
    expect(last).toEqual(expect.arrayContaining(["AL-SPOC", "RS-SPOC"]));
  });

  it("counts the key that an agency has now, and none of one that is suspended", async () => {
    const old = await sign("AL-SPOC");
    expect(await take(old)).toBe(1);
    enrol("AL-SPOC");
    expect(await take(await sign("RS-SPOC"))).toBe(1);
    expect(saved).toEqual([]);
    expect(await take(await sign("AL-SPOC"))).toBe(1);
    expect(saved).toHaveLength(1);
    enrol("RS-SPOC", "suspended");
    expect(await take(await sign("RS-SPOC"))).toBe(0);
  });

  it("takes a key once, however often it is in one breath", async () => {
    const line = await sign("AL-SPOC");
    expect(await take(line, line)).toBe(1);
    expect(await take(line)).toBe(1);
  });
});
