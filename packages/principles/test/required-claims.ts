import type { Claims } from "@leix/protocol";
import { INFORMATION_KINDS } from "../src/material.ts";

/** A claim that a principle asks for, and the merge patch (RFC 7396) that takes it out of the claims. */
export interface RequiredClaim {
  readonly claim: string;
  readonly patch: object;
}

type Marked = Exclude<Claims, { kind: "acknowledgement" }>;

/**
 * The claims that these very claims need by some principle, as far as they state them, whatever the schema
 * leaves optional. Not among them is what a message may leave out, such as the purpose of a refusal: a wrong
 * one stands in its way, and none does not.
 */
export function listRequired(claims: Claims): RequiredClaim[] {
  if (claims.kind === "acknowledgement") return [];
  const named = [...listStated(claims), ...listDeclared(claims)];
  return named.filter(({ patch }) => isStated(claims, patch));
}

function listStated({ kind, personal, consents, derivedFrom = [] }: Marked): RequiredClaim[] {
  const isInformation = INFORMATION_KINDS.includes(kind);
  const asksForPurpose = isInformation || kind === "request" || kind === "consent-request";
  return [
    remove("officer"),
    ...(asksForPurpose ? [remove("purpose")] : []),
    ...(isInformation ? [remove("handling"), remove("classification")] : []),
    ...(kind === "notification" ? [remove("crime")] : []),
    ...(personal === undefined ? [] : [removeFrom("personal", "basis")]),
    // What draws on others has theirs.
    ...(personal === undefined || derivedFrom.length > 0 ? [] : [remove("deleteBy")]),
    ...(personal === undefined || !isInformation
      ? []
      : [removeFrom("personal", "factual"), removeFrom("personal", "asOf")]),
    ...(consents === undefined ? [] : [remove("consents")]),
  ];
}

function listDeclared(claims: Marked): RequiredClaim[] {
  const { kind, personal, handling } = claims;
  const isOverride = kind === "notification" && claims.override !== undefined;
  const declared = [
    ...(kind === "request" ? ["facts", "grounds", "useRestriction"] : []),
    ...(kind === "request" && personal !== undefined ? ["personLink"] : []),
    ...(kind === "notification" ? ["relevance"] : []),
    ...(handling === "H3" && INFORMATION_KINDS.includes(kind) ? ["caveat"] : []),
    ...(personal !== undefined && isSensitive(personal) ? ["strictNecessity"] : []),
    ...(isOverride ? ["justification"] : []),
  ];
  return declared.map((text) => removeFrom("declares", text));
}

function isSensitive({ subjects, special }: NonNullable<Marked["personal"]>): boolean {
  const isProtected = ({ category, minor }: (typeof subjects)[number]) =>
    minor === true || ["victim", "witness", "informant"].includes(category);
  return special !== undefined || subjects.some(isProtected);
}

function remove(claim: string): RequiredClaim {
  return { claim, patch: { [claim]: null } };
}

function removeFrom(parent: string, claim: string): RequiredClaim {
  return { claim: `${parent}.${claim}`, patch: { [parent]: { [claim]: null } } };
}

/** Whether there is something that the patch removes. */
function isStated(target: unknown, patch: object): boolean {
  return Object.entries(patch).every(([name, value]) => {
    const member = (target as Record<string, unknown>)[name];
    if (member === undefined) return false;
    return value === null || isStated(member, value);
  });
}
