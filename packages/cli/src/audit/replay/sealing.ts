import type { ParsedRecord } from "@leix/protocol";
import type { ReplayDifference } from "../replay-source.ts";

/** Records that were passed over, and from where on everything was decided again. */
export interface Passed {
  /** Erased, with a leaf in the tree. */
  readonly erased: number;
  /** Left among them, in place and signed, but what they were decided on is gone. */
  readonly undecided: number;
  /** Put away before the source's first record, and not looked at. */
  readonly away: number;
  /** The seal whose state was taken in place of them; null where none had to be. */
  readonly sealed: number | null;
}

const NOTHING: Passed = { erased: 0, undecided: 0, away: 0, sealed: null };

/** Which records may be missing: those before a seal, and only where the state that it names is there. */
export class Sealing {
  #passed: Passed;
  /** The first record that is missing, with no seal after it so far. */
  #unsealed: number | null = null;
  /** The last seal whose state was not to be had. */
  #unopened: number | null = null;
  #isWhole = true;

  constructor(passed: Passed = NOTHING) {
    this.#passed = passed;
  }

  get passed(): Passed {
    return this.#passed;
  }

  /** Is everything known that the next record is decided on? */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** And is nothing missing that no seal allows so far? */
  get isSettled(): boolean {
    return this.#isWhole && this.#unsealed === null;
  }

  /** The source begins with a seal. */
  noteAway(count: number): void {
    this.#isWhole = false;
    this.#passed = { ...this.#passed, away: count };
  }

  noteErased(index: number): void {
    this.noteMissing(index);
    this.#isWhole = false;
    this.#passed = { ...this.#passed, erased: this.#passed.erased + 1 };
  }

  noteMissing(index: number): void {
    this.#unsealed ??= index;
  }

  /** A record that is left among others that are not. A seal among them is signed: it allows that. */
  noteFollowed(kind: ParsedRecord["kind"], index: number): void {
    if (kind !== "statement") this.#passed = { ...this.#passed, undecided: this.#passed.undecided + 1 };
    if (kind !== "seal") return;
    this.#unopened = index;
    this.noteSeal();
  }

  noteSeal(): void {
    this.#unsealed = null;
  }

  noteOpened(index: number): void {
    this.#isWhole = true;
    this.#passed = { ...this.#passed, sealed: index };
  }

  /** At the end: what is missing although nothing allows it, or leaves all that follows undecided. */
  listDifferences(): readonly ReplayDifference[] {
    const code = "ledger/record-erased";
    if (this.#unsealed !== null) {
      return [{ index: this.#unsealed, code, detail: "no seal after it allows that it is missing" }];
    }
    if (this.#isWhole) return [];
    const detail = "the state that it seals is not there, so nothing after it was decided again";
    return [{ index: this.#unopened, code, detail }];
  }
}
