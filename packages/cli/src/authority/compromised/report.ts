import type { State } from "@leix/exchange";
import type { KeyId, MessageRef, Outcome, ParsedRecord, RegisteredKey } from "@leix/protocol";
import { type RecallStanding, RecallStandings } from "./recall-standings.ts";

/** A key, and the NumericDate since which it may have been in wrong hands. */
export interface Leak {
  readonly kid: KeyId;
  readonly since: number;
}

/** What an agency that a message was decided for has said of it since, and how its recall stands. */
export interface TouchedRecipient {
  readonly agency: string;
  readonly effect: "permit" | "deny";
  readonly said: readonly { readonly word: string; readonly index: number }[];
  readonly recalls: readonly RecallStanding[];
}

export interface TouchedMessage {
  /** Of the record: where its decision is. */
  readonly index: number;
  readonly ref: MessageRef;
  readonly kind: string;
  /** Of an acknowledgement: what it says. */
  readonly says?: string;
  /** NumericDate. */
  readonly received: number;
  /** Null where the record was put away with a sealed epoch: then it was let through to those named. */
  readonly outcome: Outcome | null;
  readonly recipients: readonly TouchedRecipient[];
  /** Of what is derived: from which of the others, directly. */
  readonly from: readonly MessageRef[];
}

export interface CompromiseReport {
  readonly exchange: string;
  readonly kid: string;
  readonly since: number;
  /** Whose key it is, and for what; null where the ledger knows no such key. */
  readonly owner: { readonly agency: string; readonly use: RegisteredKey["use"] } | null;
  /** The statements that say so, in the ledger. */
  readonly statements: readonly { readonly index: number; readonly at: number; readonly since: number }[];
  /** The records that were read; what was before the first is known only as far as it is still in use. */
  readonly ledger: { readonly first: number; readonly end: number; readonly digest: string | null };
  readonly signed: readonly TouchedMessage[];
  readonly derived: readonly TouchedMessage[];
  /** Let through to the agency with a text that was encrypted to the key. */
  readonly readable: readonly TouchedMessage[];
}

type MessageRecord = Extract<ParsedRecord, { kind: "message" }>;
type Words = Map<string, { readonly word: string; readonly index: number }[]>;

interface Found extends Omit<TouchedMessage, "recipients"> {
  readonly recipients: readonly Pick<TouchedRecipient, "agency" | "effect">[];
}

/** Reads a ledger's records in their order, and finds everything that a key in wrong hands has touched. */
export class CompromiseReader {
  readonly #leak: Leak;
  readonly #first: number;
  readonly #standings = new RecallStandings();
  readonly #statements: CompromiseReport["statements"][number][] = [];
  /** By digest. */
  readonly #signed = new Map<string, Found>();
  readonly #derived = new Map<string, Found>();
  readonly #readable = new Map<string, Found>();
  /** By the digest of what is spoken of, and the agency that speaks. */
  readonly #words: Words = new Map();

