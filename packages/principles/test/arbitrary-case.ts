import { CLASSIFICATIONS, HANDLING_CODES, type MessageKind, Purpose } from "@leix/protocol";
import type fc from "fast-check";
import { AGENCIES, AT, DAY, type Sender, toQuestion, toRef } from "./arbitrary-history.ts";
import { type Parts, parts } from "./arbitrary-parts.ts";
import { type Case, parseCase } from "./case.ts";

const YEAR = 365 * DAY;

type Ref = ReturnType<typeof toRef>;

/** A message of the history, as far as another draws on it. */
interface Marked {
  readonly ref: Ref;
  readonly markings: {
    readonly handling: readonly string[];
    readonly classification: string;
    readonly origins: readonly Ref[];
    readonly deleteBy?: number;
  };
}

/** What this agency sends to some of the others: mostly right, rarely wrong in more than a thing or two. */
export function arbitraryCaseOf(sender: Sender): fc.Arbitrary<Case> {
  return parts.map((all) => toCase(sender, all));
}

export const arbitraryCase: fc.Arbitrary<Case> = arbitraryCaseOf("AL-CUSTOMS");

function toCase(sender: Sender, all: Parts): Case {
  const { world, history, drawn } = all;
  const ref = toRef(sender, 99);
  const named = Object.values(history.others) as Marked[];
  const sources = drawn.sources.flatMap((n) => named[n % named.length] ?? []);
  const consents = toConsents(sender, sources, drawn.given);
  const message = toMessage(sender, all, sources, Object.values(consents));
  const content = {
    ...{ rule: "P01", title: "generated", world, ref, message, at: AT, expect: {} },
    history: {
      messages: { ...history.others, ...history.messages },
      consents: { ...history.consents, ...consents },
      requests: history.requests,
    },
  };
  // By way of JSON, in which a member that is undefined is absent.
  return parseCase(JSON.parse(JSON.stringify(content)));
}

function toMessage(
  sender: Sender,
  all: Parts,
  sources: readonly Marked[],
  consents: readonly { ref: Ref }[],
) {
  const { stated, drawn, kind, acted } = all;
  const { id } = toRef(sender, 99);
  const re = toRe(sender, all);
  const { officer, ...others } = stated;
  const isOverride = kind === "notification" && acted.override !== undefined;
  const role = isOverride && officer === "officer" ? "supervisor" : officer;
  const routing = {
    ...{ v: 1, aud: "leix.example", id, iss: sender, seq: 1, prev: null, thread: id, iat: AT, kind, re },
    ...toAddressees(sender, all, re),
    ...(role === undefined ? {} : { officer: { id: "9Xk2mQ7vR4tY1wZ8bN5cDg", role } }),
  };
  if (kind === "acknowledgement") return { ...routing, status: "read" };
  const refs = sources.map((source) => source.ref);
  return {
    ...routing,
    ...others,
    ...toMarkings(stated, sources),
    group: acted.group,
    derivedFrom: drawn.guess === undefined ? refs : [...refs, drawn.guess],
    consents: drawn.listed ? consents.map((consent) => consent.ref) : undefined,
    ...toSpecial(kind, all, toRef(sender, 1)),
  };
}

/** What only this kind has. */
function toSpecial(kind: MessageKind, { asked, replied, acted }: Parts, own: Ref): object {
  const { ground, partial, reason, until } = replied;
  const permits = ["forward"];
  const scope = { recipients: ["MK-FIU"], purposes: [...Purpose.options], permits, until: AT + DAY };
  const special: Partial<Record<MessageKind, object>> = {
    request: asked,
    refusal: { ground, partial },
    delay: { reason, until },
    notification: { override: acted.override },
    correction: { action: acted.action },
    "consent-request": { of: toRef("RS-POLICE", 1), recipients: ["MK-FIU"] },
    consent: { grant: { of: own, ...scope } },
  };
  return special[kind] ?? {};
}

/** As strict as what it draws on where it says so; a time that is years ahead stays as it is. */
function toMarkings({ handling, classification, deleteBy }: Parts["stated"], sources: readonly Marked[]) {
  const all = sources.map(({ markings }) => markings);
  const codes = all.flatMap((markings) => markings.handling);
  const levels = all.map((markings) => markings.classification);
  const times = all.flatMap((markings) => markings.deleteBy ?? []);
  return {
    handling:
      handling === "inherit" ? (HANDLING_CODES.findLast((one) => codes.includes(one)) ?? "H0") : handling,
    classification:
      classification === "inherit"
        ? (CLASSIFICATIONS.findLast((one) => levels.includes(one)) ?? "unclassified")
        : classification,
    deleteBy: deleteBy === undefined || deleteBy > AT + YEAR ? deleteBy : Math.min(deleteBy, ...times),
  };
}

/** One by each originator over each message that is drawn on, from templates in turn. */
function toConsents(sender: Sender, sources: readonly Marked[], templates: Parts["drawn"]["given"]) {
  const origins = sources.flatMap(({ markings }) => markings.origins).filter(({ iss }) => iss !== sender);
  const consents = origins.slice(0, 8).map((of, n) => {
    return { ref: toRef(of.iss, 32 + n), of, ...templates[n % templates.length] };
  });
  return Object.fromEntries(consents.map((consent, n) => [`given ${n}`, consent]));
}

/** What the kind refers to: mostly what it may. */
function toRe(sender: Sender, { kind, history, drawn }: Parts): Ref | undefined {
  const consents = Object.values(history.consents).map(({ ref }) => ref);
  switch (kind) {
    case "answer":
    case "refusal":
    case "clarification":
    case "delay": {
      const requests = Object.values(history.requests).filter(
        ({ ref, to }) => ref.iss !== sender && sender in to,
      );
      const asked = requests[drawn.re % Math.max(1, requests.length)]?.ref ?? toRef("RS-POLICE", 4);
      return kind === "answer" && drawn.isQuestion ? toQuestion(sender) : asked;
    }
    case "correction": {
      const sent = Object.values(history.others as Record<string, Marked>).filter(
        ({ ref }) => ref.iss === sender,
      );
      return sent[drawn.re]?.ref ?? sent[0]?.ref ?? toRef("RS-POLICE", 1);
    }
    case "consent-withdrawal": {
      const own = consents.filter(({ iss }) => iss === sender);
      return own[0] ?? consents[0] ?? toRef(sender, 3);
    }
    case "acknowledgement":
    case "review":
      return toRef("RS-POLICE", 1);
    default:
      return undefined;
  }
}

/** Whoever is answered comes first; the two single points of contact get copies, or are left out. */
function toAddressees(sender: Sender, { addressed, kind, stated, world }: Parts, re: Ref | undefined) {
  const others = addressed.to.filter((one) => one !== sender);
  const answered = re === undefined || re.iss === sender ? [] : [re.iss];
  const isReply = ["answer", "refusal", "clarification", "delay"].includes(kind);
  const wanted = isReply ? (addressed.isAlone ? answered : others) : [...answered, ...others];
  const to = [...new Set(wanted.length === 0 ? [sender === "RS-POLICE" ? "RS-SPOC" : "RS-POLICE"] : wanted)];
  if (kind === "acknowledgement") return { to: to.slice(0, 1), copies: [] };
  const spocs = Object.values(world.countries).flatMap(({ spoc }) => spoc ?? []);
  const isCopied = addressed.isCopied && stated.spocException === undefined;
  const copies = spocs.filter((spoc) => isCopied && spoc !== sender && !to.includes(spoc));
  return { to: to.slice(0, AGENCIES.length - 1), copies };
}
