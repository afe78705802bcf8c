import { encodeCanonicalBytes, POSSESSION_TYP, toDigest } from "@leix/protocol";
import { checkExactlyOnce, createSigner, type Members, signToken } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, listKeys, startAssault } from "../assault.ts";
import { toProofs } from "../proofs.ts";
import { type Attack, attackWith, type Row } from "./statement-attacks.ts";

/** Keys and accounts that are none, or not the party's that has them registered. */
let assault: Assault;
let recorded = 0;
beforeAll(async () => {
  assault = await startAssault();
  recorded = assault.forge.statements.length;
});
afterAll(() => assault?.[Symbol.asyncDispose]());

const holds = (rows: readonly Row[]) => attackWith(() => assault, rows);
const agency = (changes: Members = {}) => ({ version: 2, ...changes });

/** Whatever is wrong with a key is wrong before anyone asks whose it is. */
describe("a key that is none, or not what it says", () => {
  const key = (change: (own: Members) => Members): Attack => ({
    kind: "agency",
    subject: ATTACKER,
    changes: () => {
      const [first, ...rest] = listKeys(assault.forge, ATTACKER);
      return agency({ keys: [change(first as never), ...rest] });
    },
  });
  const jwk = (change: Members) => key((own) => ({ ...own, jwk: { ...(own.jwk as Members), ...change } }));
  const small = { kty: "OKP", crv: "Ed25519", x: `AQ${"A".repeat(41)}` };
  holds([
    ["a point that is not on P-256", "key/invalid", jwk({ y: "A".repeat(43) })],
    ["another key's thumbprint", "key/invalid", key((own) => ({ ...own, kid: toDigest("another") }))],
    [
      "small order: anyone signs under it",
      "key/invalid",
      key((own) => ({ ...own, alg: "Ed25519", jwk: small })),
    ],
    ["its private part", "input/schema", jwk({ d: "A".repeat(43) })],
    ["another curve", "input/schema", jwk({ crv: "P-384" })],
    ["the algorithm of another curve", "input/schema", key((own) => ({ ...own, alg: "Ed25519" }))],
    ["an algorithm that nobody may use", "input/schema", key((own) => ({ ...own, alg: "none" }))],
    ["a key to sign, for encryption", "input/schema", key((own) => ({ ...own, use: "enc" }))],
    ["a link to where it is", "input/schema", jwk({ x5u: "https://attacker.example" })],
  ]);
});

