import { countCountries, listWitnesses, type State } from "@leix/exchange";
import type { LedgerReader } from "@leix/ledger-store";
import { decodeUtf8, encodeUtf8, limits, parseWitnessName, toLogOrigin } from "@leix/protocol";
import {
  encodeAddCheckpoint,
  encodeNote,
  type Note,
  type NoteSignature,
  parseCheckpoint,
  parseCosignatures,
  parseNote,
  type TreeHead,
} from "@leix/tlog";
import type { LedgerEvents } from "./events.ts";
import { CHECKPOINTS_REMEMBERED_MAX, PROOFS_KEPT_MAX } from "./limits.ts";
import type { CosignedMemory } from "./ports.ts";
import { proveExtension } from "./store-tree.ts";
import { createCosignatureCheck } from "./witnesses.ts";

export interface CosignaturesOptions {
  readonly state: State;
  readonly memory: CosignedMemory;
  readonly events: LedgerEvents;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Puts a note with more cosignatures in place of the public one, if it is still of that size. */
  readonly republish: (note: Uint8Array, size: number) => Promise<void>;
}

/** What witnesses have said of checkpoints, and what they are asked next. */
export interface Cosignatures {
  /** A note of a size with the cosignatures that are known of it. */
  toPublic(note: Uint8Array, size: number): Uint8Array;
  /** This checkpoint is public: from now on it can be cosigned. */
  notePublished(reader: LedgerReader): Promise<void>;
  /**
   * The body of tlog-witness add-checkpoint, from the size that the asking witness cosigned last; null where
   * there is nothing for it. Throws `tlog/size` for a size that never was.
   */
  ask(old: number): Promise<string | null>;
  /** Takes lines for the checkpoint of a size, and says how many were good. Throws `tlog/note`. */
  take(size: number, lines: string): Promise<number>;
}

interface Remembered {
  readonly head: TreeHead;
  /** With the log's signature alone. */
  readonly note: Note;
  /** By name and key. */
  readonly lines: Map<string, NoteSignature>;
}

export function createCosignatures(options: CosignaturesOptions): Cosignatures {
  return new RememberedCosignatures(options);
}

class RememberedCosignatures implements Cosignatures {
  readonly #options: CosignaturesOptions;
  readonly #origin: string;
  readonly #check: ReturnType<typeof createCosignatureCheck>;
  /** By size, the smallest first. */
  readonly #remembered = new Map<number, Remembered>();
  #reader: LedgerReader | undefined;
  #round: { readonly size: number; readonly openedAt: number } | undefined;
  #cosigned: { readonly size: number; readonly lines: number } | undefined;
  /** What is asked in this round, by the size that a witness is at: many are at the same. */
  readonly #proofs = new Map<number, Promise<string>>();
  #taking: Promise<unknown> = Promise.resolve();

  constructor(options: CosignaturesOptions) {
    this.#options = options;
    this.#origin = toLogOrigin(options.state.trust.aud);
    this.#check = createCosignatureCheck(options.state, options.now);
  }

  toPublic(note: Uint8Array, size: number): Uint8Array {
    const one = this.#remembered.get(size);
    return one && one.lines.size > 0 ? merge(one) : note;
  }

  async notePublished(published: LedgerReader): Promise<void> {
    this.#reader = published;
    this.#cosigned ??= toCosigned(await this.#options.memory.load());
    const { text, signatures } = parseNote(published.head.note);
    const { size, root } = published.head;
    const isLogs = ({ name }: NoteSignature) => name === this.#origin;
    const one = this.#remembered.get(size) ?? {
      head: { size, root },
      note: { text, signatures: signatures.filter(isLogs) },
      lines: new Map(),
    };
    this.#remembered.set(size, one);
    const others = signatures.filter((line) => !isLogs(line));
    await this.#addLines(one, others);
    const [first = size] = this.#remembered.keys();
    if (this.#remembered.size > CHECKPOINTS_REMEMBERED_MAX) this.#remembered.delete(first);
    await this.#keepCosigned(one);
  }

