import { createNkey, toAccountId, toAccountSigner } from "@leix/broker";
import {
  type DecryptionKey,
  ENROLMENT_TYP,
  type EnrolmentChallenge,
  EnrolmentRequest,
  provePossession,
  type RegisteredKey,
  type RequestFile,
  type SigningKey,
  signJws,
} from "@leix/protocol";
import { proveDecryption, type UnprovenRequest } from "./decryption-proof.ts";

/** New keys of an agency, and the private parts that prove themselves. */
export interface NewAgencyKeys {
  readonly registered: readonly RegisteredKey[];
  /** Those that sign or cosign, and the account's identity where it is new. */
  readonly provers: readonly SigningKey[];
  readonly decryption: readonly DecryptionKey[];
}

export interface RequestOptions {
  readonly about: Pick<EnrolmentRequest, "aud" | "iss" | "iat" | "account"> &
    Partial<Pick<EnrolmentRequest, "certificateRequest">>;
  readonly challenge: EnrolmentChallenge;
  readonly keys: NewAgencyKeys;
  readonly signingKey: SigningKey;
}

/** Asks for keys to be registered, with every proof that they are this agency's own. */
export async function createRequest(options: RequestOptions): Promise<RequestFile> {
  const { about, challenge, keys, signingKey } = options;
  const { aud, iss: party } = about;
  const proofs = await Promise.all(keys.provers.map((key) => provePossession({ aud, party }, key)));
  const unproven: UnprovenRequest = {
    v: 1,
    ...about,
    challenge: challenge.id,
    keys: [...keys.registered],
    proofs,
  };
  const decryption = proveDecryption(unproven, challenge, keys.decryption);
  const request = EnrolmentRequest.parse({ ...unproven, decryption });
  const { token } = await signJws(request, ENROLMENT_TYP, signingKey);
  return { v: 1, request: token };
}

/** A new NATS account: its identity, which goes offline at once, and what signs its users. */
export function createAccountKeys() {
  const [identity, signer] = [createNkey("account"), createNkey("account")];
  const account = { id: toAccountId(identity), signers: [toAccountId(signer)] };
  return { identity, signer, account, prover: toAccountSigner(identity) };
}
