import {
  type AgencyId,
  Claims,
  createMessageId,
  type ExchangeId,
  type MessageKind,
  MessageRef,
  toDigest,
} from "@leix/protocol";
import { createRandom, type Random } from "../random.ts";
import { MEMBERS, type Member } from "./cast.ts";

export const MONTH_SECONDS = 30 * 86_400;

const HOUR = 3_600;
const DAY = 24 * HOUR;
const AUD = "bench.leix.example" as ExchangeId;
const CRIMES = [
  "drug-trafficking",
  "human-trafficking",
  "money-laundering",
  "arms-trafficking",
  "corruption",
];
const PURPOSES = [
  "prevention",
  "detection",
  "investigation",
  "investigation",
  "investigation",
  "prosecution",
];
const OFFICER = { id: "9Xk2mQ7vR4tY1wZ8bN5cDg", role: "officer" };
const DUTY_OFFICER = { ...OFFICER, role: "duty-officer" };
const NODE = { ...OFFICER, role: "node" };

/** A message as its sender would sign it, and its identity: nothing is signed here. */
export interface Sent {
  readonly ref: MessageRef;
  readonly claims: Claims;
}

/**
 * A month between 60 agencies, in the order of time: requests with their answers, refusals, delays and
 * questions back; notifications; material passed on with consent and without; corrections, withdrawals, a
 * life in danger now and then; and for every copy the recipient's acknowledgement. About one message in
 * twelve breaks a rule. The same seed gives the same month.
 */
export function generateMonth(start: number, conversations: number, seed = 1): Sent[] {
  const month = new Month(start, createRandom(seed));
  for (let i = 0; i < conversations; i++) month.converse();
  return month.inOrder();
}

type Draft = Readonly<Record<string, unknown>> & { readonly kind: MessageKind };

class Month {
  readonly #start: number;
  readonly #random: Random;
  readonly #sent: Sent[] = [];
  readonly #threads = new Map<string, string>();
  #count = 0;

  constructor(start: number, random: Random) {
    this.#start = start;
    this.#random = random;
  }

  inOrder(): Sent[] {
    return this.#sent.toSorted((one, other) => one.claims.iat - other.claims.iat);
  }

  converse(): void {
    const random = this.#random;
    const at = this.#start + random.below(MONTH_SECONDS - 10 * DAY);
    if (random.chance(0.7)) this.#request(at);
    else this.#notify(at);
  }

