import type { Draft } from "@leix/client";
import { AgencyId, type MessageRef, type Purpose } from "@leix/protocol";

export const OFFICER = { name: "A. Hoxha", role: "officer" } as const;

export function toAgencies(names: readonly string[]): AgencyId[] {
  return names.map((name) => AgencyId.parse(name));
}

type Changes = Readonly<Record<string, unknown>>;

/** What a request says beside its text (P05). */
export const REQUEST_WORDS = {
  facts: "A lorry was seen at the border.",
  grounds: "It is registered there.",
  useRestriction: "Not to be used without our leave.",
} as const;

/**
 * A request that the principles permit; whoever sends it adds the copies to the single points of contact.
 */
export function createRequest(to: readonly string[], text: string, changes: Changes = {}): Draft {
  const body = { text, ...REQUEST_WORDS };
  const marked = { purpose: "investigation", crime: "drug-trafficking", body };
  return toDraft({ kind: "request", to, ...marked, ...changes });
}

/** An answer with all its markings. */
export function createAnswer(
  re: MessageRef,
  text: string,
  { to = [re.iss], ...changes }: Changes & { readonly to?: readonly string[] } = {},
): Draft {
  return toDraft({ kind: "answer", to, re, ...toMarkings(), body: { text }, ...changes });
}

/** A notification with all its markings. */
export function createNotification(to: readonly string[], text: string, changes: Changes = {}): Draft {
  const body = { text, relevance: "It concerns a case of yours." };
  return toDraft({ kind: "notification", to, ...toMarkings(), crime: "drug-trafficking", body, ...changes });
}

export interface GrantOptions {
  readonly of: MessageRef;
  readonly recipients: readonly string[];
  readonly permits?: readonly string[];
  readonly purposes?: readonly Purpose[];
  readonly until?: number;
}

/** A consent over own material, to whoever asked for it. */
export function createConsent(to: readonly string[], options: GrantOptions, changes: Changes = {}): Draft {
  const {
    of,
    recipients,
    permits = ["forward", "disseminate"],
    purposes = ["investigation"],
    until = Math.floor(Date.now() / 1000) + 86_400,
  } = options;
  return toDraft({ kind: "consent", to, grant: { of, recipients, purposes, permits, until }, ...changes });
}

export function toDraft(draft: Changes & { readonly to: readonly string[] }): Draft {
  return { officer: OFFICER, ...draft, to: toAgencies(draft.to) } as Changes as Draft;
}

function toMarkings() {
  return { purpose: "investigation", handling: "H1", classification: "restricted" };
}