  async ask(old: number): Promise<string | null> {
    const one = this.#chooseRound();
    if (!one || !this.#reader || old >= one.head.size) return null;
    const kept = this.#proofs.get(old);
    if (kept !== undefined) return kept;
    const proof = prove(this.#reader, old, one);
    if (this.#proofs.size >= PROOFS_KEPT_MAX) this.#proofs.clear();
    this.#proofs.set(old, proof);
    // What failed is tried again.
    proof.catch(() => this.#proofs.delete(old));
    return proof;
  }

  async take(size: number, text: string): Promise<number> {
    const lines = parseCosignatures(encodeUtf8(text));
    // One after the other: the same lines may come twice, as what was asked here and as what was heard.
    const taken = this.#taking.then(() => this.#takeLines(size, lines));
    this.#taking = taken.catch(() => undefined);
    return taken;
  }

  async #takeLines(size: number, lines: readonly NoteSignature[]): Promise<number> {
    const one = this.#remembered.get(size);
    if (!one) return 0;
    const isHeld = (line: NoteSignature) => {
      const held = one.lines.get(toLineKey(line));
      return held !== undefined && isSameSignature(held, line);
    };
    const repeated = lines.filter(isHeld).length;
    const added = await this.#addLines(one, lines);
    // Anybody may hand in the same again as often as it likes: nothing is written for that.
    if (added === 0) return repeated;
    this.#joinRound(size);
    this.#options.events.cosigned(size, one.lines.size);
    await this.#keepCosigned(one);
    await this.#options.republish(merge(one), size);
    return repeated + added;
  }

  /** The same checkpoint for all who ask, or each would cosign another one, and none would have a quorum. */
  #chooseRound(): Remembered | undefined {
    const { now } = this.#options;
    const newest = [...this.#remembered.values()].at(-1);
    const round = this.#round;
    const current = round && this.#remembered.get(round.size);
    const isOver = round !== undefined && now() - round.openedAt >= limits.COSIGN_ROUND_SECONDS;
    if (newest && (!current || isOver || this.#isReached(current))) {
      if (round?.size !== newest.head.size) this.#openRound(newest.head.size);
      return newest;
    }
    return current;
  }

  /** Another instance has asked for this one. Every instance hears the first line, and asks for the same. */
  #joinRound(size: number): void {
    const current = this.#round && this.#remembered.get(this.#round.size);
    const isTaken = current !== undefined && current.lines.size > 0;
    if (!isTaken && size > (this.#cosigned?.size ?? 0)) this.#openRound(size);
  }

  #openRound(size: number): void {
    this.#round = { size, openedAt: this.#options.now() };
    this.#proofs.clear();
  }

  /** As members count: the countries whose witness has spoken, with the key that it has now. */
  #isReached({ lines }: Remembered): boolean {
    const { state, now } = this.#options;
    const speaking = listWitnesses(state, now()).filter(({ key }) => lines.has(toLineKey(key)));
    const agencies = speaking.map(({ agency }) => agency);
    return countCountries(state, agencies) >= state.witnessQuorum;
  }

  #counts({ name }: NoteSignature): boolean {
    const { state } = this.#options;
    const agency = parseWitnessName(state.trust.aud, name);
    return agency !== undefined && countCountries(state, [agency]) > 0;
  }

  /** How many it has now that it had not: a line of a key that has spoken changes nothing. */
  async #addLines(one: Remembered, lines: readonly NoteSignature[]): Promise<number> {
    const news = lines.filter((line) => !one.lines.has(toLineKey(line)));
    const sound = await this.#check(one.note.text, news);
    return sound.filter((line) => this.#addLine(one.lines, line)).length;
  }

  /** Where there are too many, one that a quorum counts takes the place of one that none counts. */
  #addLine(lines: Map<string, NoteSignature>, line: NoteSignature): boolean {
    // The same key twice in one breath.
    if (lines.has(toLineKey(line))) return false;
    if (lines.size >= limits.WITNESSES_MAX) {
      const idle = this.#counts(line) && [...lines.values()].find((held) => !this.#counts(held));
      if (!idle) return false;
      lines.delete(toLineKey(idle));
    }
    lines.set(toLineKey(line), line);
    return true;
  }

  async #keepCosigned(one: Remembered): Promise<void> {
    const { state, memory } = this.#options;
    const { size } = one.head;
    const kept = this.#cosigned;
    // Without a quorum every checkpoint would be kept twice.
    if (state.witnessQuorum === 0 || !this.#isReached(one) || size < (kept?.size ?? 0)) return;
    if (size === kept?.size && one.lines.size <= kept.lines) return;
    await memory.save(merge(one));
    this.#cosigned = { size, lines: one.lines.size };
  }
}

async function prove(reader: LedgerReader, old: number, { head, note }: Remembered): Promise<string> {
  const { hashes } = await proveExtension(reader, old, head);
  return decodeUtf8(encodeAddCheckpoint({ oldSize: old, hashes, note }));
}

function toLineKey({ name, keyId }: Pick<NoteSignature, "name" | "keyId">): string {
  return `${name}+${keyId}`;
}

function isSameSignature(one: NoteSignature, other: NoteSignature): boolean {
  return Buffer.compare(one.signature, other.signature) === 0;
}

function merge({ note, lines }: Remembered): Uint8Array<ArrayBuffer> {
  return encodeNote({ ...note, signatures: [...note.signatures, ...lines.values()] });
}

/** The newest checkpoint that reached the quorum: where none is asked for, the newest. */
export async function loadCosigned(
  state: State | undefined,
  memory: CosignedMemory,
  newest: Uint8Array | undefined,
): Promise<Uint8Array | null> {
  return state && state.witnessQuorum === 0 ? (newest ?? null) : memory.load();
}

function toCosigned(note: Uint8Array | null): { size: number; lines: number } | undefined {
  if (!note) return undefined;
  const { text, signatures } = parseNote(note);
  return { size: parseCheckpoint(text).size, lines: signatures.length - 1 };
}
