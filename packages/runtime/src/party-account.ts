import type { PartyAccount } from "@leix/broker";
import {
  type CompromiseStatement,
  decodeBase64url,
  decodeUtf8,
  encodeCanonical,
  LeixError,
  type Statement,
} from "@leix/protocol";
import { z } from "zod";

/** The statements that give a party an account. */
export type AccountStatement = Extract<Statement, { kind: "anchor" | "authority" | "agency" }>;

/**
 * What the broker must know of a party's account: a function of the newest statement about it, of the newest
 * one that says that a key of its is in wrong hands, and of nothing else. A suspended or revoked party is
 * barred, and every user JWT issued up to that statement is refused. Whoever had one of its keys may have had
 * its users too: those issued up to the word about the leak stay refused for good, also when the party is
 * reinstated. A suspension alone spoils no users: the same may come again.
 */
export function toPartyAccount(
  statement: AccountStatement,
  leak: Pick<CompromiseStatement, "iat"> | undefined,
): PartyAccount {
  const { subject, account } = statement;
  return {
    account: account.id,
    name: subject,
    signingKeys: account.signers,
    status: toStatus(statement, leak?.iat),
  };
}

function toStatus(statement: AccountStatement, leakedAt: number | undefined): PartyAccount["status"] {
  const isActive = statement.kind === "anchor" || statement.status === "active";
  if (!isActive) return { kind: "barred", since: Math.max(statement.iat, leakedAt ?? 0) };
  return leakedAt === undefined ? { kind: "active" } : { kind: "active", since: leakedAt };
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