describe("a key or an account of somebody else", () => {
  const first = (party: string) => assault.forge.statements.find(({ subject }) => subject === party);
  const keysOf = (party: string) => listKeys(assault.forge, party);
  const accountOf = (party: string) => ({ account: (first(party) as never as Members).account });
  const proofsOf = (party: string) => (first(party) as never as { proofs: string[] }).proofs;
  const own = (changes: () => Members | Promise<Members>): Attack => ({
    kind: "agency",
    subject: ATTACKER,
    changes: async () => agency(await changes()),
  });
  const withKey = async (signs: (made: ReturnType<typeof createSigner>) => Promise<readonly string[]>) => {
    const made = createSigner();
    const keys = [...keysOf(ATTACKER), made.registered];
    const kept = await toProofs(assault.forge, ATTACKER, keysOf(ATTACKER));
    return { keys, proofs: [...kept, ...(await signs(made))] };
  };
  const foreign = () => [...keysOf(ATTACKER), ...keysOf("RS-FIU").filter(({ use }) => use === "sig")];
  const stolen = async () => [await assault.forge.signingKey("RS-FIU")];

  holds([
    [
      "another's key, without a proof",
      "statement/possession",
      own(() => ({ keys: foreign(), proofs: proofsOf(ATTACKER) })),
    ],
    [
      "another's key, with its own proof of then",
      "statement/possession",
      own(() => ({ keys: foreign(), proofs: [...proofsOf(ATTACKER), ...proofsOf("RS-FIU").slice(0, 1)] })),
    ],
    [
      "another's key, with a stolen private part",
      "statement/key-taken",
      own(async () => ({
        keys: foreign(),
        proofs: await toProofs(assault.forge, ATTACKER, foreign(), await stolen()),
      })),
    ],
    [
      "another's key, and all proofs of it",
      "statement/possession",
      own(() => ({ keys: keysOf("RS-FIU"), proofs: proofsOf("RS-FIU") })),
    ],
    [
      "another's key to be encrypted to",
      "statement/key-taken",
      own(() => ({
        keys: [
          ...keysOf(ATTACKER).filter(({ use }) => use !== "enc"),
          ...keysOf("RS-FIU").filter(({ use }) => use === "enc"),
        ],
      })),
    ],
    [
      "the policy service's key",
      "statement/possession",
      own(() => ({
        keys: [...keysOf(ATTACKER), (first("anchor") as never as { policyKeys: unknown[] }).policyKeys[0]],
      })),
    ],
    [
      "another's account, without a proof",
      "statement/possession",
      own(() => ({ ...accountOf("RS-FIU"), proofs: proofsOf(ATTACKER).slice(0, 2) })),
    ],
    [
      "another's account, with all its proofs of then",
      "statement/possession",
      own(() => ({ ...accountOf("RS-FIU"), proofs: [...proofsOf(ATTACKER), ...proofsOf("RS-FIU")] })),
    ],
    [
      "the broker's own account",
      "statement/possession",
      own(() => ({
        account: {
          id: assault.exchange.network.brokerAccount,
          signers: [assault.exchange.network.brokerAccount],
        },
      })),
    ],
    [
      "an account whose id is no key",
      "key/invalid",
      own(() => ({ account: { id: `A${"B".repeat(55)}`, signers: [`A${"B".repeat(55)}`] } })),
    ],
    ["a new key, without a proof", "statement/possession", own(() => withKey(async () => []))],
    [
      "a new key, with the proof of another key twice",
      "statement/possession",
      own(() => withKey(async () => proofsOf(ATTACKER).slice(0, 1))),
    ],
    [
      "a new key, proven for another party",
      "statement/possession",
      own(() => withKey(async ({ key }) => [await prove(key, { party: "AL-SPOC" })])),
    ],
    [
      "a new key, proven for another exchange",
      "statement/possession",
      own(() => withKey(async ({ key }) => [await prove(key, { aud: "other.leix.example" })])),
    ],
    [
      "a new key, proven by another one under its name",
      "statement/possession",
      own(() => withKey(async ({ key }) => [await prove({ ...createSigner().key, kid: key.kid })])),
    ],
    [
      "a new key, proven in a token of another type",
      "statement/possession",
      own(() => withKey(async ({ key }) => [await prove(key, {}, "leix-statement+jwt")])),
    ],
    [
      "a new key, proven in a token that says more",
      "statement/possession",
      own(() => withKey(async ({ key }) => [await prove(key, { more: 1 })])),
    ],
    [
      "a new key, proven by alg none",
      "statement/possession",
      own(() => withKey(async ({ key }) => [await prove(key, {}, POSSESSION_TYP, { alg: "none" })])),
    ],
    [
      "a new key to cosign, without a proof",
      "statement/possession",
      own(() => ({
        keys: [...keysOf(ATTACKER), { ...createSigner().registered, use: "cosign" }],
        proofs: proofsOf(ATTACKER),
      })),
    ],
    [
      "a proof of a key that is not registered",
      "statement/possession",
      own(async () => ({ proofs: [...proofsOf(ATTACKER), await prove(createSigner().key)] })),
    ],
    ["no proof at all", "statement/possession", own(() => ({ proofs: [] }))],
    ["no word of proofs", "input/schema", own(() => ({ proofs: undefined }))],
    [
      "one key twice",
      "statement/key-taken",
      own(() => ({ keys: [...keysOf(ATTACKER), ...keysOf(ATTACKER).slice(0, 1)] })),
    ],
  ]);

  async function prove(
    key: ReturnType<typeof createSigner>["key"],
    about: Members = {},
    typ: string = POSSESSION_TYP,
    header: Members = {},
  ): Promise<string> {
    const said = { v: 1, aud: assault.exchange.network.exchange, party: ATTACKER, ...about };
    return signToken({ alg: key.alg, kid: key.kid, typ, ...header }, encodeCanonicalBytes(said), key);
  }
});

it("after all of it the membership is as it was, and the auditor agrees", async () => {
  const records = await assault.exchange.records();
  expect(records.filter(({ kind }) => kind === "statement").length).toBe(recorded);
  expect(records.filter(({ kind }) => kind === "rejection").length).toBeGreaterThan(30);
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
