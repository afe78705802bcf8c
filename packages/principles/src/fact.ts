import type { AgencyId, Claims, RecipientOutcome } from "@leix/protocol";
import type { Material } from "./material.ts";
import type { Queries } from "./queries.ts";

/** One message on its way to one recipient at one time: what every fact is derived from. */
export interface Delivery {
  readonly queries: Queries;
  readonly claims: Claims;
  readonly recipient: AgencyId;
  readonly as: RecipientOutcome["as"];
  /** NumericDate at which the exchange received the message: from it every term counts. */
  readonly received: number;
  /** NumericDate by which consents are judged. */
  readonly at: number;
  readonly material: Material;
}

export type FactValue = boolean | number | string | string[];

/**
 * A fact has a Cedar type, a meaning for people, and one way to be derived. It never says what is allowed.
 */
export interface Fact<Value extends FactValue = FactValue> {
  readonly type: "Bool" | "Long" | "String" | "Set<String>";
  /** An optional fact is absent where `derive` gives undefined; any other always has a value. */
  readonly optional: boolean;
  readonly means: string;
  readonly derive: (delivery: Delivery) => Value | undefined;
}

type Derive<Value> = (delivery: Delivery) => Value;

/** Yes or no. */
export function flag(means: string, derive: Derive<boolean>): Fact<boolean> {
  return { type: "Bool", optional: false, means, derive };
}

/** The place of a level in the protocol's list of classifications, from 0. */
export function rank(means: string, derive: Derive<number>): Fact<number> {
  return { type: "Long", optional: false, means, derive };
}

/** One code of a closed list. */
export function code(means: string, derive: Derive<string>): Fact<string> {
  return { type: "String", optional: false, means, derive };
}

/** A code that the sender states; absent where it states none. */
export function statement(means: string, derive: Derive<string | undefined>): Fact<string> {
  return { type: "String", optional: true, means, derive };
}

function toSorted(some: readonly string[]): string[] {
  return some.length < 2 ? (some as string[]) : [...new Set(some)].sort();
}

/** Codes of a closed list; sorted, so that equal sets are equal text. */
export function codes(means: string, derive: Derive<readonly string[]>): Fact<string[]> {
  return {
    type: "Set<String>",
    optional: false,
    means,
    derive: (delivery) => toSorted(derive(delivery)),
  };
}
