import { type AgencyId, countryOf, type ErrorCode, type MessageKind, type MessageRef } from "@leix/protocol";
import type { Determining, Effect, WhatIf, WhatIfRecipient } from "./what-if.ts";

/** A message that was decided under a proposed set too. */
export interface WhatIfMessage {
  readonly index: number;
  /** NumericDate of its record. */
  readonly at: number;
  readonly ref: MessageRef;
  readonly kind: MessageKind;
  readonly recipients: number;
}

/** Where to look one up. */
export interface WhatIfExample {
  readonly index: number;
  readonly iss: AgencyId;
  readonly id: MessageRef["id"];
}

/** Deliveries whose answer would change. */
export interface ChangeCount {
  /** Let through, and would be denied. */
  readonly toDeny: number;
  /** Denied, and would be let through. */
  readonly toPermit: number;
}

/** One delivery whose answer would change. */
export interface WhatIfChange extends WhatIfExample {
  readonly at: number;
  readonly kind: MessageKind;
  readonly agency: AgencyId;
  readonly as: WhatIfRecipient["as"];
  readonly from: Effect;
  readonly to: Effect;
  /** The policies that would deny it, or that denied it. */
  readonly policies: readonly Determining[];
}

export type Counted<Key extends string, Name> = ChangeCount & { readonly [K in Key]: Name };

export interface WhatIfCounts {
  /** Messages that were decided under both sets, and of them */
  readonly messages: number;
  readonly deliveries: number;
  /** with another answer to somebody, */
  readonly changed: number;
  /** with the same answers for other reasons, or with other duties, */
  readonly reasons: number;
  /** to which the proposed set has no answer. */
  readonly failed: number;
  readonly toDeny: number;
  readonly toPermit: number;
  /** A delivery that several policies decide counts under each. The most changes come first. */
  readonly byPolicy: readonly (Counted<"policy", Determining> & {
    readonly examples: readonly WhatIfExample[];
  })[];
  readonly byAgency: readonly Counted<"agency", AgencyId>[];
  /** `AL > RS`: from the sender's country to the recipient's. */
  readonly byPair: readonly Counted<"pair", string>[];
  readonly byKind: readonly Counted<"kind", MessageKind>[];
  /** By day in UTC, in order; days on which nothing was compared are left out. */
  readonly byDay: readonly (Counted<"day", string> & { readonly messages: number })[];
  /** The first of them. */
  readonly changes: readonly WhatIfChange[];
  /** Of messages in which the answers stay: the policies and duties that come or go, with the messages. */
  readonly otherReasons: readonly OtherReason[];
  readonly failures: readonly (WhatIfExample & { readonly code: ErrorCode; readonly detail: string })[];
}

export interface OtherReason {
  /** A policy, or a rule's duty: `P08 answer`. */
  readonly name: string;
  readonly added: number;
  readonly removed: number;
  readonly examples: readonly WhatIfExample[];
}

export const WHAT_IF_EXAMPLES_MAX = 5;
const CHANGES_KEPT_MAX = 1_000;
const FAILURES_KEPT_MAX = 100;
const DAY_SECONDS = 86_400;

export interface WhatIfTally {
  add(message: WhatIfMessage, found: WhatIf): void;
  result(): WhatIfCounts;
}

/** Counts what `whatIf` found, in memory that does not grow with the number of messages. */
export function createWhatIfTally(): WhatIfTally {
  return new Counting();
}

