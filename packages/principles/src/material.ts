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
    | "evaluation"
    | "evidenceUse"
    | "personal"
    | "declares"
    | "derivedFrom"
    | "consents"
  >
>;
type Evaluation = NonNullable<Markings["evaluation"]>;

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
 * What the message takes over from the sources that bind it: handling codes united, the highest
 * classification, the earliest deletion date, the weakest evaluation. Of two reliabilities the later letter
 * is the weaker one, of two accuracies the higher number, each by itself. A message that draws on another's
 * material and on the sender's own is no better than either, so there the sender's own counts too.
 *
 * A source binds, unless it is a message of the sender's that draws on no one else: an originator loosens
 * what it has set by sharing again.
 */
export interface Inherited {
  readonly handling: readonly Handling[];
  readonly classification: Classification;
  readonly deleteBy?: number;
  /** Absent where no source that binds has one. */
  readonly evaluation?: Evaluation;
  readonly personal: boolean;
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
  /** What was received for another purpose, or where one of the two purposes is not stated. */
  readonly repurposed: readonly Source[];
  /**
   * There are more origins than a decision's markings can carry. The message is then denied to all (P35),
   * rather than let through with a chain cut short.
   */
  readonly originsExceeded: boolean;
  /** Origins of what was received under H3 and no officer of the sender has acknowledged as read. */
  readonly unread: readonly Origin[];
  readonly inherited: Inherited;
  /** In force on the message: its own and what it inherits, whichever are stricter. */
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
  const unread = received.filter(
    ({ ref, markings }) => markings.handling.includes("H3") && !queries.isReadBy(ref, claims.iss),
  );
  const inherited = toInherited(sources, claims.iss);
  const origins = toOrigins(ref, messages);
  return {
    sources,
    unknownSource: sources.length < named.length,
    origins: uniteOrigins(sources),
    repurposed: others.map(toSource),
    unread: uniteOrigins(unread.map(toSource)),
    originsExceeded: origins.length > limits.ORIGINS_MAX,
    inherited,
    markings: toMarkings(claims, messages, inherited, origins.slice(0, limits.ORIGINS_MAX)),
  };
}

const NO_ORIGINS: readonly Origin[] = [];

/** The origins of all of them, each once. */
export function uniteOrigins(sources: readonly Source[]): readonly Origin[] {
  if (sources.length === 0) return NO_ORIGINS;
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
  if (sources.length === 0) return [];
  const received = sources.filter(({ ref }) => ref.iss !== sender);
  const behind = sources
    .filter(({ ref }) => ref.iss === sender)
    .flatMap(({ markings }) => markings.origins.filter((origin) => origin.iss !== sender))
    .map(held)
    .filter((origin) => origin !== undefined);
  return [...new Set([...received, ...behind])];
}

const NO_CONSENTS: ReadonlyMap<string, readonly KnownConsent[]> = new Map();

/** The recorded consents to the sender, for the message's purpose, by the message they are over. */
function toConsents(queries: Queries, claims: Claims): ReadonlyMap<string, readonly KnownConsent[]> {
  const { purpose, consents = [] } = toOwnMarkings(claims);
  if (consents.length === 0) return NO_CONSENTS;
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

export function isBinding({ known, origins }: Source, sender: AgencyId): boolean {
  return known.ref.iss !== sender || origins.length > 0;
}

const NOTHING_INHERITED: Inherited = {
  handling: [],
  classification: CLASSIFICATIONS[0],
  personal: false,
};

function toInherited(sources: readonly Source[], sender: AgencyId): Inherited {
  if (sources.length === 0) return NOTHING_INHERITED;
  const all = sources.filter((source) => isBinding(source, sender)).map(({ known }) => known.markings);
  const handling = new Set(all.flatMap((markings) => markings.handling));
  const deleteBy = toEarliest(all.map((markings) => markings.deleteBy));
  const isEvaluated = all.some((markings) => markings.evaluation !== undefined);
  const evaluation = isEvaluated
    ? toWeakest(sources.map(({ known }) => known.markings.evaluation))
    : undefined;
  return {
    handling: HANDLING_CODES.filter((code) => handling.has(code)),
    classification: toHighest(all.map((markings) => markings.classification)),
    ...(deleteBy === undefined ? {} : { deleteBy }),
    ...(evaluation === undefined ? {} : { evaluation }),
    personal: all.some((markings) => markings.personal === true),
  };
}

/**
 * That there are personal data in it sticks whoever made the source: it is no restriction that its maker
 * could lift, but what the material is.
 */
function toMarkings(
  claims: Claims,
  sources: readonly KnownMessage[],
  inherited: Inherited,
  origins: MessageRef[],
): Markings {
  const own = toOwnMarkings(claims);
  const deleteBy = toEarliest([own.deleteBy, inherited.deleteBy]);
  const evaluation = own.evaluation ?? inherited.evaluation ?? toDefaultEvaluation(claims.kind);
  const isPersonal = own.personal !== undefined || sources.some(({ markings }) => markings.personal === true);
  return {
    classification: toHighest([toOwnLevel(claims), inherited.classification]),
    ...(deleteBy === undefined ? {} : { deleteBy }),
    ...(evaluation === undefined ? {} : { evaluation }),
    handling: HANDLING_CODES.filter((code) => code === own.handling || inherited.handling.includes(code)),
    origins,
    ...(isPersonal ? { personal: true as const } : {}),
    ...(own.purpose === undefined ? {} : { purpose: own.purpose }),
  };
}

/** ER 29(4): what nobody has assessed cannot be assessed. */
function toDefaultEvaluation(kind: MessageKind): Evaluation | undefined {
  return INFORMATION_KINDS.includes(kind) ? { source: "X", information: "4" } : undefined;
}

function toEarliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Both lists of codes run from the strongest to the weakest, as letters and numbers do. */
function toWeakest(evaluations: readonly (Evaluation | undefined)[]): Evaluation | undefined {
  const known = evaluations.filter((evaluation) => evaluation !== undefined);
  const source = known
    .map((one) => one.source)
    .sort()
    .at(-1);
  const information = known
    .map((one) => one.information)
    .sort()
    .at(-1);
  return source === undefined || information === undefined ? undefined : { source, information };
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
  const rank = Math.max(0, ...levels.map(toClassificationRank));
  return CLASSIFICATIONS[rank] ?? "secret";
}

/** The message itself first, the rest in the order of their text. */
function toOrigins(ref: MessageRef, sources: readonly KnownMessage[]): MessageRef[] {
  const inherited = toDistinct(sources.flatMap((source) => source.markings.origins));
  return [ref, ...inherited.filter((origin) => !isSameRef(origin, ref))];
}

function toDistinct(refs: readonly MessageRef[]): readonly MessageRef[] {
  if (refs.length < 2) return refs;
  const byText = new Map(refs.map((ref) => [toText(ref), ref]));
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, ref]) => ref);
}

function toText({ iss, id, digest }: MessageRef): string {
  return `${iss} ${id} ${digest}`;
}
