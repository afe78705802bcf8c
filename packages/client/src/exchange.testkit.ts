import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  absorbLayer,
  createLayer,
  createState,
  type Decided,
  type Delivery,
  decideBatch,
  type Input,
  listDeliveries,
  listRepeated,
  type State,
} from "@leix/exchange";
import {
  AccountId,
  type ErrorCode,
  encodeEnvelope,
  encodeUtf8,
  LeixError,
  type PartyId,
  parseRecord,
  type SigningKey,
} from "@leix/protocol";
import {
  createNetwork,
  createPlan,
  loadGenesis,
  loadPolicyFiles,
  loadSigningKey,
  type NetworkFile,
  readZoneVersion,
} from "@leix/runtime";
import { type Bell, createBell } from "./bell.ts";
import type { InboxDelivery, Post } from "./ports.ts";

/** The clock of every test, in seconds. */
export const NOW = 1_800_000_000;

export type AgencyName = "AL-SPOC" | "RS-SPOC" | "AL-CUSTOMS" | "RS-FIU";
/** A network of keys takes its time on a busy machine. */
export const PATIENCE = { testTimeout: 30_000, hookTimeout: 60_000 };

/**
 * A network with its real folders and keys, and an exchange in memory that decides as the policy service
 * does.
 */
export interface TestExchange extends AsyncDisposable {
  readonly dir: string;
  readonly network: NetworkFile;
  readonly state: State;
  readonly records: readonly Uint8Array[];
  readonly policyKey: SigningKey;
  /** Milliseconds since 1970; tests move it. */
  nowMs: number;
  /** Decides an input and lays what follows into the inboxes; a repeat gets its answer again. */
  publish(by: PartyId | AgencyName, bytes: Uint8Array): Promise<Decided>;
  /** The exchange's own clock ticks. */
  tick(): Promise<Decided>;
  accountOf(party: PartyId | AgencyName): AccountId;
  /** A fresh copy of an agency's folder. */
  copyFolder(agency: AgencyName): Promise<string>;
  connect(party: PartyId | AgencyName): TestPost;
}

/** One agency's way to the exchange, with the faults of a broker at hand. */
export interface TestPost extends Post {
  /** What waits in the inbox. */
  readonly inbox: TestInbox;
  /** Everything that was handed over, answered or not. */
  readonly sent: Uint8Array[];
  readonly acknowledged: string[];
  /** Thrown at each of the next sends, before or after the exchange has it. */
  readonly sendFaults: { readonly code: ErrorCode; readonly arrives: boolean }[];
  /** Thrown at each question for membership while it is set. */
  rulesFault: ErrorCode | undefined;
  /** Who answers questions about the log; nobody, until a test sets it. */
  log: ((question: Uint8Array) => Promise<Uint8Array>) | undefined;
}

/** A test may take out what waits, alter it, and lay it in again. */
export interface TestInbox {
  readonly bell: Bell;
  takeAll(max?: number): InboxDelivery[];
  add(...deliveries: readonly InboxDelivery[]): void;
}

const RULES_PAGE = 7;
const FOR_EVER_MS = 2 ** 31 - 1;