class Counting implements WhatIfTally {
  readonly #total = { messages: 0, deliveries: 0, changed: 0, reasons: 0, failed: 0, toDeny: 0, toPermit: 0 };
  readonly #by = {
    policy: createGroups<Determining>(),
    agency: createGroups<AgencyId>(),
    pair: createGroups<string>(),
    kind: createGroups<MessageKind>(),
    day: createGroups<string>(),
    other: createGroups<string>(),
  };
  readonly #changes: WhatIfChange[] = [];
  readonly #failures: WhatIfCounts["failures"][number][] = [];

  add(message: WhatIfMessage, found: WhatIf): void {
    this.#total.messages++;
    this.#total.deliveries += message.recipients;
    this.#by.day.get(toDay(message.at)).messages++;
    if (found.kind === "same") return;
    this.#total[found.kind]++;
    if (found.kind === "failed") {
      const { code, detail } = found;
      const hasRoom = this.#failures.length < FAILURES_KEPT_MAX;
      if (hasRoom) this.#failures.push({ ...toExample(message), code, detail });
      return;
    }
    for (const one of found.recipients) {
      if (one.recorded !== one.proposed) this.#addChange(message, one);
    }
    if (found.kind !== "reasons") return;
    const { added, removed } = toNames(found);
    for (const name of added) this.#by.other.get(name).count(true, message);
    for (const name of removed) this.#by.other.get(name).count(false, message);
  }

  #addChange(message: WhatIfMessage, one: WhatIfRecipient): void {
    const by = this.#by;
    const isDenied = one.proposed === "deny";
    this.#total[isDenied ? "toDeny" : "toPermit"]++;
    const policies = isDenied ? one.added : one.removed;
    const groups = [
      ...policies.map((policy) => by.policy.get(policy)),
      by.agency.get(one.agency),
      by.pair.get(`${countryOf(message.ref.iss)} > ${countryOf(one.agency)}`),
      by.kind.get(message.kind),
      by.day.get(toDay(message.at)),
    ];
    for (const group of groups) group.count(isDenied, message);
    if (this.#changes.length >= CHANGES_KEPT_MAX) return;
    const { agency, as, recorded: from, proposed: to } = one;
    const { at, kind } = message;
    this.#changes.push({ ...toExample(message), ...{ at, kind, agency, as, from, to, policies } });
  }

  result(): WhatIfCounts {
    const by = this.#by;
    return {
      ...this.#total,
      byPolicy: by.policy
        .list("policy")
        .map((one) => ({ ...one, examples: by.policy.get(one.policy).examples })),
      byAgency: by.agency.list("agency"),
      byPair: by.pair.list("pair"),
      byKind: by.kind.list("kind"),
      byDay: by.day
        .list("day")
        .map((one) => ({ ...one, messages: by.day.get(one.day).messages }))
        .toSorted((a, b) => (a.day < b.day ? -1 : 1)),
      changes: [...this.#changes],
      otherReasons: by.other.list("name").map(({ name, toDeny, toPermit }) => {
        return { name, added: toDeny, removed: toPermit, examples: by.other.get(name).examples };
      }),
      failures: [...this.#failures],
    };
  }
}

function toExample({ index, ref }: WhatIfMessage): WhatIfExample {
  return { index, iss: ref.iss, id: ref.id };
}

/** `2027-01-15`. */
function toDay(at: number): string {
  return new Date(Math.floor(at / DAY_SECONDS) * DAY_SECONDS * 1_000).toISOString().slice(0, 10);
}

/** Each name once for a message. */
function toNames({ recipients, duties }: Extract<WhatIf, { duties: unknown }>) {
  const name = ({ rule, duty }: { rule: string; duty: string }) => `${rule} ${duty}`;
  return {
    added: new Set([...recipients.flatMap(({ added }) => added), ...duties.added.map(name)]),
    removed: new Set([...recipients.flatMap(({ removed }) => removed), ...duties.removed.map(name)]),
  };
}

interface Group {
  toDeny: number;
  toPermit: number;
  messages: number;
  readonly examples: WhatIfExample[];
  count(isDenied: boolean, message: WhatIfMessage): void;
}

function createGroups<Name extends string>() {
  const groups = new Map<Name, Group>();
  return {
    get(name: Name): Group {
      const known = groups.get(name);
      if (known) return known;
      const group = createGroup();
      groups.set(name, group);
      return group;
    },
    /** The most changes first, those with as many by name. */
    list<Key extends string>(key: Key): Counted<Key, Name>[] {
      return [...groups]
        .map(([name, { toDeny, toPermit }]) => ({ [key]: name, toDeny, toPermit }) as Counted<Key, Name>)
        .toSorted((a, b) => b.toDeny + b.toPermit - a.toDeny - a.toPermit || (a[key] < b[key] ? -1 : 1));
    },
  };
}

function createGroup(): Group {
  const examples: WhatIfExample[] = [];
  const group: Group = {
    ...{ toDeny: 0, toPermit: 0, messages: 0, examples },
    count(isDenied, message) {
      group[isDenied ? "toDeny" : "toPermit"]++;
      const isKnown = examples.at(-1)?.index === message.index;
      if (!isKnown && examples.length < WHAT_IF_EXAMPLES_MAX) examples.push(toExample(message));
    },
  };
  return group;
}
