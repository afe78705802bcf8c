import type { State } from "@leix/exchange";
import type { MessageRef, Notice, OverdueDuty, ParsedRecord } from "@leix/protocol";

/** How one recall stands with one agency that was told of it. */
export interface RecallStanding {
  readonly agency: string;
  /** The message that was signed with the key, and the one that the agency holds: that, or one made of it. */
  readonly about: MessageRef;
  readonly held: MessageRef;
  /** NumericDate. */
  readonly due: number;
  /** Of the record that told it; null where that was put away with a sealed epoch. */
  readonly toldAt: number | null;
  /** What the agency has said since. */
  readonly answer?: { readonly word: RecallAnswer; readonly index: number };
  /** Of the record that recorded it as late; null where that was put away. */
  readonly lateAt?: number | null;
}

export type RecallAnswer = "erased" | "restricted" | "review";
export type RecallState = "acknowledged" | "overdue" | "open";

export function toRecallState({ answer, lateAt }: RecallStanding): RecallState {
  if (answer) return "acknowledged";
  return lateAt === undefined ? "open" : "overdue";
}

/** Reads from the records of a ledger, in their order, which recalls were told and what came of them. */
export class RecallStandings {
  /** By agency and the digest of what it holds. */
  readonly #told = new Map<string, RecallStanding[]>();

  /** What is owed still at a seal, before which records were put away. */
  seed({ duties, messages }: Pick<State, "duties" | "messages">): void {
    for (const [, owed] of duties.entries()) {
      for (const { duty, party, about, subject, due, isRecorded } of owed) {
        const held = messages.get(subject)?.ref;
        if (duty !== RECALL || !held) continue;
        const late = isRecorded ? { lateAt: null } : {};
        this.#add({ agency: party, about, held, due, toldAt: null, ...late });
      }
    }
  }

  add(record: ParsedRecord): void {
    const { content } = record.decision;
    if (record.kind === "event") {
      for (const notice of record.decision.notices) this.#tell(notice, content.index);
      for (const one of record.decision.overdue) {
        if (one.duty === RECALL) this.#late(one, content.index);
      }
    } else if (record.kind === "message") this.#answer(record, content.index);
  }

  list(): RecallStanding[] {
    return [...this.#told.values()].flat();
  }

  find(agency: string, held: string): readonly RecallStanding[] {
    return this.#told.get(toKey(agency, held)) ?? [];
  }

  #tell({ notice, to, about, held = about, due }: Notice, index: number): void {
    if (notice === RECALL && due !== undefined) this.#add({ agency: to, about, held, due, toldAt: index });
  }

  #add(standing: RecallStanding): void {
    const key = toKey(standing.agency, standing.held.digest);
    this.#told.set(key, [...(this.#told.get(key) ?? []), standing]);
  }

  /** A message may be recalled twice of an agency, by two times: for what it holds, and what came later. */
  #late({ party, about, due }: OverdueDuty, index: number): void {
    for (const [key, all] of this.#told) {
      const changed = all.map((one) => {
        const isThis = one.agency === party && one.about.digest === about.digest && one.due === due;
        return isThis && !one.answer ? { ...one, lateAt: index } : one;
      });
      this.#told.set(key, changed);
    }
  }

  #answer({ claims, decision }: Extract<ParsedRecord, { kind: "message" }>, index: number): void {
    if (!("re" in claims) || !claims.re) return;
    const word = toAnswer(claims, decision.outcome !== "denied");
    const key = toKey(claims.iss, claims.re.digest);
    const all = this.#told.get(key);
    if (!word || !all) return;
    this.#told.set(
      key,
      all.map((one) => (one.answer ? one : { ...one, answer: { word, index } })),
    );
  }
}

const RECALL = "recall";

/** As the exchange takes it: a word counts wherever it was let through to, a review where it was. */
function toAnswer(
  claims: Extract<ParsedRecord, { kind: "message" }>["claims"],
  isThrough: boolean,
): RecallAnswer | undefined {
  if (claims.kind === "review") return isThrough ? "review" : undefined;
  if (claims.kind !== "acknowledgement") return undefined;
  return claims.status === "erased" || claims.status === "restricted" ? claims.status : undefined;
}

function toKey(agency: string, held: string): string {
  return `${agency} ${held}`;
}
