import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import {
  encodeEnvelope,
  type PartyId,
  RegisteredKey,
  type SigningKey,
  STATEMENT_TYP,
  type Statement,
  signJws,
  toThumbprint,
} from "@leix/protocol";
import { loadSigningKey } from "@leix/runtime";
import { type AgencyName, NOW, type TestExchange } from "./exchange.testkit.ts";

type AgencyContent = Extract<Statement, { kind: "agency" }>;

/** Records a new version of an agency's statement, signed by its country's authority. */
export async function changeAgency(
  exchange: TestExchange,
  agency: AgencyName,
  change: (statement: AgencyContent) => Partial<AgencyContent>,
): Promise<void> {
  const statement = exchange.state.parties.get(agency as PartyId)?.statement;
  if (statement?.kind !== "agency") throw new Error(`no agency ${agency}`);
  const next = { ...statement, version: statement.version + 1, ...change(statement) };
  const key = await loadSigningKey(join(exchange.dir, "authorities", statement.iss));
  const { token } = await signJws(next, STATEMENT_TYP, key);
  const decided = await exchange.publish(statement.iss, encodeEnvelope({ statement: token }));
  if (decided.kind !== "record" || decided.entry.kind !== "statement") throw new Error("not recorded");
}

/** A new key of an agency, and what registers it. */
export function createSigningPair(): { readonly key: SigningKey; readonly registered: RegisteredKey } {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }) as SigningKey["jwk"];
  const { d: _private, ...publicJwk } = jwk;
  const kid = toThumbprint(publicJwk);
  const registered = { kid, use: "sig", alg: "Ed25519", jwk: publicJwk, nbf: NOW - 1, exp: NOW * 2 };
  return { key: { kid, alg: "Ed25519", jwk }, registered: RegisteredKey.parse(registered) };
}
