import {
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

/**
 * What a message draws on, as far as its sender may: the same for every recipient. A source that the sender
 * does not hold, and a consent not addressed to it, are absent here, so that nothing later can tell them
 * from absent.
 */
export interface Material {
  /** The recorded messages among `derivedFrom` that the sender holds. */
  readonly sources: readonly KnownMessage[];
  /** At least one source is missing from `sources`. */
  readonly unknownSource: boolean;
  /** The recorded consents among `consents` that are addressed to the sender. */
  readonly consents: readonly KnownConsent[];
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
  const named = own.derivedFrom ?? [];
  const sources = named
    .map((source) => queries.message(source))
    .filter((source) => source !== undefined)
    .filter((source) => source.holds(claims.iss));
  const consents = (own.consents ?? [])
    .map((consent) => queries.consent(consent))
    .filter((consent) => consent !== undefined)
    .filter((consent) => consent.grantees.includes(claims.iss));
  const origins = toOrigins(ref, sources);
  return {
    sources,
    unknownSource: sources.length < named.length,
    consents,
    originsExceeded: origins.length > limits.ORIGINS_MAX,
    markings: toMarkings(claims, sources, origins.slice(0, limits.ORIGINS_MAX)),
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
  const byText = new Map(refs.map((ref) => [`${ref.iss} ${ref.id} ${ref.digest}`, ref]));
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, ref]) => ref);
}
