import type { AccountId } from "@leix/protocol";

export interface LineLimits {
  /** Questions that are answered at once, of all parties and of one. */
  readonly atOnceMax: number;
  readonly atOncePerAccountMax: number;
  /** Questions of one party that wait; one more is not taken. */
  readonly waitingPerAccountMax: number;
}

/**
 * Questions that wait for their turn, in a line for each party. Whoever was served goes to the end, so a
 * party that asks at full speed delays another's question by one of its own, however many it has waiting.
 */
export class QuestionLine<Q> {
  readonly #limits: LineLimits;
  /** In the order in which they are served next; a party is here while it has something waiting. */
  readonly #waiting = new Map<AccountId, Q[]>();
  readonly #answering = new Map<AccountId, number>();
  #atOnce = 0;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  /** False where the party has too many waiting: this one was not taken. */
  add(account: AccountId, question: Q): boolean {
    const line = this.#waiting.get(account) ?? [];
    if (line.length >= this.#limits.waitingPerAccountMax) return false;
    line.push(question);
    this.#waiting.set(account, line);
    return true;
  }

  /** The next that may be answered, if any: it counts until `answered`. */
  take(): { readonly account: AccountId; readonly question: Q } | undefined {
    if (this.#atOnce >= this.#limits.atOnceMax) return undefined;
    for (const [account, line] of this.#waiting) {
      const busy = this.#answering.get(account) ?? 0;
      if (busy >= this.#limits.atOncePerAccountMax) continue;
      const [question, ...rest] = line;
      this.#waiting.delete(account);
      if (question === undefined) continue;
      if (rest.length > 0) this.#waiting.set(account, rest);
      this.#answering.set(account, busy + 1);
      this.#atOnce++;
      return { account, question };
    }
    return undefined;
  }

  answered(account: AccountId): void {
    const busy = (this.#answering.get(account) ?? 1) - 1;
    if (busy > 0) this.#answering.set(account, busy);
    else this.#answering.delete(account);
    this.#atOnce--;
  }
}
