import { createPrivateKey } from "node:crypto";
import {
  createState,
  type Examined,
  epochEnd,
  fold,
  nextDue,
  type State,
  step,
  type Trust,
} from "@leix/exchange";
import {
  createAccountKey,
  type FixedRecord,
  fixRecord,
  signRecord,
  TEST_DECIDER,
  toAccount as toKnownAccount,
  toRegisteredKey,
  toSigningKey,
} from "@leix/exchange/testkit";
import {
  type AccountId,
  CLAIMS_TYP,
  type Digest,
  type ExchangeId,
  encodeEnvelope,
  invariant,
  listProvableKeys,
  type ParsedJws,
  provePossession,
  type SigningInput,
  type SigningKey,
  STATEMENT_TYP,
  Statement,
  signInput,
  toDigest,
  toPublicJwk,
  toSigningInput,
  toThumbprint,
} from "@leix/protocol";
import { loadPolicyFiles } from "@leix/runtime";
import { listStatements } from "../decide/cast.ts";
import { generateMonth, MONTH_SECONDS, type Sent } from "../decide/traffic.ts";

/** The first of a month: 2026-11-01T00:00:00Z. */
const START = 1_793_491_200;
const AUD = "bench.leix.example" as ExchangeId;
const [ANCHOR_SEED, FIRST_SEED] = [1, 10];
const PKCS8_PREFIX = "302e020100300506032b657004220420";
/** Signatures are made in the threads of the platform: for so many records at once. */
const AHEAD_RECORDS = 512;
const CLOCK = toAccount("CLOCK");

export interface History {
  readonly trust: Trust;
  /** Whole records in the order of the ledger, as many as asked for. */
  records(): AsyncGenerator<Uint8Array, void>;
}

export interface HistoryOptions {
  readonly records: number;
  /** Conversations a month: each is some seven messages and as many acknowledgements. */
  readonly conversations: number;
}

/**
 * A ledger as an exchange of 60 agencies writes it in the course of years, with every signature real
 * (Ed25519): month after month of traffic, the clock's events, and the seals of the years. The same options
 * give the same history.
 */
export async function createHistory(options: HistoryOptions): Promise<History> {
  const anchor = createKey(ANCHOR_SEED);
  const trust = { aud: AUD, anchorKey: anchor.kid, anchorAccount: toAccount("ANCHOR") };
  const statements = await listGenesis(anchor);
  return { trust, records: () => writeRecords(trust, statements, options) };
}

/** An input before its signature: what is signed is known, and with it every digest. */
interface Drafted {
  readonly content: Statement | Sent["claims"];
  readonly at: number;
  readonly account: AccountId;
  readonly key: SigningKey;
  readonly signingInput: SigningInput;
}

async function* writeRecords(
  trust: Trust,
  statements: readonly Drafted[],
  { records, conversations }: HistoryOptions,
): AsyncGenerator<Uint8Array, void> {
  const writer = new HistoryWriter(trust);
  const drafts = listDrafts(statements, conversations, writer);
  let written = 0;
  for (const chunk of toChunks(writer.write(drafts))) {
    for (const record of await Promise.all(chunk)) {
      yield record;
      written++;
      if (written === records) return;
    }
  }
}

/** What a sender's next message says of the one before it. */
type SenderPlace = Pick<Sent["claims"], "seq" | "prev">;

/** Decides in order, and has inputs and records signed meanwhile. */
class HistoryWriter {
  readonly #state: State;
  readonly #key = toSigningKey("policy");
  readonly #senders = new Map<string, SenderPlace>();
  #sequence = 0;
  #salts = 0;

  constructor(trust: Trust) {
    this.#state = createState(trust);
  }

  /** Of the draft to come: only what was recorded is numbered. */
  findPlace(sender: string): SenderPlace {
    return this.#senders.get(sender) ?? { seq: 1, prev: null };
  }

