import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ErrorCode, invariant, type RegisteredKey, toDigest } from "@leix/protocol";
import type { SigningPair } from "@leix/protocol/vectors";
import { NETWORK_FILES, type NetworkPlan } from "@leix/runtime";
import {
  type Forge,
  type Forged,
  findSigningDigest,
  type Members,
  type Oddities,
  openForge,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { expect } from "vitest";

/** A member with its real account, credentials and keys, and no software of ours. It signs with ES256. */
export const ATTACKER = "AL-CUSTOMS";
/** Whom it writes to. RS-FIU signs with Ed25519; RS-SPOC gets the copy that the principles ask for. */
export const VICTIMS = ["RS-FIU", "ME-SPOC"] as const;
/** In every text that is sent and refused, and nowhere else. */
export const MARKER = "marker-of-a-refused-text";

/** A running exchange (operator mode, TLS, policy service and registry as processes) under attack. */
export interface Assault extends AsyncDisposable {
  readonly exchange: TestExchange;
  readonly forge: Forge;
  /** A request of the attacker to the victims that would be let through, unless it is made odd. */
  message(oddities?: Oddities): Promise<Forged>;
  /** The attacker's signing key as the exchange knows it, with its private part; or another party's. */
  pair(party?: string): Promise<SigningPair>;
  /**
   * Publishes through a party's own account, and holds that it comes to nothing: see `expectRefused`.
   */
  refused(bytes: Uint8Array, code: ErrorCode, by?: string): Promise<void>;
  /** The outcome of a message, or the code of its rejection. */
  send(message: Forged, by?: string): Promise<string>;
  /** Has an authority publish a statement about a subject, and gives back what came of it. */
  state(by: string, kind: string, subject: string, changes: Members): Promise<"recorded" | ErrorCode>;
}

export interface AssaultOptions {
  /** Agencies whose nodes read what comes. The others' inboxes only fill, so that they can be counted. */
  readonly readers?: readonly string[];
  /** The sample network where it is left out. */
  readonly plan?: NetworkPlan;
}

export async function startAssault({ readers = [], plan }: AssaultOptions = {}): Promise<Assault> {
  const exchange = await startTestExchange({ agencies: readers, ...(plan ? { plan } : {}) });
  const forge = await openForge(exchange);
  return {
    exchange,
    forge,
    message: (oddities = {}) => forge.message(ATTACKER, VICTIMS, { text: MARKER, ...oddities }),
    pair: (party = ATTACKER) => findPair(forge, party),
    refused: (bytes, code, by = ATTACKER) => expectRefused(exchange, bytes, code, by),
    async send({ bytes, id, raw }, by = ATTACKER) {
      const wire = await exchange.wire(by);
      await wire.publish(bytes);
      const { decision } = await Promise.race([wire.untilAnswered(id), wire.untilAnswered(raw)]);
      return decision.content.kind === "rejection" ? decision.content.code : String(decision.outcome);
    },
    async state(by, kind, subject, changes) {
      return publishStatement(exchange, by, await forge.statement(kind, subject, changes));
    },
    [Symbol.asyncDispose]: () => exchange[Symbol.asyncDispose](),
  };
}

export async function publishStatement(
  exchange: TestExchange,
  by: string,
  bytes: Uint8Array,
): Promise<"recorded" | ErrorCode> {
  const wire = await exchange.wire(by);
  await wire.publish(bytes);
  const id = findSigningDigest(bytes);
  invariant(id, "it has a token");
  const { decision } = await Promise.race([wire.untilAnswered(id), wire.untilAnswered(toDigest(bytes))]);
  return decision.content.kind === "rejection" ? decision.content.code : "recorded";
}

/**
 * Refused, and with the same code everywhere: in the signed rejection that the sender gets, in the ledger's
 * record, in the policy service's log. None of them repeats anything of what was sent, and nothing is laid
 * into anybody else's inbox.
 */
async function expectRefused(
  exchange: TestExchange,
  bytes: Uint8Array,
  code: ErrorCode,
  by: string,
): Promise<void> {
  const others = listOthers(exchange, by);
  const before = await exchange.countWaiting(others);
  const raw = toDigest(bytes);
  const wire = await exchange.wire(by);
  // What came before this wire was opened is read first.
  await waitUntil("an inbox that is read", async () => (await exchange.countWaiting([by])) === 0);
  const answered = new Map(wire.answers.map(({ id, count }) => [id, count]));
  await wire.publishUnchecked(bytes);
  // Whatever comes of it: where it is let through after all, that is seen at once.
  const { kind, decision, payload } = await waitUntil("an answer", () =>
    wire.answers.find(({ id, count }) => count > (answered.get(id) ?? 0)),
  );
  expect([kind, decision.content]).toMatchObject(["rejection", { code, input: { digest: raw } }]);
  const { index } = decision.content;
  const [record] = await exchange.records(index);
  expect(record).toMatchObject({
    kind: "rejection",
    decision: { content: { code, input: { digest: raw } } },
  });
  const line = await findLogged(exchange, index);
  expect(JSON.parse(line)).toMatchObject({ event: "input.rejected", code, digest: raw });
  expect(`${JSON.stringify(record)}${line}${Buffer.from(payload)}`).not.toContain(MARKER);
  expect(await exchange.countWaiting(others)).toBe(before);
}

/** Every agency that somebody could have written to and that nobody reads for here. */
function listOthers(exchange: TestExchange, by: string): string[] {
  const readers = [
    ...exchange.nodes.map(({ agency }) => agency),
    ...exchange.wires.map(({ party }) => party),
  ];
  return exchange.network.parties
    .filter(({ kind, id }) => kind === "agency" && id !== by && !readers.includes(id))
    .map(({ id }) => id);
}

/** What the policy service logged of a record. */
function findLogged(exchange: TestExchange, index: number): Promise<string> {
  return waitUntil(`record ${index} in the policy service's log`, async () => {
    const lines = (await loadPolicyLog(exchange)).split("\n");
    return lines.find((line) => line.includes(`"ledgerIndex":${index},`));
  });
}

function loadPolicyLog({ dir }: TestExchange): Promise<string> {
  return readFile(join(dir, NETWORK_FILES.log, "policy.log"), "utf8");
}

async function findPair(forge: Forge, party: string): Promise<SigningPair> {
  const { jwk, kid } = await forge.signingKey(party);
  const registered = listKeys(forge, party).find((key) => key.kid === kid);
  invariant(registered?.use === "sig", `${party} signs with it`);
  return { registered: registered as SigningPair["registered"], privateJwk: jwk };
}

/** As the genesis registers them. */
export function listKeys(forge: Forge, party: string): readonly RegisteredKey[] {
  const statement = forge.statements.find((one) => one.subject === party && "keys" in one);
  invariant(statement && "keys" in statement, `${party} has keys`);
  return statement.keys;
}
