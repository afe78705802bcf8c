import type { PartyAccount } from "@leix/broker";
import { decodeBase64url, decodeUtf8, encodeCanonical, LeixError, type Statement } from "@leix/protocol";
import { z } from "zod";

/** The statements that give a party an account. */
export type AccountStatement = Extract<Statement, { kind: "anchor" | "authority" | "agency" }>;

/** What the broker must know of a party's account; `toAccountStatus` says how that stands by the ledger. */
export function toPartyAccount(
  { subject, account }: AccountStatement,
  status: PartyAccount["status"],
): PartyAccount {
  return { account: account.id, name: subject, signingKeys: account.signers, status };
}

const AccountJwt = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  name: z.string(),
  nats: z.looseObject({}),
});

/**
 * What an account JWT says, in one spelling, without when it was signed and under which id: equal for two
 * JWTs that mean the same. `issuer` is the operator's key that signed it. The signature is the server's to
 * verify.
 */
export function parseAccountJwt(jwt: string): { readonly content: string; readonly issuer: string } {
  const payload = decodeBase64url(jwt.split(".")[1] ?? "");
  const parsed = AccountJwt.safeParse(payload ? parseJson(decodeUtf8(payload)) : undefined);
  if (!parsed.success) throw new LeixError("broker/refused", "not an account JWT");
  const { iss, sub, name, nats } = parsed.data;
  return { content: encodeCanonical({ sub, name, nats }), issuer: iss };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
