import type { PolicySet } from "@leix/principles";
import {
  type AccountId,
  type AgencyId,
  type Classification,
  type CompromiseStatement,
  type Digest,
  type ExchangeId,
  type GroupId,
  type GroupStatement,
  type KeyId,
  LedgerEpoch,
  type MessageRef,
  type PartyId,
  type RegisteredKey,
  type Statement,
  type TermsContent,
} from "@leix/protocol";
import { DECIDERS, type KnownDecider } from "./decider.ts";
import type { DueQueue } from "./due-queue.ts";
import { LayeredMap } from "./layered-map.ts";
import type { LeavingList } from "./leaving.ts";
import { createPackedMessages } from "./packed-messages.ts";
import type {
  PendingRecall,
  RecordedDuty,
  RecordedFlood,
  RecordedMessage,
  RecordedPlace,
  RecordedStatement,
  RejectionRate,
  Unacknowledged,
} from "./recorded.ts";

/** What every party is given beforehand and trusts: everything else follows from the ledger. */
export interface Trust {
  readonly aud: ExchangeId;
  /** Thumbprint of the anchor's signing key. */
  readonly anchorKey: KeyId;
  /** The NATS account through which the anchor publishes the first statement. */
  readonly anchorAccount: AccountId;
}

/** A party is what its newest statement says. */
export interface Party {
  readonly id: PartyId;
  readonly statement: Extract<Statement, { kind: "anchor" | "service" | "authority" | "agency" }>;
}

export interface OwnedKey {
  readonly party: PartyId;
  readonly key: RegisteredKey;
  /** True once a newer statement of its party no longer lists it; it stays known, for ever its party's. */
  readonly withdrawn: boolean;
  /** The index of the record by which it was withdrawn. */
  readonly withdrawnAt?: number;
  /** NumericDate: the earliest since which it is said to have been in wrong hands. */
  readonly compromisedSince?: number;
}

/** What one side of an agreement has signed last. */
export interface Proposal {
  readonly version: number;
  readonly digest: Digest;
}

export interface Terms {
  readonly version: number;
  readonly content: TermsContent;
}

export interface PolicyFile {
  readonly name: string;
  readonly content: string;
}

export interface ActivePolicySet {
  readonly version: number;
  readonly set: PolicySet;
  /** Its manifest. */
  readonly files: readonly { readonly name: string; readonly digest: Digest }[];
  readonly deciders: readonly string[];
}

/** The end of the ledger that a state has folded. */
export interface Head {
  /** Index of the next record. */
  readonly index: number;
  /** Digest of the last decision's signing input. */
  readonly prev: Digest | null;
  /** Time of the last record. */
  readonly at: number;
}

/** What a seal ends. `began` is the time of its first record. */
export interface Epoch {
  readonly number: LedgerEpoch;
  readonly began: number;
}

/** Days since 1970 (in UTC) on which something was recorded: the last, the one before it, and so on. */
export interface OperatingDays {
  readonly last: number;
  readonly second: number;
  readonly third: number;
}

/** Of the pending recalls: the number of the first, and of the next that is added. */
export interface RecallQueue {
  readonly first: number;
  readonly next: number;
  /** Time of the last event that told some. */
  readonly toldAt: number;
}

/** Values that are replaced whole. */
interface Values {
  head: Head;
  channelCeiling: Classification;
  /** The broker's own accounts: nobody's. */
  reservedAccounts: readonly AccountId[];
  /** Whose inputs are the clock; none before the anchor's statement. */
  clockAccount: AccountId | undefined;
  policySetThreshold: number;
  /** So many countries must cosign a checkpoint before it is relied on. */
  witnessQuorum: number;
  /** So long is an epoch; a calendar year where undefined. */
  epochSeconds: number | undefined;
  /** The epoch that the next record belongs to. */
  epoch: Epoch;
  policySet: ActivePolicySet | undefined;
  /** Duties that are not done, not stopped and not recorded as overdue; beside them some that were. */
  dueQueue: DueQueue | undefined;
  /** Time of the last event that was full: there may be more overdue than it had room for. */
  lastFullEventAt: number;
  recalls: RecallQueue;
  operatingDays: OperatingDays;
  /** All that was to leave by this day has left. */
  sweptDay: number;
}

