import { type CrimeArea, countryOf, type Purpose } from "@leix/protocol";
import { code, codes, type Delivery, flag, statement } from "./fact.ts";
import type { KnownAgency } from "./queries.ts";

const UNREGISTERED = "unregistered";

function sender({ queries, claims }: Delivery): KnownAgency | undefined {
  return queries.agency(claims.iss);
}

function recipient(delivery: Delivery): KnownAgency | undefined {
  return delivery.queries.agency(delivery.recipient);
}

/** The agency's country is part of its id, so this holds for agencies that are not registered too. */
export function isDomestic({ claims, recipient }: Delivery): boolean {
  return countryOf(claims.iss) === countryOf(recipient);
}

function listOutside({ claims }: Delivery, agency: KnownAgency | undefined): string[] {
  const { crime, purpose } = claims as { readonly crime?: CrimeArea; readonly purpose?: Purpose };
  const isOutside = <T>(stated: T | undefined, registered: readonly T[] | undefined) => {
    return stated !== undefined && registered !== undefined && !registered.includes(stated);
  };
  return [
    ...(isOutside(crime, agency?.crimes) ? ["crime"] : []),
    ...(isOutside(purpose, agency?.purposes) ? ["purpose"] : []),
  ];
}

/** Who the two ends are, and who answers for the message. */
export const PARTY_FACTS = {
  senderStatus: code(
    "Standing of the sender: active, suspended, revoked, or unregistered.",
    (delivery) => sender(delivery)?.status ?? UNREGISTERED,
  ),
  senderType: code(
    "What kind of authority the sender is (police, customs, fiu, observer, ...), or unregistered.",
    (delivery) => sender(delivery)?.type ?? UNREGISTERED,
  ),
  senderRole: code(
    "The sender's role in its country: spoc, designated, plain, or unregistered.",
    (delivery) => sender(delivery)?.role ?? UNREGISTERED,
  ),
  recipientStatus: code(
    "Standing of the recipient: active, suspended, revoked, or unregistered.",
    (delivery) => recipient(delivery)?.status ?? UNREGISTERED,
  ),
  recipientType: code(
    "What kind of authority the recipient is, or unregistered.",
    (delivery) => recipient(delivery)?.type ?? UNREGISTERED,
  ),
  recipientRole: code(
    "The recipient's role in its country: spoc, designated, plain, or unregistered.",
    (delivery) => recipient(delivery)?.role ?? UNREGISTERED,
  ),
  senderOutside: codes(
    "What the message states and the sender is not registered for: crime, purpose.",
    (delivery) => listOutside(delivery, sender(delivery)),
  ),
  recipientOutside: codes(
    "What the message states and the recipient is not registered for: crime, purpose.",
    (delivery) => listOutside(delivery, recipient(delivery)),
  ),
  recipientAs: code("How the recipient is addressed: to or copy.", (delivery) => delivery.as),
  domestic: flag("Sender and recipient belong to the same country.", isDomestic),
  officerRole: statement(
    "The role of the officer who answers for the message; node where a machine sent it by itself.",
    (delivery) => delivery.claims.officer?.role,
  ),
};
