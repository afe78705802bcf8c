import {
  type AccountId,
  CLAIMS_TYP,
  type Digest,
  limits,
  type ParsedRecord,
  parseEnvelope,
  parseJws,
  STATEMENT_TYP,
  toDigest,
} from "@leix/protocol";
import { findViolations, type ObservedInput, type ObservedStore } from "./exactly-once.ts";
import type { PublishedInput, TestExchange } from "./exchange.ts";
import type { ExchangeNode } from "./exchange-node.ts";
import type { PartyWire } from "./party-wire.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Waits until the exchange has nothing left to do: OUT is empty, every node has decided what it sent and
 * taken in what lies in its inbox, and every acknowledgement that follows went the same way.
 */
export async function untilIdle(exchange: TestExchange, patienceMs?: number): Promise<void> {
  let before = -1;
  await waitUntil(
    "an idle exchange",
    async () => {
      const isDrained = (await exchange.countMessages("out")) === 0 && (await exchange.countWaiting()) === 0;
      const isSettled = exchange.nodes.every(({ node }) => node.archive.listSent().every(isDecided));
      const ledger = await exchange.countMessages("ledger");
      const isQuiet = isDrained && isSettled && ledger === before;
      before = ledger;
      return isQuiet;
    },
    patienceMs,
  );
}

/**
 * What is wrong after a run; empty when everything happened exactly once. Waits until nothing is left to do.
 */
export async function checkExactlyOnce(exchange: TestExchange, patienceMs?: number): Promise<string[]> {
  await untilIdle(exchange, patienceMs);
  const records = await exchange.records();
  const { parties } = exchange.network;
  return findViolations({
    inputs: [
      ...exchange.published.map(toObservedInput),
      ...exchange.nodes.flatMap((node) => listSentInputs(node, exchange.accountOf(node.agency))),
    ],
    records,
    stores: new Map([
      ...exchange.nodes.map((node): [string, ObservedStore] => [node.agency, toNodeStore(node)]),
      ...exchange.wires.map((wire): [string, ObservedStore] => [wire.party, toWireStore(wire, records)]),
    ]),
    accounts: new Map(parties.flatMap(({ id, account }) => (account ? [[account, id] as const] : []))),
    audit: await exchange.audit(),
  });
}

type Sent = ReturnType<ExchangeNode["node"]["archive"]["listSent"]>[number];

function isDecided({ status }: Sent): boolean {
  return status !== "stored" && status !== "received";
}

/** What a node's outbox notes as received, the broker has acknowledged. */
function listSentInputs({ node }: ExchangeNode, account: AccountId): ObservedInput[] {
  return node.archive
    .listSent()
    .filter(({ status }) => status !== "stored")
    .map(({ status, ref, decision }) => {
      const raw = status === "rejected" ? decision?.content.input.digest : undefined;
      return { account, signed: ref.digest, ...(raw ? { raw } : {}) };
    });
}

function toObservedInput({ account, bytes }: PublishedInput): ObservedInput {
  const signed = findSigningDigest(bytes);
  return { account, raw: toDigest(bytes), ...(signed ? { signed } : {}) };
}

/**
 * Of the token in an input: what a message or a statement is recorded under, and a statement is answered
 * under. Of whatever has no token that can be taken apart there is none.
 */
export function findSigningDigest(bytes: Uint8Array): Digest | undefined {
  try {
    const envelope = parseEnvelope(bytes);
    if ("tick" in envelope) return undefined;
    if ("statement" in envelope)
      return parseJws(envelope.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX).digest;
    return parseJws(envelope.message, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).digest;
  } catch {
    return undefined;
  }
}

function toNodeStore({ node }: ExchangeNode): ObservedStore {
  const received = node.archive.listReceived({ acknowledgements: true });
  return {
    copies: received.flatMap(({ ref: { iss, id, digest }, status }) =>
      iss && digest && status === "accepted" ? [{ iss, id: id as Sent["ref"]["id"], digest }] : [],
    ),
    answers: node.archive
      .listSent()
      .flatMap(({ decision }) =>
        decision ? [{ index: decision.content.index, digest: decision.content.input.digest }] : [],
      ),
    notices: node.archive.listNotices().map(({ ledgerIndex }) => ledgerIndex),
    acknowledges: true,
  };
}

function toWireStore(wire: PartyWire, records: readonly ParsedRecord[]): ObservedStore {
  const refs = new Map(
    records.flatMap((one) =>
      one.kind === "message"
        ? [[one.input.token, { iss: one.claims.iss, id: one.claims.id, digest: one.input.digest }] as const]
        : [],
    ),
  );
  return {
    copies: wire.copies.flatMap(({ copy }) => refs.get(copy.message) ?? []),
    answers: wire.answers.map(({ decision: { content } }) => ({
      index: content.index,
      digest: content.input.digest,
    })),
    notices: wire.notices.flatMap(({ content, notices }) => notices.map(() => content.index)),
    acknowledges: false,
  };
}
