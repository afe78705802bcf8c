import {
  type AgencyId,
  CLASSIFICATIONS,
  type Claims,
  type Classification,
  HANDLING_CODES,
  type Handling,
  limits,
  type Markings,
  type MessageKind,
  type MessageRef,
  toClassificationRank,
} from "@leix/protocol";
import type { KnownConsent, KnownMessage, Queries } from "./queries.ts";

type MarkedClaims = Exclude<Claims, { kind: "acknowledgement" }>;
type OwnMarkings = Partial<
  Pick<
    MarkedClaims,
    | "purpose"
    | "handling"
    | "classification"
    | "deleteBy"
    | "personal"
    | "declares"
    | "derivedFrom"
    | "consents"
  >
>;

/** The kinds that carry information. P22 names the same three; a test holds the two together. */
export const INFORMATION_KINDS: readonly MessageKind[] = ["answer", "notification", "correction"];

/** A message of an agency other than the sender that the material comes from, and the consents over it. */
export interface Origin {
  readonly ref: MessageRef;
  /** Issued by the origin's agency over exactly this message, to this sender, for this message's purpose. */
  readonly consents: readonly KnownConsent[];
}

/** A message that the sender holds, and those of its origins that are not the sender's own. */
export interface Source {
  readonly known: KnownMessage;
  readonly origins: readonly Origin[];
}

/**
 * What a message draws on, as far as its sender may: the same for every recipient, so it is found once a
 * message, each source, origin and consent once however often it is named. A source that the sender does not
 * hold, and a consent not addressed to it, are absent here, so that nothing later can tell them from absent.
 */
export interface Material {
  /** The recorded messages among `derivedFrom` that the sender holds. */
  readonly sources: readonly Source[];
  /** At least one source is missing from `sources`. */
  readonly unknownSource: boolean;
  /** Origins of all sources. */
  readonly origins: readonly Origin[];
  /** Origins of what was received for another purpose, or where one of the two purposes is not stated. */
  readonly repurposed: readonly Origin[];
  /**
   * There are more origins than a decision's markings can carry. The message is then denied to all (P17),
   * rather than let through with a chain cut short.
   */
  readonly originsExceeded: boolean;
  /** In force on the message: its own and those of its sources, whichever are stricter. */
  readonly markings: Markings;
}

/** What the message itself states; an acknowledgement carries no markings. */
export function toOwnMarkings(claims: Claims): OwnMarkings {
  return claims.kind === "acknowledgement" ? {} : claims;
}

export function isSameRef(one: MessageRef, other: MessageRef): boolean {
  return one.iss === other.iss && one.id === other.id && one.digest === other.digest;
}

export function toMaterial(queries: Queries, claims: Claims, ref: MessageRef): Material {
  const own = toOwnMarkings(claims);
  const named = toDistinct(own.derivedFrom ?? []);
  const held = createHeld(queries, claims.iss);
  const messages = named.map(held).filter((source) => source !== undefined);
  const toSource = createSources(toConsents(queries, claims), claims.iss);
  const sources = messages.map(toSource);
  const received = toReceived(messages, claims.iss, held);
  const others = received.filter(
    ({ markings }) => own.purpose === undefined || markings.purpose !== own.purpose,
  );
  const origins = toOrigins(ref, messages);
  return {
    sources,
    unknownSource: sources.length < named.length,
    origins: uniteOrigins(sources),
    repurposed: uniteOrigins(others.map(toSource)),
    originsExceeded: origins.length > limits.ORIGINS_MAX,
    markings: toMarkings(claims, messages, origins.slice(0, limits.ORIGINS_MAX)),
  };
}

/** The origins of all of them, each once. */
export function uniteOrigins(sources: readonly Source[]): Origin[] {
  return [...new Set(sources.flatMap(({ origins }) => origins))];
}

type Held = (ref: MessageRef) => KnownMessage | undefined;

/** A message if the agency holds it; each is asked for once. */
function createHeld(queries: Queries, agency: AgencyId): Held {
  const known = new Map<string, KnownMessage | undefined>();
  return (ref) => {
    const key = toText(ref);
    if (!known.has(key)) known.set(key, queries.message(ref));
    const message = known.get(key);
    return message?.holds(agency) ? message : undefined;
  };
}

