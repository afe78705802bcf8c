import {
  absorbLayer,
  acceptLedgerCheckpoint,
  auditStatement,
  createLayer,
  createState,
  isTakingPart,
  listLogKeys,
  listLogKeysOf,
  type State,
  type Trust,
  toWitnessQuorum,
  type WitnessQuorum,
  withoutWithdrawnKeys,
} from "@leix/exchange";
import type {
  AccountId,
  AgencyId,
  AgencyStatement,
  CountryCode,
  EncryptionKey,
  GroupId,
  GroupStatement,
  KeyId,
  ParsedRecord,
  PartyId,
  RegisteredKey,
  Statement,
} from "@leix/protocol";
import type { AcceptedCheckpoint, VerifierKey } from "@leix/tlog";
import type { Post } from "./ports.ts";
import type { Store } from "./store.ts";

/** A registered key and its owner. */
export interface KnownKey {
  readonly party: PartyId;
  readonly key: RegisteredKey;
  /** Index of the record that withdrew it: what was recorded before that stays signed. */
  readonly withdrawnAt?: number;
}

/**
 * The agency's own fold of the membership. Every statement is verified and decided again from those before
 * it, so neither the registry nor the broker has to be believed.
 */
export interface Membership {
  /** Records known so far, counted from the start of the ledger: the last one's index, plus one. */
  readonly count: number;
  /** How many new records came. Throws what stands in the way; the fold stays as it is then. */
  refresh(): Promise<number>;
  findKey(kid: KeyId): KnownKey | undefined;
  /** Without those of its keys that are in wrong hands. */
  findAgency(id: AgencyId): AgencyStatement | undefined;
  /** The newest version of a group, ended or not. */
  findGroup(id: GroupId): GroupStatement | undefined;
  /** The single point of contact of a country, if that is an active agency. */
  findSpoc(country: CountryCode): AgencyId | undefined;
  findParty(account: AccountId): PartyId | undefined;
  /** The agency's newest encryption key that is valid at a time. */
  findEncryptionKey(id: AgencyId, at: number): EncryptionKey | undefined;
  /** With which the ledger service may sign checkpoints at a time; without one, all it ever had. */
  listLogKeys(at?: number): readonly VerifierKey<"ed25519">[];
  /** With which a checkpoint of so many records may be signed: see `listLogKeysOf` of the exchange. */
  listLogKeysOf(size: number): readonly VerifierKey<"ed25519">[];
  /**
   * Whether the exchange's rules, or a larger quorum of one's own, let rely on a checkpoint at a time. Throws
   * as `acceptLedgerCheckpoint`.
   */
  acceptCheckpoint(note: Uint8Array, at: number, quorum: number): Promise<AcceptedCheckpoint>;
  /** The exchange's quorum of witnesses, and what it is worth at a time. */
  toWitnessQuorum(at: number): WitnessQuorum;
  /** Whether that is the id of a party that takes part now. */
  isActive(id: string): boolean;
}

/**
 * Starts from the records that the store has; each is verified once more. Throws the `record/` and `jws/`
 * codes.
 */
export async function openMembership(trust: Trust, store: Store, post: Post): Promise<Membership> {
  const state = createState(trust);
  const withdrawn: Withdrawn = new Map();
  for (const { record } of store.rules.list(0)) await follow(state, withdrawn, record);
  let running: Promise<number> | undefined;
  return {
    get count() {
      return state.head.index;
    },
    refresh() {
      running ??= refresh(state, withdrawn, store, post).finally(() => {
        running = undefined;
      });
      return running;
    },
    findKey(kid) {
      const owned = state.keys.get(kid);
      const withdrawnAt = withdrawn.get(kid);
      if (!owned) return undefined;
      return { party: owned.party, key: owned.key, ...(withdrawnAt === undefined ? {} : { withdrawnAt }) };
    },
    findAgency: (id) => findAgency(state, id),
    findGroup: (id) => state.groups.get(id),
    findParty: (account) => state.accounts.get(account),
    findSpoc: (country) => findSpoc(state, country),
    findEncryptionKey: (id, at) => findEncryptionKey(state, id, at),
    listLogKeys: (at) => listLogKeys(state, at),
    listLogKeysOf: (size) => listLogKeysOf(state, size),
    acceptCheckpoint: (note, at, quorum) => acceptLedgerCheckpoint(note, state, at, quorum),
    toWitnessQuorum: (at) => toWitnessQuorum(state, at),
    isActive: (id) => isTakingPart(state, id as PartyId),
  };
}

/** By key, the index of the record that withdrew it. */
type Withdrawn = Map<KeyId, number>;

/**
 * Page by page. A page is on disk before it counts: what this node has acted on, it knows after a restart.
 */
async function refresh(state: State, withdrawn: Withdrawn, store: Store, post: Post): Promise<number> {
  let count = 0;
  while (true) {
    const page = await post.listRules(state.head.index);
    if (page.length === 0) return count;
    const layer = createLayer(state);
    const alsoWithdrawn: Withdrawn = new Map(withdrawn);
    const records: ParsedRecord[] = [];
    for (const bytes of page) records.push(await follow(layer, alsoWithdrawn, bytes));
    store.transaction(() => {
      for (const [i, { decision }] of records.entries()) {
        const { index, prev, at } = decision.content;
        store.sightings.add({ index, digest: decision.jws.digest, prev, at });
        store.rules.add(index, page[i] ?? new Uint8Array());
      }
    });
    absorbLayer(state, layer);
    for (const [kid, index] of alsoWithdrawn) withdrawn.set(kid, index);
    count += page.length;
  }
}

/** Applies one record, and notes which keys it takes out of use. */
async function follow(state: State, withdrawn: Withdrawn, bytes: Uint8Array): Promise<ParsedRecord> {
  const record = await auditStatement(state, bytes);
  if (record.kind !== "statement" || !replacesKeys(record.statement)) return record;
  for (const [kid, owned] of state.keys.entries()) {
    if (owned.withdrawn && !withdrawn.has(kid)) withdrawn.set(kid, record.decision.content.index);
  }
  return record;
}

/** The anchor's first statement about the policy service replaces the keys of record 0. */
function replacesKeys({ kind, version }: Statement): boolean {
  return (
    kind === "service" ||
    kind === "compromise" ||
    ((kind === "authority" || kind === "agency") && version > 1)
  );
}

/** With the keys that count: one that is in wrong hands does not, whatever the statement lists. */
function findAgency(state: State, id: AgencyId): AgencyStatement | undefined {
  const statement = state.parties.get(id)?.statement;
  return statement?.kind === "agency" ? withoutWithdrawnKeys(state, statement) : undefined;
}

function findSpoc(state: State, country: CountryCode): AgencyId | undefined {
  const authority = state.parties.get(country)?.statement;
  const spoc = authority?.kind === "authority" ? findAgency(state, authority.spoc) : undefined;
  return spoc?.status === "active" ? spoc.subject : undefined;
}

function findEncryptionKey(state: State, id: AgencyId, at: number): EncryptionKey | undefined {
  const keys = findAgency(state, id)?.keys ?? [];
  return keys
    .filter((key): key is EncryptionKey => key.use === "enc")
    .filter((key) => key.nbf <= at && at < key.exp)
    .toSorted((one, other) => other.nbf - one.nbf || other.exp - one.exp)[0];
}