  *write(drafts: Iterable<Drafted>): Generator<Promise<Uint8Array>, void> {
    for (const draft of drafts) {
      const times = [nextDue(this.#state), epochEnd(this.#state)];
      const isDue = times.some((time) => time !== undefined && time <= draft.at);
      if (isDue) yield* this.#record(this.#tick(draft.at), draft.at);
      yield* this.#record(this.#examine(draft), draft.at, draft);
    }
  }

  #examine({ content, at, account, signingInput }: Drafted): Examined {
    const { header, digest } = signingInput;
    const jws: ParsedJws = { token: "", header, payload: content, digest };
    const sent = { account, sequence: ++this.#sequence, received: at, rawDigest: digest };
    return isStatement(content)
      ? { ...sent, kind: "statement", jws, statement: content }
      : { ...sent, kind: "message", jws, claims: content };
  }

  #tick(at: number): Examined {
    const rawDigest = toDigest(encodeEnvelope({ tick: at }));
    return { kind: "tick", account: CLOCK, sequence: ++this.#sequence, received: at, rawDigest };
  }

  *#record(examined: Examined, at: number, draft?: Drafted): Generator<Promise<Uint8Array>, void> {
    const answer = step(this.#state, examined, "valid", at);
    // Who was refused a copy has nothing to acknowledge or to answer.
    if (!("index" in answer) || answer.kind === "repeat" || answer.kind === "rejection") return;
    if (answer.kind === "message") {
      const { iss, seq } = answer.claims;
      this.#senders.set(iss, { seq: seq + 1, prev: answer.ref.digest });
    }
    const fixed = fixRecord(this.#state, answer, TEST_DECIDER, this.#key, () => this.#createSalt());
    fold(this.#state, answer, fixed.signingInput.digest);
    yield this.#sign(fixed, draft);
  }

  async #sign(fixed: FixedRecord, draft: Drafted | undefined): Promise<Uint8Array> {
    if (!draft) return signRecord(fixed, this.#key, undefined);
    const { content, signingInput, key } = draft;
    const token = await signInput(signingInput, key);
    const { header, digest } = signingInput;
    return signRecord(fixed, this.#key, { token, header, payload: content, digest });
  }

  #createSalt(): string {
    return toDigest(String(this.#salts++))
      .slice(0, 21)
      .concat("A");
  }
}

function isStatement(content: Statement | Sent["claims"]): content is Statement {
  return "subject" in content && "version" in content;
}

function* listDrafts(
  statements: readonly Drafted[],
  conversations: number,
  writer: HistoryWriter,
): Generator<Drafted, void> {
  yield* statements;
  const keys = new Map(statements.flatMap(({ content }) => toOwner(content)));
  for (let month = 0; ; month++) yield* draftMonth(month, conversations, keys, writer);
}

/**
 * Messages name each other, and their sender's last, by digests that are only known now: the ones named come
 * before, and each is decided before the next is drafted.
 */
function* draftMonth(
  month: number,
  conversations: number,
  owners: ReadonlyMap<string, SigningKey>,
  writer: HistoryWriter,
): Generator<Drafted, void> {
  const digests = new Map<string, Digest>();
  for (const { claims } of generateMonth(START + month * MONTH_SECONDS, conversations, month + 1)) {
    const content = withDigests({ ...claims, aud: AUD, ...writer.findPlace(claims.iss) }, digests);
    const key = owners.get(claims.iss);
    invariant(key, "a message is from a member");
    const signingInput = toSigningInput(content, CLAIMS_TYP, key);
    digests.set(claims.id, signingInput.digest);
    yield { content, at: claims.iat, account: toAccount(claims.iss), key, signingInput };
  }
}

function withDigests<T>(value: T, digests: ReadonlyMap<string, Digest>): T {
  return JSON.parse(JSON.stringify(value), (_, member) => {
    const isRef = typeof member === "object" && member !== null && "digest" in member && "id" in member;
    return isRef ? { ...member, digest: digests.get(member.id) ?? member.digest } : member;
  });
}

function toOwner(content: Drafted["content"]): [string, SigningKey][] {
  return isStatement(content) && content.kind === "agency"
    ? [[content.subject, toKeyOf(content.subject)]]
    : [];
}

/** Keys that hold as long as any history: renewing them is not what is measured. */
async function listGenesis(anchor: SigningKey): Promise<Drafted[]> {
  const common = { v: 1, aud: AUD, iat: START, version: 1 };
  const files = (await loadPolicyFiles()).map((file) => ({ ...file, digest: toDigest(file.content) }));
  const policyKey = toRegisteredKey("policy", toValidity());
  const [first] = ["AL"];
  const contents = [
    {
      ...{ ...common, kind: "anchor", iss: "anchor", subject: "anchor", keys: [toPublicKey(anchor)] },
      ...{ account: toAccountOf("ANCHOR"), clockAccount: CLOCK, policyKeys: [policyKey], proofs: [] },
      ...{ policySetThreshold: 1, channelCeiling: "confidential", reservedAccounts: [CLOCK] },
    },
    ...listStatements(AUD, START).map((one) => {
      if (one.kind !== "authority" && one.kind !== "agency") return one;
      return { ...one, keys: [toPublicKey(toKeyOf(one.subject))], account: toAccountOf(one.subject) };
    }),
    ...files.map(({ name, content, digest }) => {
      return { ...common, kind: "policy-file", iss: first, subject: digest, name, content };
    }),
    {
      ...{ ...common, kind: "policy-set", iss: first, subject: "exchange", deciders: [TEST_DECIDER.step] },
      files: files.map(({ name, digest }) => ({ name, digest })),
    },
  ];
  const proven = contents.map(async (one) => {
    const content = await prove(Statement.parse(one), anchor);
    const key = content.iss === "anchor" ? anchor : toKeyOf(content.iss);
    const account = toAccount(content.iss);
    return { content, at: START, account, key, signingInput: toSigningInput(content, STATEMENT_TYP, key) };
  });
  return Promise.all(proven);
}

/** By every key of it that signs, and by its account. */
async function prove(statement: Statement, anchor: SigningKey): Promise<Statement> {
  if (!("proofs" in statement)) return statement;
  const { aud } = statement;
  const proofs = listProvableKeys(statement).map(({ party, key }) => {
    const own = [anchor, toSigningKey("policy"), toKeyOf(party)].find(({ kid }) => kid === key.kid);
    return provePossession({ aud, party }, own ?? createAccountKey(toLabel(party)).key);
  });
  return { ...statement, proofs: await Promise.all(proofs) };
}

/** The anchor's account stands under its own name. */
function toLabel(party: string): string {
  return party.toUpperCase();
}

/** A party's own, by its name. */
function toKeyOf(party: string): SigningKey {
  const seed = [...party].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2 ** 31, FIRST_SEED);
  return createKey(seed);
}

function createKey(seed: number): SigningKey {
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX, "hex"), toSeed(seed)]);
  const { x = "", d = "" } = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "jwk",
  });
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return { alg: "Ed25519", kid: toThumbprint(jwk), jwk: { ...jwk, d } };
}

function toSeed(seed: number): Buffer {
  const bytes = Buffer.alloc(32, 7);
  bytes.writeUInt32BE(seed);
  return bytes;
}

function toPublicKey(key: SigningKey) {
  return { ...toValidity(), kid: key.kid, use: "sig", alg: key.alg, jwk: toPublicJwk(key) };
}

function toValidity() {
  return { nbf: START - 1, exp: START + 50 * 12 * MONTH_SECONDS };
}

function toAccountOf(party: string) {
  return { id: toAccount(party), signers: [toAccount(`${party}X`)] };
}

function toAccount(party: string): AccountId {
  return toKnownAccount(toLabel(party));
}

function* toChunks<T>(items: Iterable<T>): Generator<T[], void> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < AHEAD_RECORDS) continue;
    yield chunk;
    chunk = [];
  }
}