export async function createTestExchange(): Promise<TestExchange> {
  const root = await mkdtemp(join(tmpdir(), "leix-client-"));
  const dir = join(root, "network");
  const now = new Date(NOW * 1000);
  const network = await createNetwork(createPlan({ countries: ["AL", "RS"] }), dir, {
    policyFiles: loadPolicyFiles(),
    now,
  });
  const { exchange: aud, anchorKey, anchorAccount } = network;
  const state = createState({ aud, anchorKey, anchorAccount });
  const policyKey = await loadSigningKey(join(dir, "services/policy"));
  const records: Uint8Array[] = [];
  const inboxes = new Map<string, TestInbox>();
  let [salt, copies] = [0, 0];

  const accountOf = (party: PartyId | AgencyName) =>
    AccountId.parse(network.parties.find(({ id }) => id === party)?.account);
  const inboxOf = (account: AccountId) => {
    const inbox = inboxes.get(account) ?? createTestInbox();
    inboxes.set(account, inbox);
    return inbox;
  };
  let last: Promise<unknown> = Promise.resolve();
  /** One after another, as the policy service does. */
  const decide = (inputs: readonly Input[]) => {
    const decided = last.then(() => decideNext(inputs));
    last = decided.catch(() => undefined);
    return decided;
  };
  const decideNext = async (inputs: readonly Input[]) => {
    const layer = createLayer(state);
    const decided = await decideBatch(layer, inputs, {
      key: policyKey,
      tz: readZoneVersion(),
      now: Math.floor(test.nowMs / 1000),
      createSalt: () => String(salt++).padStart(22, "A"),
    });
    absorbLayer(state, layer);
    for (const one of decided) if (one.kind === "record") records.push(one.record);
    return decided;
  };

  const handle = async (account: AccountId, bytes: Uint8Array) => {
    const [decided] = await decide([toInput(account, records.length + 1, test.nowMs, bytes)]);
    if (!decided) throw new Error("nothing was decided");
    for (const delivery of toDeliveries(state, decided, records)) {
      inboxOf(delivery.recipient).add(toInboxDelivery(delivery));
    }
    return decided;
  };

  const test: TestExchange = {
    dir,
    network,
    state,
    records,
    policyKey,
    nowMs: NOW * 1000,
    accountOf,
    publish: (by, bytes) => handle(accountOf(by), bytes),
    tick() {
      const bytes = encodeEnvelope({ tick: Math.floor(test.nowMs / 1_000) });
      return handle(AccountId.parse(state.clockAccount), bytes);
    },
    async copyFolder(agency) {
      const folder = join(root, `${agency}-${copies++}`);
      await cp(join(dir, "agencies", agency), folder, { recursive: true });
      return folder;
    },
    connect: (party) => createTestPost(test, party, inboxOf(accountOf(party))),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
  const genesis = await loadGenesis(dir);
  await decide(
    genesis.map(({ by, envelope }, i) => toInput(accountOf(by), i + 1, test.nowMs, encodeUtf8(envelope))),
  );
  if (records.length !== genesis.length) throw new Error("the genesis is not sound");
  return test;
}

function toInput(account: AccountId, sequence: number, nowMs: number, bytes: Uint8Array): Input {
  return { account, sequence, received: Math.floor(nowMs / 1000), bytes, isGivenUp: false };
}

function toDeliveries(state: State, decided: Decided, records: readonly Uint8Array[]): readonly Delivery[] {
  const { examined } = decided;
  const body = examined.kind === "message" ? examined.body : undefined;
  if (decided.kind === "record") {
    const detail = decided.entry.kind === "rejection" ? decided.entry.detail : undefined;
    return listDeliveries(state, parseRecord(decided.record), body, detail);
  }
  if (decided.kind !== "repeat") return [];
  const record = parseRecord(records[decided.repeat.index] ?? new Uint8Array());
  return listRepeated(state, record, body);
}

export function toInboxDelivery({ kind, sender, id, payload }: Delivery): InboxDelivery {
  return { kind, sender, id, payload, acknowledge: () => undefined };
}

function createTestInbox(): TestInbox {
  const waiting: InboxDelivery[] = [];
  const bell = createBell();
  return {
    bell,
    takeAll: (max = waiting.length) => waiting.splice(0, max),
    add(...deliveries) {
      waiting.push(...deliveries);
      bell.ring();
    },
  };
}

function createTestPost(test: TestExchange, party: PartyId | AgencyName, inbox: TestInbox): TestPost {
  const post: TestPost = {
    inbox,
    sent: [],
    acknowledged: [],
    sendFaults: [],
    rulesFault: undefined,
    log: undefined,
    async send(envelope) {
      const fault = post.sendFaults.shift();
      if (!fault || fault.arrives) {
        post.sent.push(envelope);
        await test.publish(party, envelope);
      }
      if (fault) throw new LeixError(fault.code);
    },
    async *receive(signal) {
      while (!signal.aborted) {
        const waiting = inbox.takeAll(3);
        if (waiting.length > 0) yield waiting.map((one) => withAcknowledgement(one, post));
        else await inbox.bell.wait(FOR_EVER_MS, signal);
      }
    },
    async listRules(count) {
      if (post.rulesFault) throw new LeixError(post.rulesFault);
      return test.records.filter((bytes) => isTold(bytes, count, party)).slice(0, RULES_PAGE);
    },
    async askLog(question) {
      if (!post.log) throw new LeixError("broker/no-answer");
      return post.log(question);
    },
  };
  return post;
}

function withAcknowledgement(delivery: InboxDelivery, post: TestPost): InboxDelivery {
  return { ...delivery, acknowledge: () => void post.acknowledged.push(`${delivery.kind}.${delivery.id}`) };
}

/** What the registry tells: an agency no clearances and no policy files, an authority its own clearances. */
function isTold(bytes: Uint8Array, count: number, asker: string): boolean {
  const record = parseRecord(bytes);
  if (record.kind !== "statement" || record.decision.content.index < count) return false;
  const { kind, iss } = record.statement;
  if (kind === "clearance") return iss === asker;
  const isAgency = asker.includes("-");
  return !isAgency || !["policy-file", "policy-set"].includes(kind);
}
