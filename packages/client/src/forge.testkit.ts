import {
  type AgencyId,
  DECISION_TYP,
  type Decision,
  encodeCanonicalBytes,
  encodeSdJwt,
  hideVerdict,
  openDecision,
  type ParsedRecord,
  parseRecord,
  presentToRecipient,
  presentToSender,
  type RejectedInput,
  type SigningKey,
  signJws,
  toSalts,
  toVerdict,
  type Verdict,
} from "@leix/protocol";
import type { TestExchange } from "./exchange.testkit.ts";
import type { InboxDelivery } from "./ports.ts";

/** What a hostile policy service, or someone who has its key or another one, makes of a decision. */
export interface Forgery {
  readonly verdict?: Partial<Verdict>;
  readonly content?: Readonly<Record<string, unknown>>;
  readonly key?: SigningKey;
}

/** The record of one message. */
export function findRecord(exchange: TestExchange, id: string): Extract<ParsedRecord, { kind: "message" }> {
  for (const bytes of exchange.records.toReversed()) {
    const record = parseRecord(bytes);
    if (record.kind === "message" && record.claims.id === id) return record;
  }
  throw new Error(`no record of ${id}`);
}

/** A decision like the recorded one but for the forgery, with every disclosure. */
export async function forgeDecision(
  exchange: TestExchange,
  record: Extract<ParsedRecord, { kind: "message" }>,
  { verdict, content, key = exchange.policyKey }: Forgery,
): Promise<string> {
  const { decision } = record;
  const { hidden, disclosures } = hideVerdict({ ...toVerdict(decision), ...verdict }, toSalts(decision));
  const forged = { ...decision.content, ...hidden, ...content } as Decision;
  return encodeSdJwt((await signJws(forged, DECISION_TYP, key)).token, disclosures);
}

/** A summary as the exchange would record it next: of a flood by the account of a party. */
export async function forgeFlood(
  exchange: TestExchange,
  by: string,
  inputs: readonly RejectedInput[],
  proposal?: { readonly suspend: string; readonly to: string },
): Promise<string> {
  const { content } = parseRecord(exchange.records.at(-1) ?? new Uint8Array()).decision;
  const { v, iss, aud, index, prev, received, at, decider } = content;
  const [first] = inputs;
  const account = exchange.accountOf(by as AgencyId);
  const flood = {
    ...{ v, iss, aud, index: index + 1, prev, received, at, decider, kind: "flood", minute: at - (at % 60) },
    ...{ input: { account, sequence: first?.sequence, digest: first?.digest }, inputs },
    ...(proposal ? { proposal } : {}),
  };
  return `${(await signJws(flood, DECISION_TYP, exchange.policyKey)).token}~`;
}

/** The same copy with another decision, as it would be presented to its recipient. */
export async function forgeCopy(
  exchange: TestExchange,
  delivery: InboxDelivery,
  recipient: string,
  forgery: Forgery,
): Promise<InboxDelivery> {
  const forged = await forgeDecision(exchange, findRecord(exchange, delivery.id), forgery);
  return alterPayload(delivery, {
    decision: presentToRecipient(openDecision(forged), recipient as AgencyId),
  });
}

/** The answer to a message's sender with another decision in it. */
export async function forgeAnswer(
  exchange: TestExchange,
  delivery: InboxDelivery,
  forgery: Forgery,
): Promise<InboxDelivery> {
  const forged = await forgeDecision(exchange, findRecord(exchange, delivery.id), forgery);
  return alterPayload(delivery, { decision: presentToSender(openDecision(forged)) });
}

/** The same delivery with other members in its payload; undefined takes one out. */
export function alterPayload(
  delivery: InboxDelivery,
  changes: Readonly<Record<string, unknown>>,
): InboxDelivery {
  const payload = { ...readPayload(delivery), ...changes };
  const kept = Object.entries(payload).filter(([, value]) => value !== undefined);
  return { ...delivery, payload: encodeCanonicalBytes(Object.fromEntries(kept)) };
}

export function readPayload(delivery: InboxDelivery): {
  readonly message: string;
  readonly decision: string;
  readonly body: Readonly<Record<string, unknown>>;
} {
  return JSON.parse(new TextDecoder().decode(delivery.payload));
}

/** A compact JWS with one member of its claims changed: the signature no longer fits. */
export function alterClaims(token: string, changes: Readonly<Record<string, unknown>>): string {
  const [header, payload = "", signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const altered = encodeCanonicalBytes({ ...claims, ...changes });
  return [header, Buffer.from(altered).toString("base64url"), signature].join(".");
}