interface Tables {
  readonly parties: LayeredMap<PartyId, Party>;
  readonly keys: LayeredMap<KeyId, OwnedKey>;
  readonly accounts: LayeredMap<AccountId, PartyId>;
  readonly clearances: LayeredMap<AgencyId, { readonly version: number; readonly level: Classification }>;
  readonly terms: LayeredMap<string, Terms>;
  readonly groups: LayeredMap<GroupId, GroupStatement>;
  /** The newest of each agency's keys that are in wrong hands. */
  readonly compromises: LayeredMap<AgencyId, CompromiseStatement>;
  /** The version of what was published last, by period. */
  readonly statistics: LayeredMap<string, number>;
  /** By pair and country, and by `policy-set` and country. */
  readonly proposals: LayeredMap<string, Proposal>;
  /**
   * By name and digest: nobody can spoil a file of another's set by recording its content under another
   * name.
   */
  readonly policyFiles: LayeredMap<string, PolicyFile>;
  readonly messages: LayeredMap<string, RecordedMessage>;
  /** Keys of open requests, by case and the requesting country. */
  readonly cases: LayeredMap<string, readonly string[]>;
  /** By party and subject. */
  readonly duties: LayeredMap<string, readonly RecordedDuty[]>;
  /** By recipient, and by sender and recipient. */
  readonly unacknowledged: LayeredMap<string, Unacknowledged>;
  /** By their numbers, in the order in which they are told. */
  readonly pendingRecalls: LayeredMap<number, PendingRecall>;
  readonly statements: LayeredMap<string, RecordedStatement>;
  /** By account and digest of the bytes. */
  readonly rejections: LayeredMap<string, RecordedPlace>;
  readonly rejectionRates: LayeredMap<AccountId, RejectionRate>;
  /** By the index of the summary, as text. */
  readonly floods: LayeredMap<string, RecordedFlood>;
  /** By account and digest of the bytes: what those summaries have rejected. */
  readonly flooded: LayeredMap<string, RecordedPlace>;
  /** By digest of the tick. */
  readonly events: LayeredMap<string, RecordedPlace>;
  /** By the day on which they leave. */
  readonly leaving: LayeredMap<number, LeavingList>;
}

/**
 * The exchange after a prefix of the ledger: a function of those records and nothing else. What is in it is
 * never changed in place, so that a layer (`createLayer`) can be dropped without a trace.
 */
export interface State extends Values, Tables {
  readonly trust: Trust;
  /** What this program can decide with. */
  readonly deciders: readonly KnownDecider[];
}

/** The state before record 0. `deciders` are this program's own, oldest first. */
export function createState(trust: Trust, deciders: readonly KnownDecider[] = DECIDERS): State {
  return {
    trust,
    deciders,
    head: { index: 0, prev: null, at: 0 },
    channelCeiling: "unclassified",
    reservedAccounts: [],
    clockAccount: undefined,
    policySetThreshold: 1,
    witnessQuorum: 0,
    epochSeconds: undefined,
    epoch: { number: LedgerEpoch.parse(1), began: 0 },
    policySet: undefined,
    dueQueue: undefined,
    lastFullEventAt: 0,
    recalls: { first: 0, next: 0, toldAt: 0 },
    operatingDays: { last: 0, second: 0, third: 0 },
    sweptDay: 0,
    ...createTables(),
  };
}

/** A state over another; folding into the layer leaves the one below as it is. */
export function createLayer(below: State): State {
  return { ...below, ...createTables(below) };
}

const TABLES = Object.keys(createTables()) as readonly (keyof Tables)[];

/** Makes a layer's records part of the state below it. */
export function absorbLayer(below: State, layer: State): void {
  for (const table of TABLES) {
    (below[table] as LayeredMap<unknown, unknown>).absorb(layer[table] as LayeredMap<unknown, unknown>);
  }
  Object.assign(below, toValues(layer));
}

/** Every one of them by its name: the compiler asks for what is left out. */
function toValues(state: State): Values {
  const { head, channelCeiling, reservedAccounts, clockAccount, policySetThreshold, policySet } = state;
  const { dueQueue, lastFullEventAt, operatingDays, sweptDay, witnessQuorum, epochSeconds, epoch } = state;
  const { recalls } = state;
  return {
    ...{ head, channelCeiling, reservedAccounts, clockAccount, policySetThreshold, policySet },
    ...{ dueQueue, lastFullEventAt, operatingDays, sweptDay, witnessQuorum, epochSeconds, epoch },
    recalls,
  };
}

function createTables(below?: State): Tables {
  const layer = <K, V>(map?: LayeredMap<K, V>) => new LayeredMap<K, V>(map);
  return {
    parties: layer(below?.parties),
    keys: layer(below?.keys),
    accounts: layer(below?.accounts),
    clearances: layer(below?.clearances),
    terms: layer(below?.terms),
    groups: layer(below?.groups),
    compromises: layer(below?.compromises),
    statistics: layer(below?.statistics),
    proposals: layer(below?.proposals),
    policyFiles: layer(below?.policyFiles),
    messages: below ? layer(below.messages) : LayeredMap.over(createPackedMessages()),
    cases: layer(below?.cases),
    duties: layer(below?.duties),
    unacknowledged: layer(below?.unacknowledged),
    pendingRecalls: layer(below?.pendingRecalls),
    statements: layer(below?.statements),
    rejections: layer(below?.rejections),
    rejectionRates: layer(below?.rejectionRates),
    floods: layer(below?.floods),
    flooded: layer(below?.flooded),
    events: layer(below?.events),
    leaving: layer(below?.leaving),
  };
}

export function toMessageKey({ iss, id }: Pick<MessageRef, "iss" | "id">): string {
  return `${iss}/${id}`;
}

export function toFileKey(name: string, digest: Digest): string {
  return `${name}/${digest}`;
}

export function toStatementKey(statement: Statement): string {
  return `${statement.kind}/${statement.subject}/${statement.version}/${statement.iss}`;
}
