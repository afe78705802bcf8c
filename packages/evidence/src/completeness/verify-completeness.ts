import { checkRecord, type State, verifyPlace } from "@leix/exchange";
import {
  type AgencyId,
  type ErrorCode,
  LeixError,
  listRejected,
  type MessageId,
  type Outcome,
  openDecision,
  type ParsedJws,
  type PartyId,
  verifyJws,
} from "@leix/protocol";
import { EvidenceError, onPart } from "../evidence-error.ts";
import { type NamedRecord, parsePart, refuseOtherOrder } from "../evidence-part.ts";
import { enterPlace, type Following, followMessage, followStatement, goOn } from "../follow-records.ts";
import { KeyRegister } from "../key-register.ts";
import { type VerifiedCheckpoint, verifyCheckpoint } from "../verify-checkpoint.ts";
import { type EvidenceTrust, type Failure, startState } from "../verify-evidence.ts";
import { verifyIncluded } from "../verify-inclusion.ts";
import { type Completeness, parseCompleteness } from "./completeness.ts";
import { type OwnMessage, parseOwnMessage, toDiffers, verifyNumbers } from "./own-message.ts";

/** A message by the agency's own number for it. */
interface Numbered {
  readonly seq: number;
  readonly id: MessageId;
}

export interface Reorder {
  readonly seq: number;
  readonly index: number;
  /** One of those that were recorded before it. */
  readonly higher: { readonly seq: number; readonly index: number };
}

/** What a file proves of an agency's messages, from one number to another. */
export interface CompletenessProof {
  readonly isProven: true;
  readonly agency: AgencyId;
  readonly first: number;
  readonly last: number;
  readonly recorded: readonly (Numbered & { readonly index: number; readonly outcome: Outcome })[];
  readonly rejected: readonly (Numbered & { readonly index: number; readonly code: ErrorCode })[];
  /**
   * Decided as the record at `index`, by the policy service's signature; the tree has there the leaf of a
   * message's record, which was erased since. That it was the same record, the leaf alone does not say.
   */
  readonly erased: readonly (Numbered & { readonly index: number })[];
  /** Not shown to be in the ledger. `told`: the exchange has signed that it decided it, as this record. */
  readonly unrecorded: readonly (Numbered & { readonly told?: number })[];
  /** Recorded after a message with a higher number. */
  readonly reorders: readonly Reorder[];
  readonly log: VerifiedCheckpoint;
}

/**
 * Proves, from the anchor's key alone, what became of an agency's messages. Needs no network, no clock and
 * nobody's word. Every message is signed by the agency and names the one before it, so that none is left out;
 * of each that is recorded the exchange's decision is there, and its place in the tree that the checkpoint
 * signs. What the broker said when it took a message is signed by nobody, and proves nothing here.
 */
export async function verifyCompleteness(
  bytes: Uint8Array,
  trust: EvidenceTrust,
): Promise<CompletenessProof | Failure> {
  try {
    return await prove(parseCompleteness(bytes), trust);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const { part, code, detail } = error;
    return { isProven: false, part, code, detail };
  }
}

async function prove(file: Completeness, trust: EvidenceTrust): Promise<CompletenessProof> {
  const { aud, agency, first } = file;
  if (aud !== trust.aud) throw new EvidenceError("aud", new LeixError("claims/audience", aud));
  const statements = await Promise.all(file.statements.map((part, i) => parsePart(`statements[${i}]`, part)));
  refuseOtherOrder(statements);
  const messages = await Promise.all(file.messages.map((one, i) => parseOwnMessage(`messages[${i}]`, one)));
  const named = messages.flatMap((one) => ("named" in one ? [[one.named, one] as const] : []));
  const places = new Map(leaveOutSame(named));
  const all = [...statements, ...places.keys()].toSorted((a, b) => a.part.index - b.part.index);
  refuseOtherOrder(all);
  const state = startState({ all }, trust);
  const following: Following = { state, keys: new KeyRegister(), policySet: undefined };
  for (const one of all) await follow(following, one, places.get(one), agency);
  for (const [one, own] of named) if (own.standing === "rejected" && !places.has(one)) verifyRejected(own);
  for (const one of messages) await verifyUnrecorded(state, one, agency);
  verifyNumbers(messages, agency, first);
  const log = await onPart("checkpoint", () => verifyCheckpoint(following, file.checkpoint));
  for (const one of [...statements, ...named.map(([part]) => part)]) {
    await verifyIncluded(one, log.checkpoint);
  }
  for (const { name, ...own } of messages) {
    if (own.standing === "erased")
      await verifyIncluded({ name: `${name}.part`, part: own.part }, log.checkpoint);
  }
  return {
    ...{ isProven: true, agency, first, last: first + messages.length - 1, log },
    ...toStandings(messages),
    reorders: findReorders(messages),
  };
}

