import type { PolicySet } from "@leix/principles";
import type {
  AccountId,
  AgencyId,
  Classification,
  Digest,
  ExchangeId,
  KeyId,
  Markings,
  MessageId,
  PartyId,
  RegisteredKey,
  Statement,
  TermsContent,
} from "@leix/protocol";
import type { ConsentGrant } from "./entry.ts";
import { LayeredMap } from "./layered-map.ts";

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
  readonly deciders: readonly string[];
}

/** What the exchange remembers of a message: enough to answer the named queries, not its claims. */
export interface RecordedMessage {
  readonly index: number;
  readonly sequence: number;
  readonly iss: AgencyId;
  readonly id: MessageId;
  readonly digest: Digest;
  readonly thread: MessageId;
  /** Whether its recipients are to acknowledge it. */
  readonly acknowledged: boolean;
  /** Of its body: what it takes in an inbox. */
  readonly bytes: number;
  /** To whom it was let through; empty where it was denied. */
  readonly permitted: readonly AgencyId[];
  readonly markings: Markings;
  readonly grant?: ConsentGrant;
}

/** Copies that were let through and not acknowledged. */
export interface Unacknowledged {
  readonly messages: number;
  /** Of their bodies, each counted whole. */
  readonly bytes: number;
}

/** Where an input that was not a message stands in the ledger. */
export interface RecordedPlace {
  readonly index: number;
  readonly sequence: number;
  readonly digest: Digest;
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

/**
 * The exchange after a prefix of the ledger: a function of those records and nothing else. Values are never
 * changed in place, so that a layer (`createLayer`) can be dropped without a trace.
 */
export interface State {
  readonly trust: Trust;
  head: Head;
  channelCeiling: Classification;
  /** The broker's own accounts: nobody's. */
  reservedAccounts: readonly AccountId[];
  policySetThreshold: number;
  policySet: ActivePolicySet | undefined;
  readonly parties: LayeredMap<PartyId, Party>;
  readonly keys: LayeredMap<KeyId, OwnedKey>;
  readonly accounts: LayeredMap<AccountId, PartyId>;
  readonly clearances: LayeredMap<AgencyId, { readonly version: number; readonly level: Classification }>;
  readonly terms: LayeredMap<string, Terms>;
  /** By pair and country, and by `policy-set` and country. */
  readonly proposals: LayeredMap<string, Proposal>;
  /**
   * By name and digest: nobody can spoil a file of another's set by recording its content under another
   * name.
   */
  readonly policyFiles: LayeredMap<string, PolicyFile>;
  readonly messages: LayeredMap<string, RecordedMessage>;
  readonly withdrawals: LayeredMap<string, true>;
  readonly acknowledgements: LayeredMap<string, true>;
  /** By recipient, and by sender and recipient. */
  readonly unacknowledged: LayeredMap<string, Unacknowledged>;
  readonly statements: LayeredMap<string, RecordedPlace>;
  readonly rejections: LayeredMap<string, RecordedPlace>;
}

const TABLES = [
  "parties",
  "keys",
  "accounts",
  "clearances",
  "terms",
  "proposals",
  "policyFiles",
  "messages",
  "withdrawals",
  "acknowledgements",
  "unacknowledged",
  "statements",
  "rejections",
] as const satisfies readonly (keyof State)[];

/** The state before record 0. */
export function createState(trust: Trust): State {
  return {
    trust,
    head: { index: 0, prev: null, at: 0 },
    channelCeiling: "unclassified",
    reservedAccounts: [],
    policySetThreshold: 1,
    policySet: undefined,
    ...createTables(),
  };
}

/** A state over another; folding into the layer leaves the one below as it is. */
export function createLayer(below: State): State {
  return { ...below, ...createTables(below) };
}

/** Makes a layer's records part of the state below it. */
export function absorbLayer(below: State, layer: State): void {
  for (const table of TABLES) {
    (below[table] as LayeredMap<unknown, unknown>).absorb(layer[table] as LayeredMap<unknown, unknown>);
  }
  below.head = layer.head;
  below.channelCeiling = layer.channelCeiling;
  below.reservedAccounts = layer.reservedAccounts;
  below.policySetThreshold = layer.policySetThreshold;
  below.policySet = layer.policySet;
}

type Tables = Pick<State, (typeof TABLES)[number]>;

function createTables(below?: State): Tables {
  const layer = <K, V>(map?: LayeredMap<K, V>) => new LayeredMap<K, V>(map);
  return {
    parties: layer(below?.parties),
    keys: layer(below?.keys),
    accounts: layer(below?.accounts),
    clearances: layer(below?.clearances),
    terms: layer(below?.terms),
    proposals: layer(below?.proposals),
    policyFiles: layer(below?.policyFiles),
    messages: layer(below?.messages),
    withdrawals: layer(below?.withdrawals),
    acknowledgements: layer(below?.acknowledgements),
    unacknowledged: layer(below?.unacknowledged),
    statements: layer(below?.statements),
    rejections: layer(below?.rejections),
  };
}

export function toMessageKey(iss: string, id: string): string {
  return `${iss}/${id}`;
}

export function toFileKey(name: string, digest: Digest): string {
  return `${name}/${digest}`;
}

export function toStatementKey(statement: Statement): string {
  return `${statement.kind}/${statement.subject}/${statement.version}/${statement.iss}`;
}