  #request(at: number): void {
    const random = this.#random;
    const asker = random.pick(MEMBERS.filter(({ role }) => role !== "plain"));
    const asked = random.pick(MEMBERS.filter(({ country }) => country !== asker.country));
    const topic = this.#topic(at);
    const urgent = random.chance(0.15);
    const request = this.#send(at, asker, [asked], {
      kind: "request",
      ...topic,
      access: random.pick(["direct", "indirect"]),
      offence: { eawListed: random.chance(0.5), serious: random.chance(0.5) },
      ...(urgent
        ? { urgency: { ground: random.pick(["public-security", "life", "losing-relevance"]) } }
        : {}),
      declares: {
        facts: true,
        grounds: random.chance(0.97),
        personLink: true,
        useRestriction: true,
        urgencyReason: urgent && random.chance(0.9),
      },
    });
    const draw = random.below(100);
    const later = at + HOUR + random.below(3 * DAY);
    const reply = (when: number, kind: MessageKind, more: object = {}) =>
      this.#send(when, asked, [asker], { ...topic, kind, re: request, ...more });
    if (draw < 10)
      reply(later, "refusal", { ground: random.pick(["not-available", "ongoing-investigation"]) });
    else if (draw < 17) reply(later, "delay", { reason: "complexity", until: at + 12 * DAY });
    else if (draw < 22) reply(later, "clarification");
    else if (draw < 97) this.#passOn(later, asker, asked, reply(later, "answer", this.#markings()), topic);
  }

  #notify(at: number): void {
    const random = this.#random;
    const sender = random.pick(MEMBERS);
    const recipient = random.pick(MEMBERS.filter(({ country }) => country !== sender.country));
    const topic = this.#topic(at);
    const declares = { relevance: random.chance(0.97) };
    const first = { kind: "notification" as const, ...topic, ...this.#markings(), declares };
    const note = this.#send(at, sender, [recipient], first);
    this.#passOn(at + HOUR, recipient, sender, note, topic);
  }

  /** What a fifth of the recipients do with what they got: pass it on, most of them with consent. */
  #passOn(at: number, holder: Member, owner: Member, source: MessageRef, topic: object): void {
    const random = this.#random;
    if (random.chance(0.03)) this.#correct(at + 2 * DAY, owner, holder, source, topic);
    if (!random.chance(0.2)) return;
    const target = random.pick(MEMBERS.filter(({ country }) => country !== holder.country));
    if (target.id === owner.id) return;
    const circle = [target.id, target.spoc, holder.spoc];
    const consents = random.chance(0.8) ? [this.#consent(at + HOUR, owner, holder, source, circle)] : [];
    const forward = {
      kind: "notification" as const,
      ...topic,
      ...this.#markings(),
      evaluation: undefined,
      derivedFrom: [source],
      consents,
      declares: { relevance: true, justification: true },
    };
    if (random.chance(0.02)) {
      const override = { code: "imminent-threat-to-life" };
      this.#send(at + 2 * HOUR, holder, [target], { ...forward, override, officer: DUTY_OFFICER });
    } else this.#send(at + 2 * HOUR, holder, [target], forward);
  }

  #consent(at: number, owner: Member, holder: Member, of: MessageRef, recipients: readonly AgencyId[]) {
    const random = this.#random;
    const until = at + (random.chance(0.9) ? 7 * DAY : 60);
    const permits = ["forward", "disseminate", "transfer"];
    const purposes = ["prevention", "detection", "investigation", "prosecution"];
    const consent = this.#send(at, owner, [holder], {
      kind: "consent",
      purpose: "investigation",
      re: of,
      grant: { of, recipients: [...new Set(recipients)], purposes, permits, until },
    });
    if (random.chance(0.05))
      this.#send(at + 60, owner, [holder], { kind: "consent-withdrawal", re: consent });
    return consent;
  }

  #correct(at: number, owner: Member, holder: Member, re: MessageRef, topic: object): void {
    const action = this.#random.pick(["rectify", "erase", "restrict"]);
    this.#send(at, owner, [holder], { ...topic, ...this.#markings(), kind: "correction", re, action });
  }

  /** What a conversation is about: purpose, crime, and most often a person. */
  #topic(at: number): object {
    const random = this.#random;
    const personal = random.chance(0.7) && {
      personal: {
        subjects: [{ category: random.pick(["suspect", "suspect", "convicted", "contact"]) }],
        basis: random.pick(["treaty", "safeguards"]),
        factual: random.pick(["fact", "assessment"]),
        asOf: at - random.below(30 * DAY),
      },
      deleteBy: at + 90 * DAY + random.below(300 * DAY),
    };
    return { purpose: random.pick(PURPOSES), crime: random.pick(CRIMES), ...personal };
  }

  #markings(): object {
    const random = this.#random;
    return {
      handling: random.pick(["H0", "H0", "H1", "H2"]),
      classification: random.pick(["unclassified", "restricted", "restricted", "restricted"]),
      evaluation: { source: random.pick(["A", "B", "C"]), information: random.pick(["1", "2", "3"]) },
    };
  }

  /**
   * With copies to both single points of contact, as an agency's node adds them; then the acknowledgements.
   */
  #send(at: number, from: Member, to: readonly Member[], draft: Draft): MessageRef {
    const spocs = [from.spoc, ...to.map(({ spoc }) => spoc)];
    const copied = !draft.kind.startsWith("consent") && !this.#random.chance(0.01);
    const copies = copied
      ? spocs.filter((spoc) => spoc !== from.id && to.every(({ id }) => id !== spoc))
      : [];
    const ref = this.#append(at, from.id, { officer: OFFICER, ...draft, to: to.map(({ id }) => id), copies });
    for (const agency of [...to.map(({ id }) => id), ...copies]) {
      const acknowledgement = {
        kind: "acknowledgement" as const,
        status: "received",
        re: ref,
        officer: NODE,
      };
      this.#append(at + 60, agency, { ...acknowledgement, to: [from.id], copies: [] });
    }
    return ref;
  }

  #append(at: number, iss: AgencyId, draft: Draft): MessageRef {
    const n = ++this.#count;
    const random = new Uint8Array(10);
    new DataView(random.buffer).setUint32(6, n);
    const id = createMessageId(at * 1_000, random);
    const re = draft.re as MessageRef | undefined;
    const thread = (re && this.#threads.get(re.id)) ?? id;
    this.#threads.set(id, thread);
    const place = { v: 1, aud: AUD, id, iss, seq: n, prev: null, iat: at, thread };
    const claims = Claims.parse(JSON.parse(JSON.stringify({ ...draft, ...place })));
    const ref = MessageRef.parse({ iss, id, digest: toDigest(id) });
    this.#sent.push({ ref, claims });
    return ref;
  }
}