/**
 * One record may have rejected many: it is followed once. That it is the same wherever it is given, its place
 * in the tree says.
 */
function leaveOutSame<Own extends OwnMessage>(named: readonly (readonly [NamedRecord, Own])[]) {
  const indexes = new Set<number>();
  return named.filter(([{ part, record }]) => {
    const isAgain = record.kind === "flood" && indexes.has(part.index);
    indexes.add(part.index);
    return !isAgain;
  });
}

function follow(
  following: Following,
  named: NamedRecord,
  own: OwnMessage | undefined,
  agency: AgencyId,
): Promise<void> {
  return onPart(`${named.name}.record`, async () => {
    if (!own) await followStatement(following, named);
    else if (own.standing === "rejected") await followRejection(following.state, own, agency);
    else await followMessage(following, named);
  });
}

/** The rejection of these very bytes, which came through the agency's own account. */
async function followRejection(state: State, own: RejectedMessage, agency: AgencyId): Promise<void> {
  const { record } = own.named;
  const { content } = record.decision;
  if (listRejected(content).length === 0) throw new LeixError("evidence/differs", `a ${record.kind}`);
  enterPlace(state, record);
  verifyPlace(state, record, (await checkRecord(state, record)).policy);
  const owner = state.accounts.get(content.input.account);
  if (owner !== agency) throw new LeixError("identity/issuer-not-account", `account of ${owner}`);
  verifyRejected(own);
  goOn(state, record);
}

type RejectedMessage = Extract<OwnMessage, { standing: "rejected" }>;

function verifyRejected(own: RejectedMessage): void {
  if (findCode(own) === undefined) throw toDiffers(`${own.name}.input`, "not what was rejected");
}

/** Of what no record shows: the agency's signature, and the policy service's where it has answered. */
async function verifyUnrecorded(state: State, own: OwnMessage, agency: AgencyId): Promise<void> {
  if ("named" in own) return;
  const { name, jws, decision, digest } = own;
  await onPart(`${name}.message`, () => verifySignature(state, jws, agency));
  if (decision === undefined) return;
  await onPart(`${name}.decision`, async () => {
    const { jws: signed, content } = openDecision(decision);
    await verifySignature(state, signed, "policy");
    const isIts = content.kind === "message" && content.input.digest === digest;
    if (!isIts || content.aud !== state.trust.aud)
      throw new LeixError("evidence/differs", "of another message");
    if (own.standing === "unrecorded") return;
    const { index, entry } = own.part;
    const isThere = content.index === index && entry.kind === "message";
    if (!isThere) throw toDiffers(`${name}.part`, `not the place of record ${content.index}`);
  });
}

async function verifySignature(state: State, jws: ParsedJws, party: PartyId): Promise<void> {
  const owned = state.keys.get(jws.header.kid);
  if (owned?.party !== party) throw new LeixError("jws/key-unknown", `no key of ${party}`);
  await verifyJws(jws, owned.key);
}

function toStandings(messages: readonly OwnMessage[]): Pick<CompletenessProof, Standing> {
  const recorded: Of<"recorded">[] = [];
  const rejected: Of<"rejected">[] = [];
  const erased: Of<"erased">[] = [];
  const unrecorded: Of<"unrecorded">[] = [];
  for (const own of messages) {
    const { seq, id } = own.claims;
    if (own.standing === "unrecorded") {
      const told = own.decision === undefined ? {} : { told: openDecision(own.decision).content.index };
      unrecorded.push({ seq, id, ...told });
      continue;
    }
    if (own.standing === "erased") {
      erased.push({ seq, id, index: own.part.index });
      continue;
    }
    const { content, outcome } = own.named.record.decision;
    const code = own.standing === "rejected" ? findCode(own) : undefined;
    if (code !== undefined) rejected.push({ seq, id, index: content.index, code });
    else if (outcome) recorded.push({ seq, id, index: content.index, outcome });
  }
  return { recorded, rejected, erased, unrecorded };
}

function findCode({ named, rawDigest }: RejectedMessage): ErrorCode | undefined {
  const rejected = listRejected(named.record.decision.content);
  return rejected.find(({ digest }) => digest === rawDigest)?.code;
}

type Standing = "recorded" | "rejected" | "erased" | "unrecorded";
type Of<S extends Standing> = CompletenessProof[S][number];

function findReorders(messages: readonly OwnMessage[]): Reorder[] {
  let next: Reorder["higher"] | undefined;
  const reorders: Reorder[] = [];
  // From the last on: whatever comes before it in the ledger has to have a lower number.
  for (const own of messages.toReversed()) {
    if (!("named" in own)) continue;
    const place = { seq: own.claims.seq, index: own.named.part.index };
    if (next && place.index > next.index) reorders.unshift({ ...place, higher: next });
    else next = place;
  }
  return reorders;
}
