import { createQueries, type Entry, findDecider, isAllowed, type State } from "@leix/exchange";
import { decide, FACTS, type FactName, type FactValue } from "@leix/principles";
import { type Decider, encodeCanonical, LeixError, type Verdict } from "@leix/protocol";

type MessageEntry = Extract<Entry, { kind: "message" }>;
type NamedFacts = Verdict["grounds"][number]["facts"];

/** `other-dates`: all the same but when and in which offset terms end. */
export type Redecided = "same" | "other-dates" | "decider-unknown";

/**
 * Asks the policy set in force about the message again, on the facts that its decision names. What those were
 * derived from is not here, so markings and notices, which follow from other messages, are not made again.
 *
 * Throws `record/decided-otherwise` where outcome, reasons, obligations or grounds are other than recorded,
 * or the set does not allow the decider; `evidence/missing` where the set that the decision names is not
 * there; `decision/engine`.
 */
export function redecideMessage(state: State, entry: MessageEntry, decider: Decider): Redecided {
  const set = state.policySet?.set;
  if (set?.digest !== entry.policySet) {
    throw new LeixError("evidence/missing", `policy set ${entry.policySet}, in force before the message`);
  }
  if (!findDecider(state, decider)) return "decider-unknown";
  if (!isAllowed(state, decider)) throw otherwise(`the policy set does not allow decider ${decider.step}`);
  const { claims, ref, received, at, verdict } = entry;
  const facts = new Map(verdict.grounds.map((one) => [one.agency, one.facts]));
  const names = set.reads(claims.kind);
  const overrides = Object.fromEntries(
    names.map((name) => [
      name,
      ({ recipient }: { recipient: Verdict["grounds"][number]["agency"] }) => {
        return recall(facts.get(recipient) ?? {}, name);
      },
    ]),
  );
  const again = decide(set, createQueries(state), claims, ref, { received, at }, overrides);
  if (toComparable(again, true) === toComparable(verdict, true)) return "same";
  if (toComparable(again, false) === toComparable(verdict, false)) return "other-dates";
  throw otherwise(`recorded ${toSummary(verdict)}; by the rules ${toSummary(again)}`);
}

/** A decision names the facts that say something: a flag that is not named does not hold. */
function recall(facts: NamedFacts, name: FactName): FactValue | undefined {
  const value = facts[name];
  if (value !== undefined) return value;
  const { type, optional } = FACTS[name];
  if (optional) return undefined;
  if (type === "Bool") return false;
  if (type === "Set<String>") return [];
  throw otherwise(`the decision does not name the fact ${name}`);
}

function toComparable({ outcome, recipients, grounds }: Verdict, withDates: boolean): string {
  const told = recipients.map(({ obligations, ...rest }) => ({
    ...rest,
    obligations: obligations.map(({ due, offset, ...duty }) => {
      return withDates ? { ...duty, due: due ?? null, offset: offset ?? null } : duty;
    }),
  }));
  return encodeCanonical({ outcome, recipients: told, grounds });
}

function toSummary({ outcome, recipients }: Verdict): string {
  const all = recipients.map(({ agency, effect, reasons }) => [agency, effect, ...reasons].join(" "));
  return `${outcome} (${all.join(", ")})`;
}

function otherwise(detail: string): LeixError {
  return new LeixError("record/decided-otherwise", detail);
}