/**
 * The messages by which the sender received what it draws on. For a source of the sender's own making these
 * are the received ones behind it: or a message sent to oneself, or back to its originator, under another
 * purpose would free the material of the purpose it came with.
 */
function toReceived(sources: readonly KnownMessage[], sender: AgencyId, held: Held): KnownMessage[] {
  const received = sources.filter(({ ref }) => ref.iss !== sender);
  const behind = sources
    .filter(({ ref }) => ref.iss === sender)
    .flatMap(({ markings }) => markings.origins.filter((origin) => origin.iss !== sender))
    .map(held)
    .filter((origin) => origin !== undefined);
  return [...new Set([...received, ...behind])];
}

/** The recorded consents to the sender, for the message's purpose, by the message they are over. */
function toConsents(queries: Queries, claims: Claims): ReadonlyMap<string, readonly KnownConsent[]> {
  const { purpose, consents = [] } = toOwnMarkings(claims);
  const usable = toDistinct(consents)
    .map((consent) => queries.consent(consent))
    .filter((consent) => consent !== undefined)
    .filter(({ grantees }) => grantees.includes(claims.iss))
    .filter(({ ref, of }) => ref.iss === of.iss)
    .filter(({ purposes }) => purpose !== undefined && purposes.includes(purpose));
  return Map.groupBy(usable, ({ of }) => toText(of));
}

/** Makes sources that share their origins: equal references are one object. */
function createSources(
  consents: ReadonlyMap<string, readonly KnownConsent[]>,
  sender: AgencyId,
): (known: KnownMessage) => Source {
  const origins = new Map<string, Origin>();
  function toOrigin(ref: MessageRef): Origin {
    const key = toText(ref);
    const origin = origins.get(key) ?? { ref, consents: consents.get(key) ?? [] };
    origins.set(key, origin);
    return origin;
  }
  return (known) => {
    const foreign = known.markings.origins.filter((origin) => origin.iss !== sender);
    return { known, origins: [...new Set(foreign.map(toOrigin))] };
  };
}

function toMarkings(claims: Claims, sources: readonly KnownMessage[], origins: MessageRef[]): Markings {
  const own = toOwnMarkings(claims);
  const all = sources.map((source) => source.markings);
  const handling = new Set<Handling>(all.flatMap((markings) => markings.handling));
  if (own.handling !== undefined) handling.add(own.handling);
  const deleteBy = [own.deleteBy, ...all.map((markings) => markings.deleteBy)].filter(
    (time) => time !== undefined,
  );
  return {
    handling: HANDLING_CODES.filter((code) => handling.has(code)),
    classification: toHighest([toOwnLevel(claims), ...all.map((markings) => markings.classification)]),
    ...(own.purpose === undefined ? {} : { purpose: own.purpose }),
    ...(deleteBy.length === 0 ? {} : { deleteBy: Math.min(...deleteBy) }),
    origins,
  };
}

/**
 * What is unmarked counts as the lowest level, except where marking is mandatory: there it counts as the
 * highest, so that leaving a marking out never lets more through, whatever rules a policy set has.
 */
function toOwnLevel(claims: Claims): Classification {
  const lowest = CLASSIFICATIONS[0];
  const highest = CLASSIFICATIONS[CLASSIFICATIONS.length - 1] ?? lowest;
  const unmarked = INFORMATION_KINDS.includes(claims.kind) ? highest : lowest;
  return toOwnMarkings(claims).classification ?? unmarked;
}

function toHighest(levels: readonly Classification[]): Classification {
  const rank = Math.max(...levels.map(toClassificationRank));
  return CLASSIFICATIONS[rank] ?? "secret";
}

/** The message itself first, the rest in the order of their text. */
function toOrigins(ref: MessageRef, sources: readonly KnownMessage[]): MessageRef[] {
  const inherited = toDistinct(sources.flatMap((source) => source.markings.origins));
  return [ref, ...inherited.filter((origin) => !isSameRef(origin, ref))];
}

function toDistinct(refs: readonly MessageRef[]): MessageRef[] {
  const byText = new Map(refs.map((ref) => [toText(ref), ref]));
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, ref]) => ref);
}

function toText({ iss, id, digest }: MessageRef): string {
  return `${iss} ${id} ${digest}`;
}
