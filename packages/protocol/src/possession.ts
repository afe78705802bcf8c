import { z } from "zod";
import { toAccountKey } from "./account-key.ts";
import { LeixError } from "./errors.ts";
import { ExchangeId, type KeyId, PartyId } from "./ids.ts";
import { type ParsedJws, parseJws, signJws, type VerifySignature, verifyJws } from "./jws.ts";
import type { RegisteredKey, SigningKey } from "./keys.ts";
import { POSSESSION_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";
import type { Statement } from "./statement.ts";

export const POSSESSION_TYP = "leix-possession+jwt";

/** What a key says of itself: for whom it is registered, and where. Which key, the token's header names. */
export const Possession = z.strictObject({ v: z.literal(1), aud: ExchangeId, party: PartyId });
export type Possession = z.infer<typeof Possession>;

/** A compact JWS by the key itself: nobody can have a key registered that somebody else holds. */
export async function provePossession(about: Omit<Possession, "v">, key: SigningKey): Promise<string> {
  const { token } = await signJws({ v: 1, ...about }, POSSESSION_TYP, key);
  return token;
}

/** A key that a statement gives to a party, and that can sign. */
interface ProvableKey {
  readonly party: PartyId;
  readonly key: RegisteredKey;
}

/**
 * Every key that has to prove itself in a statement: those that sign or cosign, and the identity of the NATS
 * account. A key to encrypt with cannot sign; its owner shows the authority that it can decrypt. Throws
 * `key/invalid` for an account that is none.
 */
export function listProvableKeys(statement: Statement): readonly ProvableKey[] {
  switch (statement.kind) {
    case "anchor": {
      const { keys, account, policyKeys } = statement;
      return [
        ...toProvable("anchor", [...keys, toAccountKey(account.id)]),
        ...toProvable("policy", policyKeys),
      ];
    }
    case "service":
      return toProvable(statement.subject, statement.keys);
    case "authority":
    case "agency":
      return toProvable(statement.subject, [...statement.keys, toAccountKey(statement.account.id)]);
    default:
      return [];
  }
}

function toProvable(party: PartyId, keys: readonly RegisteredKey[]): ProvableKey[] {
  return keys.filter(({ use }) => use !== "enc").map((key) => ({ party, key }));
}

/**
 * Those of a statement's proofs that still have something to prove: of its last version, where the next has
 * fewer keys. Throws `key/invalid` for an account that is none, and as `parseJws` does.
 */
export function listNeededProofs(statement: Statement): string[] {
  const kids = listProvableKeys(statement).map(({ key }) => key.kid);
  const proofs = "proofs" in statement ? statement.proofs : [];
  return proofs.filter((proof) => kids.includes(parseProof(proof).header.kid));
}

function parseProof(proof: string): ParsedJws {
  return parseJws(proof, POSSESSION_TYP, POSSESSION_BYTES_MAX);
}

/**
 * Whether every one of those keys has proven itself once, for this party and this exchange, and nothing else
 * is among the proofs. Throws `statement/possession`, and `key/invalid` for an account that is none.
 */
export async function verifyPossession(statement: Statement, verify?: VerifySignature): Promise<void> {
  const wanted = new Map(listProvableKeys(statement).map((one) => [one.key.kid, one]));
  const proofs = "proofs" in statement ? statement.proofs : [];
  for (const proof of proofs) {
    const kid = await verifyProof(proof, statement, wanted, verify);
    wanted.delete(kid);
  }
  const [missing] = wanted.keys();
  if (missing) throw new LeixError("statement/possession", `no proof by kid ${missing}`);
}

async function verifyProof(
  proof: string,
  { aud }: Statement,
  wanted: ReadonlyMap<KeyId, ProvableKey>,
  verify: VerifySignature | undefined,
): Promise<KeyId> {
  try {
    const jws = parseProof(proof);
    const { kid } = jws.header;
    const said = parseSchema(Possession, jws.payload);
    const one = wanted.get(kid);
    if (!one) throw new LeixError("statement/possession", `kid ${kid} has nothing to prove, or twice`);
    if (said.aud !== aud || said.party !== one.party) {
      throw new LeixError("statement/possession", `kid ${kid} is proven for ${said.party} in ${said.aud}`);
    }
    // A key to cosign proves itself as one that signs would: the token's type keeps the two apart.
    await verifyJws(jws, { ...one.key, use: "sig" } as RegisteredKey, verify);
    return kid;
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code === "statement/possession") throw cause;
    throw new LeixError("statement/possession", cause.message, { cause });
  }
}
