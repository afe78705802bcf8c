import { ExchangeId, type PartyId, provePossession } from "../src/index.ts";
import { CUSTOMS, EXCHANGE, KEYS, SPOC, STATEMENTS } from "./examples.ts";
import { createAccount, createAccountId, createEs256, type SigningPair, toSigningKey } from "./keys.ts";
import type { Case } from "./run.ts";

const account = createAccount("AL-SPOC");
const AGENCY = { ...STATEMENTS.agency, account: { id: account.id, signers: [createAccountId("a signer")] } };
const code = "statement/possession";

const prove = (pair: SigningPair, party: PartyId = SPOC, aud: ExchangeId = EXCHANGE): Promise<string> => {
  return provePossession({ aud, party }, toSigningKey(pair));
};

function toInvalid(name: string, proves: string, proofs: readonly string[], changes: object = {}): Case {
  const input = { payload: { ...AGENCY, ...changes, proofs } };
  return { name: `invalid/possession-${name}`, what: "possession", proves, input, code };
}

export async function listPossessionCases(): Promise<Case[]> {
  const [own, ofAccount] = await Promise.all([prove(KEYS.spoc), prove(account.pair)]);
  // As somebody would prove it who has another key and says that it is this one.
  const forged = await provePossession(
    { aud: EXCHANGE, party: SPOC },
    { ...toSigningKey(createEs256("thief")), kid: KEYS.spoc.registered.kid },
  );
  return [
    {
      name: "valid/possession-agency",
      what: "possession",
      proves: "Keys that sign, and the account, prove themselves; a key to encrypt cannot.",
      input: { payload: { ...AGENCY, proofs: [own, ofAccount] } },
      expect: { keys: [KEYS.spoc.registered.kid, account.pair.registered.kid] },
    },
    toInvalid("missing", "Every key that signs proves itself.", [ofAccount]),
    toInvalid("account-missing", "The account's identity proves itself.", [own]),
    toInvalid("other-party", "A proof is for one party.", [await prove(KEYS.spoc, CUSTOMS), ofAccount]),
    toInvalid("other-exchange", "A proof is for one exchange.", [
      await prove(KEYS.spoc, SPOC, ExchangeId.parse("other.example")),
      ofAccount,
    ]),
    toInvalid("by-another-key", "A proof is signed by the key itself.", [forged, ofAccount]),
    toInvalid("twice", "A key proves itself once.", [own, own, ofAccount]),
    toInvalid("stranger", "Nothing else is among the proofs.", [own, ofAccount, await prove(KEYS.customs)]),
  ];
}