  /** `state`: what was known before record `first`. */
  constructor(leak: Leak, first: number, state: State) {
    this.#leak = leak;
    this.#first = first;
    this.#standings.seed(state);
    const remembered = [...state.messages.entries()].map(([, message]) => message);
    const owner = state.keys.get(leak.kid)?.party;
    for (const message of remembered.toSorted((one, other) => one.index - other.index)) {
      const { index, ref, kind, received, permitted, signer, sources, bytes } = message;
      const recipients = permitted.map((agency) => ({ agency, effect: "permit" as const }));
      const found = { index, ref, kind, received, outcome: null, recipients, from: [] };
      if (signer === leak.kid && received >= leak.since) this.#signed.set(ref.digest, found);
      const from = sources.flatMap((key) => this.#find(state.messages.get(key)?.ref.digest)?.ref ?? []);
      if (from.length > 0) this.#derived.set(ref.digest, { ...found, from });
      const isReadable = bytes > 0 && received >= leak.since && permitted.some((agency) => agency === owner);
      if (isReadable) this.#readable.set(ref.digest, found);
    }
  }

  add(record: ParsedRecord): void {
    this.#standings.add(record);
    const { index, at } = record.decision.content;
    if (record.kind === "message") this.#addMessage(record);
    else if (record.kind === "statement" && record.statement.kind === "compromise") {
      const { kid, since } = record.statement;
      if (kid === this.#leak.kid) this.#statements.push({ index, at, since });
    }
  }

  /** `state`: what is known after the last record. */
  finish({ trust, keys, head }: State): CompromiseReport {
    const { kid, since } = this.#leak;
    const owned = keys.get(kid);
    const list = (found: ReadonlyMap<string, Found>) => [...found.values()].map((one) => this.#complete(one));
    return {
      exchange: trust.aud,
      kid,
      since,
      owner: owned ? { agency: owned.party, use: owned.key.use } : null,
      statements: this.#statements,
      ledger: { first: this.#first, end: head.index, digest: head.prev },
      signed: list(this.#signed),
      derived: list(new Map([...this.#derived].filter(([digest]) => !this.#signed.has(digest)))),
      readable: owned?.key.use === "enc" ? list(this.#readable).filter(isLetThroughTo(owned.party)) : [],
    };
  }

  #addMessage(record: MessageRecord): void {
    const { claims, input, decision } = record;
    const { received } = decision.content;
    const found = toFound(record);
    if (received >= this.#leak.since) {
      if (input.header.kid === this.#leak.kid) this.#signed.set(input.digest, found);
      if (claims.body?.recipients.includes(this.#leak.kid)) this.#readable.set(input.digest, found);
    }
    const named = claims.kind === "acknowledgement" ? [] : (claims.derivedFrom ?? []);
    const from = named.filter(({ digest }) => isHeldBy(this.#find(digest), claims.iss));
    if (from.length > 0 && found.outcome !== "denied") this.#derived.set(input.digest, { ...found, from });
    const word = claims.kind === "acknowledgement" ? claims.status : claims.kind;
    if (!("re" in claims) || !claims.re || (claims.kind !== "acknowledgement" && word !== "review")) return;
    const key = `${claims.iss} ${claims.re.digest}`;
    const index = decision.content.index;
    if (this.#find(claims.re.digest) || this.#readable.has(claims.re.digest)) {
      this.#words.set(key, [...(this.#words.get(key) ?? []), { word, index }]);
    }
  }

  #find(digest: string | undefined): Found | undefined {
    return digest === undefined ? undefined : (this.#signed.get(digest) ?? this.#derived.get(digest));
  }

  #complete(found: Found): TouchedMessage {
    const recipients = found.recipients.map(({ agency, effect }): TouchedRecipient => {
      const said = this.#words.get(`${agency} ${found.ref.digest}`) ?? [];
      return { agency, effect, said, recalls: this.#standings.find(agency, found.ref.digest) };
    });
    return { ...found, recipients };
  }
}

function isLetThroughTo(party: string) {
  return ({ recipients }: TouchedMessage) => {
    return recipients.some(({ agency, effect }) => agency === party && effect === "permit");
  };
}

function toFound({ claims, input, decision }: MessageRecord): Found {
  const { index, received } = decision.content;
  return {
    index,
    ref: { iss: claims.iss, id: claims.id, digest: input.digest },
    kind: claims.kind,
    ...(claims.kind === "acknowledgement" ? { says: claims.status } : {}),
    received,
    outcome: decision.outcome ?? null,
    recipients: decision.recipients.map(({ agency, effect }) => ({ agency, effect })),
    from: [],
  };
}

/** A source that its sender does not hold is none, as the exchange has it. */
function isHeldBy(found: Found | undefined, agency: string): boolean {
  if (!found) return false;
  return (
    found.ref.iss === agency ||
    found.recipients.some((one) => one.agency === agency && one.effect === "permit")
  );
}
