import { createState, fold, type State, toEntry } from "@leix/exchange";
import {
  type AgencyId,
  type CountryCode,
  countryOf,
  type Digest,
  decodeUtf8,
  encodeLeafEntry,
  encodeUtf8,
  type LeafEntry,
  type LedgerIndex,
  LeixError,
  listRejected,
  openDecision,
  type ParsedRecord,
  parseLeafEntry,
  parseRecord,
  toDigest,
  toLeafEntry,
  toLogOrigin,
} from "@leix/protocol";
import { hashLeaf, isSameHash, parseCheckpoint, parseNote } from "@leix/tlog";
import type { Kept, KeptStatement } from "../collector.ts";
import { HashLevels } from "../hash-levels.ts";
import { keepKnownSignatures, provePlace, toEvidencePart } from "../make-evidence.ts";
import type { EvidenceTrust } from "../verify-evidence.ts";
import type { Completeness, OwnPart } from "./completeness.ts";

/** A message as its sender holds it. */
export interface HeldMessage {
  readonly seq: number;
  /** Of the signing input of the signed claims. */
  readonly digest: Digest;
  readonly token: string;
  /** Of the bytes that were sent. */
  readonly rawDigest: Digest;
  /** The bytes themselves, where they are kept: of rejected ones they are. */
  readonly input?: Uint8Array;
  /** Of the policy service, as it was presented to the sender. */
  readonly decision?: string;
}

export interface Choice {
  readonly agency: AgencyId;
  /** In the order of their numbers, none left out. */
  readonly messages: readonly HeldMessage[];
  /** A signed note. */
  readonly checkpoint: string;
}

/**
 * Takes in a ledger, record by record from the first, and keeps what proves where an agency's messages are in
 * it. It believes its source: what is made of it is verified like any such file.
 */
export interface CompletenessCollector {
  /** The next record; one that the checkpoint does not cover is left aside. Throws the codes of its form. */
  add(bytes: Uint8Array): void;
  /** The same of a record that was erased: its leaf. Of the agency's own, it stands for the record. */
  addErased(leaf: Uint8Array): void;
  /**
   * Throws `evidence/uncovered` where the ledger ended before the checkpoint does, `ledger/root-differs`
   * where the checkpoint is of another tree, and the `tlog/` codes of one that is not the ledger service's.
   */
  finish(): Promise<Completeness>;
}

/** Throws `tlog/note`, `tlog/checkpoint`, `tlog/origin`. */
export function createCompletenessCollector(trust: EvidenceTrust, choice: Choice): CompletenessCollector {
  const { agency, messages, checkpoint } = choice;
  const head = parseCheckpoint(parseNote(encodeUtf8(checkpoint)).text);
  const origin = toLogOrigin(trust.aud);
  if (head.origin !== origin) throw new LeixError("tlog/origin", `not of ${origin}`);
  const tree = new HashLevels();
  const statements: KeptStatement[] = [];
  const byDigest = new Set(messages.flatMap(({ digest, rawDigest }) => [digest, rawDigest]));
  const found = new Map<Digest, Kept>();
  const told = new Set<number>(messages.flatMap((one) => toTold(one) ?? []));
  const erased = new Map<number, LeafEntry>();
  let state: State | undefined;

  function addStatement(kept: KeptStatement): void {
    const { statement, decision } = kept.record;
    if (statement.kind === "anchor") state ??= createState({ ...trust, anchorAccount: statement.account.id });
    if (!state) throw new LeixError("evidence/missing", "record 0, the anchor's statement");
    fold(state, toEntry(kept.record), decision.jws.digest);
    statements.push(kept);
  }

  return {
    add(bytes) {
      const index = tree.size;
      if (index >= head.size) return;
      const record = parseRecord(bytes);
      tree.push(hashLeaf(encodeLeafEntry(toLeafEntry(record.kind, bytes))));
      if (record.kind === "statement") addStatement({ index, bytes, record });
      for (const digest of listDigests(record)) {
        if (byDigest.has(digest)) found.set(digest, { index, bytes, record });
      }
    },
    addErased(leaf) {
      const entry = parseLeafEntry(leaf);
      if (tree.size >= head.size) return;
      if (told.has(tree.size) && entry.kind === "message") erased.set(tree.size, entry);
      tree.push(hashLeaf(leaf));
    },
    async finish() {
      if (tree.size < head.size) throw new LeixError("evidence/uncovered", `${tree.size} of ${head.size}`);
      if (!isSameHash(tree.root(), head.root)) throw new LeixError("ledger/root-differs", `at ${head.size}`);
      if (!state) throw new LeixError("evidence/missing", "record 0, the anchor's statement");
      const known = await keepKnownSignatures({ state, checkpoint });
      const needed = listNeeded(statements, [agency, ...known.witnesses]);
      return {
        ...{ v: 1, format: "leix-completeness", aud: trust.aud, agency, first: messages[0]?.seq ?? 1 },
        messages: messages.map((one) => toOwnPart(one, found, erased, tree)),
        statements: needed.map((kept) => toEvidencePart(kept, tree)),
        checkpoint: known.checkpoint,
      };
    },
  };
}

/** By which its input is known, or the many that it rejects. */
function listDigests({ decision: { content } }: ParsedRecord): readonly Digest[] {
  const rejected = listRejected(content);
  return rejected.length > 0 ? rejected.map(({ digest }) => digest) : [content.input.digest];
}

/** As which record the exchange has told the agency that it decided a message. */
function toTold({ decision }: HeldMessage): LedgerIndex | undefined {
  if (decision === undefined) return undefined;
  const { content } = openDecision(decision);
  return content.kind === "message" ? content.index : undefined;
}

function toOwnPart(
  held: HeldMessage,
  found: ReadonlyMap<Digest, Kept>,
  erased: ReadonlyMap<number, LeafEntry>,
  tree: HashLevels,
): OwnPart {
  const { digest, rawDigest, token, input, decision } = held;
  const recorded = found.get(digest);
  if (recorded?.record.kind === "message")
    return { standing: "recorded", part: toEvidencePart(recorded, tree) };
  const rejected = found.get(rawDigest);
  if (rejected && listRejected(rejected.record.decision.content).length > 0 && input) {
    const part = toEvidencePart(rejected, tree);
    return { standing: "rejected", input: decodeUtf8(input), part };
  }
  const index = toTold(held);
  const message = { message: token, digest: toDigest(token) };
  if (decision === undefined || index === undefined) return { standing: "unrecorded", ...message };
  const entry = erased.get(index);
  if (!entry) return { standing: "unrecorded", ...message, decision };
  const part = { index, entry, proof: provePlace(index, tree) };
  return { standing: "erased", ...message, decision, part };
}

/** All versions about the services, the agency, the witnesses, and their countries. */
function listNeeded(statements: readonly KeptStatement[], agencies: readonly AgencyId[]): KeptStatement[] {
  const wanted = new Set<string>(agencies);
  const countries = new Set<CountryCode>(agencies.map(countryOf));
  return statements.filter(({ record: { statement } }) => {
    switch (statement.kind) {
      case "anchor":
        return true;
      case "service":
        return statement.subject !== "registry";
      case "agency":
        return wanted.has(statement.subject);
      case "authority":
        return countries.has(statement.subject);
      default:
        return false;
    }
  });
}
