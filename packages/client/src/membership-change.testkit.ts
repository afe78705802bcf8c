import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import {
  type AgencyId,
  type AuthorityStatement,
  countryOf,
  encodeEnvelope,
  type KeyId,
  type LocalKey,
  listNeededProofs,
  type PartyId,
  type PrivateJwk,
  provePossession,
  RegisteredKey,
  STATEMENT_TYP,
  type Statement,
  signJws,
  toThumbprint,
} from "@leix/protocol";
import { loadSigningKey } from "@leix/runtime";
import { type AgencyName, NOW, type TestExchange } from "./exchange.testkit.ts";

type AgencyContent = Extract<Statement, { kind: "agency" }>;

/** Records a new version of an agency's statement, signed by its authority; `added` are keys new in it. */
export async function changeAgency(
  exchange: TestExchange,
  agency: AgencyName,
  change: (statement: AgencyContent) => Partial<AgencyContent>,
  added: readonly LocalKey[] = [],
): Promise<void> {
  const statement = exchange.state.parties.get(agency as PartyId)?.statement;
  if (statement?.kind !== "agency") throw new Error(`no agency ${agency}`);
  const next = { ...statement, version: statement.version + 1, ...change(statement) };
  const key = await loadSigningKey(join(exchange.dir, "authorities", statement.iss));
  const { aud, subject: party } = next;
  const proofs = await Promise.all(added.map((one) => provePossession({ aud, party }, one)));
  const proven = { ...next, proofs: [...listNeededProofs(next), ...proofs] };
  const { token } = await signJws(proven, STATEMENT_TYP, key);
  const decided = await exchange.publish(statement.iss, encodeEnvelope({ statement: token }));
  if (decided.kind !== "record" || decided.entry.kind !== "statement") throw new Error("not recorded");
}

/** Records a new version of an authority's statement, signed by the anchor. */
export async function changeAuthority(
  exchange: TestExchange,
  country: string,
  change: Pick<AuthorityStatement, "status">,
): Promise<void> {
  const statement = exchange.state.parties.get(country as PartyId)?.statement;
  const next = statement && { ...statement, version: statement.version + 1, ...change };
  const { token } = await signJws(next, STATEMENT_TYP, await loadSigningKey(join(exchange.dir, "anchor")));
  const decided = await exchange.publish("anchor", encodeEnvelope({ statement: token }));
  if (decided.kind !== "record" || decided.entry.kind !== "statement") throw new Error("not recorded");
}

/** Records that a key of an agency is in wrong hands, as its country's authority says. */
export async function compromiseKey(
  exchange: TestExchange,
  agency: AgencyName,
  kid: KeyId,
  since = NOW,
): Promise<void> {
  const iss = countryOf(agency as AgencyId);
  const key = await loadSigningKey(join(exchange.dir, "authorities", iss));
  const { aud } = exchange.state.trust;
  const content = { v: 1, aud, iss, iat: NOW, version: 1, kind: "compromise", subject: agency, kid, since };
  const { token } = await signJws(content, STATEMENT_TYP, key);
  const decided = await exchange.publish(iss, encodeEnvelope({ statement: token }));
  if (decided.kind !== "record" || decided.entry.kind !== "statement") throw new Error("not recorded");
}

/** A new key of an agency, and what registers it. */
export function createSigningPair(): { readonly key: LocalKey; readonly registered: RegisteredKey } {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }) as PrivateJwk;
  const { d: _private, ...publicJwk } = jwk;
  const kid = toThumbprint(publicJwk);
  const registered = { kid, use: "sig", alg: "Ed25519", jwk: publicJwk, nbf: NOW - 1, exp: NOW * 2 };
  return { key: { kid, alg: "Ed25519", jwk }, registered: RegisteredKey.parse(registered) };
}
