import {
  ENROLMENT_TYP,
  type EnrolmentChallenge,
  EnrolmentRequest,
  provePossession,
  type RequestFile,
  type SigningKey,
  signJws,
} from "@leix/protocol";
import type { MemberKeys } from "../network/member-keys.ts";
import { proveDecryption, type UnprovenRequest } from "./decryption-proof.ts";

export interface RequestOptions {
  readonly about: Pick<EnrolmentRequest, "aud" | "iss" | "iat" | "account"> &
    Partial<Pick<EnrolmentRequest, "certificateRequest">>;
  readonly challenge: EnrolmentChallenge;
  /** New ones; among the provers the account's identity where it is new. */
  readonly keys: Pick<MemberKeys, "registered" | "provers" | "decryption">;
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
