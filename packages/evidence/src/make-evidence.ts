import {
  AgencyId,
  type CountryCode,
  countryOf,
  Digest,
  decodeUtf8,
  encodeBase64url,
  LedgerRecord,
  limits,
  parseCanonical,
  parseSchema,
  type Statement,
  toCountryPair,
  toLeafEntry,
} from "@leix/protocol";
import { encodeNote, proveInclusion } from "@leix/tlog";
import type { Collected, Kept, KeptStatement } from "./collector.ts";
import type { Evidence, EvidencePart } from "./evidence.ts";
import type { HashLevels } from "./hash-levels.ts";
import { verifyKnown } from "./verify-checkpoint.ts";

/**
 * Evidence of the message that was collected. Of the checkpoint's signatures those stay whose keys the ledger
 * registers. Throws the `tlog/` codes of a checkpoint that is not the ledger service's.
 */
export async function makeEvidence(collected: Collected): Promise<Evidence> {
  const { aud, message, acknowledgements, tree } = collected;
  const { checkpoint, witnesses } = await keepKnownSignatures(collected);
  const toPart = (kept: Kept) => toEvidencePart(kept, tree);
  return {
    v: 1,
    format: "leix-evidence",
    aud,
    message: toPart(message),
    statements: listNeeded(collected, witnesses).map(toPart),
    acknowledgements: acknowledgements.map(toPart),
    checkpoint,
  };
}

/** A record with the proof of its place in a tree. */
export function toEvidencePart({ index, bytes, record }: Kept, tree: HashLevels): EvidencePart {
  return {
    index: record.decision.content.index,
    record: parseSchema(LedgerRecord, parseCanonical(bytes, limits.RECORD_BYTES_MAX), "record/malformed"),
    entry: toLeafEntry(record.kind, bytes),
    proof: provePlace(index, tree),
  };
}

/** Of a leaf: the hashes of its proof in a tree. */
export function provePlace(index: number, tree: HashLevels): Digest[] {
  return proveInclusion(index, tree.size, (node) => tree.read(node)).hashes.map(toText);
}

function toText(hash: Uint8Array): Digest {
  return Digest.parse(encodeBase64url(hash));
}

/** A signature whose key nobody here can name proves nothing, and could be any bytes. */
export async function keepKnownSignatures({ state, checkpoint }: Pick<Collected, "state" | "checkpoint">) {
  const { note, owners } = await verifyKnown(state, checkpoint);
  const signatures = note.verified.map(({ line }) => line);
  const witnesses = owners.flatMap(({ party }) => AgencyId.safeParse(party).data ?? []);
  return { checkpoint: decodeUtf8(encodeNote({ text: note.text, signatures })), witnesses };
}

/**
 * Of whoever is concerned, every version up to the checkpoint, for each is judged by those before it; of
 * terms and policy files, what was recorded when the message was.
 */
function listNeeded(collected: Collected, witnesses: readonly AgencyId[]): KeptStatement[] {
  const { message, statements } = collected;
  const { iss, to, copies } = message.record.claims;
  const recipients = [...to, ...copies];
  const agencies = new Set<string>([iss, ...recipients, ...witnesses]);
  const pairs = new Set(recipients.map((one) => toCountryPair(countryOf(iss), countryOf(one))));
  const files = listFiles(statements);
  const isWanted = ({ index, record: { statement } }: KeptStatement): boolean => {
    switch (statement.kind) {
      case "anchor":
      case "policy-set":
        return true;
      case "service":
        return statement.subject !== "registry";
      case "agency":
      case "compromise":
        return agencies.has(statement.subject);
      case "terms":
        return index < message.index && pairs.has(statement.subject);
      case "policy-file":
        return files.has(index);
      case "authority":
      case "clearance":
      case "group":
      case "statistics":
        return false;
    }
  };
  const wanted = statements.filter(isWanted);
  const countries = listCountries(wanted, [...agencies] as AgencyId[]);
  return statements.filter((one) => wanted.includes(one) || isOf(one.record.statement, countries));
}

/** The records of the files of the set in force, each content once: that which was recorded first. */
function listFiles(statements: readonly KeptStatement[]): ReadonlySet<number> {
  const named = statements.flatMap(({ record: { statement } }) =>
    statement.kind === "policy-set" ? statement.files.map(({ name, digest }) => `${name}/${digest}`) : [],
  );
  const missing = new Set(named);
  const found = new Set<number>();
  for (const { index, record } of statements) {
    const { statement } = record;
    if (statement.kind !== "policy-file") continue;
    if (missing.delete(`${statement.name}/${statement.subject}`)) found.add(index);
  }
  return found;
}

/** Whoever has signed one of these, and both sides of terms. */
function listCountries(
  wanted: readonly KeptStatement[],
  agencies: readonly AgencyId[],
): ReadonlySet<CountryCode> {
  const issuers = wanted.flatMap(({ record: { statement } }) => {
    if (statement.kind === "terms") return statement.subject.split("+") as CountryCode[];
    const isCountry = statement.kind === "policy-file" || statement.kind === "policy-set";
    return isCountry ? [statement.iss] : [];
  });
  return new Set([...issuers, ...agencies.map(countryOf)]);
}

function isOf(statement: Statement, countries: ReadonlySet<CountryCode>): boolean {
  return statement.kind === "authority" && countries.has(statement.subject);
}
