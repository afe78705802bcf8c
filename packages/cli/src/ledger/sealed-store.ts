import {
  createState,
  follow,
  listSealedParts,
  openSealedState,
  type SealedItem,
  type State,
  type Trust,
  verifySealed,
} from "@leix/exchange";
import {
  listSealedStates,
  readErasure,
  readSealedState,
  type SealedContent,
  type StoreReader,
  writeSealedState,
} from "@leix/ledger-store";
import { LeixError, parseRecord } from "@leix/protocol";
import { appendLeafHashes, type CompactRange, createRange, hashLeaf } from "@leix/tlog";

/** A store, and the folder that it is in. */
export interface OpenStore {
  readonly folder: string;
  readonly reader: StoreReader;
  readonly trust: Trust;
}

/** The state before a record of a store, and the tree of those before it. */
export interface StoreState {
  readonly state: State;
  readonly tree: CompactRange;
}

/** Leaves that are hashed into the tree together. */
const LEAVES = 1_024;

/**
 * What the store has for the seal at an index, verified (`openSealedState`) against that seal and the tree.
 * Null where it has nothing. Throws `ledger/seal-differs`.
 */
export async function openStoredSeal(store: OpenStore, index: number): Promise<StoreState | null> {
  const content = await readSealedState(store.folder, index);
  return content && verifyContent(store, index, content);
}

/** The same, where a file that is not what it has to be is as good as none. */
export async function tryStoredSeal(store: OpenStore, index: number): Promise<StoreState | null> {
  try {
    return await openStoredSeal(store, index);
  } catch (error) {
    if (error instanceof LeixError && error.code === "ledger/seal-differs") return null;
    throw error;
  }
}

/** A sealed state from anywhere, by the store's own seal and tree. Throws `ledger/seal-differs`. */
export async function verifyContent(
  store: OpenStore,
  index: number,
  content: SealedContent,
): Promise<StoreState> {
  const seal = await loadRecord(store, index);
  const { state } = await openSealedState(store.trust, content.items, seal).catch(refuseDiffering);
  const tree = await makeTree(store, index);
  const isSame = Buffer.compare(Buffer.concat(tree.hashes), Buffer.concat(content.tree.hashes)) === 0;
  if (state.head.index === index && isSame) return { state, tree };
  throw new LeixError("ledger/seal-differs", `the tree before record ${index} is another`);
}

/** Where bytes were altered, what they say may go wrong before they are known to be others. */
function refuseDiffering(cause: unknown): never {
  const isItself = !(cause instanceof LeixError) || /^(ledger|broker)\//.test(cause.code);
  throw isItself ? cause : new LeixError("ledger/seal-differs", cause.message, { cause });
}

/**
 * Follows all of the store's records up to a seal, whatever states it has for them, and puts the state there
 * into the store; then opens it from there, as everyone will. Decisions are followed, and not decided again.
 * Throws `ledger/seal-differs` where the records make another state than the seal names,
 * `ledger/record-erased` where they are erased and no state after them is whole, and the codes of `follow`.
 */
export async function makeStoredSeal(
  store: OpenStore,
  index: number,
  onProgress: (records: number) => void,
): Promise<StoreState> {
  const { state, tree } = await openBefore(store, index);
  for await (const { index: at, record } of store.reader.records(state.head.index, index)) {
    if (!record) throw new LeixError("ledger/record-erased", `record ${at}, which is to be followed`);
    await follow(state, record);
    onProgress(at + 1);
  }
  verifySealed(state, parseRecord(await loadRecord(store, index)));
  const whole = await makeTree(store, index, tree);
  await writeSealedState(store.folder, { index, tree: whole }, listItems(store, index, state));
  const written = await openStoredSeal(store, index);
  if (!written) throw new LeixError("ledger/store-failed", `the sealed state ${index} is not there`);
  return written;
}

/** The newest seal among the first `size` records; undefined where there is none. */
export async function findNewestSeal({ reader }: OpenStore, size: number): Promise<number | undefined> {
  for (let end = size; end > 0; end = Math.max(0, end - LEAVES)) {
    let found: number | undefined;
    for await (const { index, kind } of reader.entries(Math.max(0, end - LEAVES), end)) {
      if (kind === "seal") found = index;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The tree of the first records, grown from that of fewer. */
export async function makeTree(
  { reader }: Pick<OpenStore, "reader">,
  size: number,
  from: CompactRange = createRange(),
): Promise<CompactRange> {
  let tree = from;
  let leaves: Uint8Array[] = [];
  for await (const { bytes } of reader.entries(from.end, size)) {
    leaves.push(hashLeaf(bytes));
    if (leaves.length < LEAVES) continue;
    tree = appendLeafHashes(tree, leaves);
    leaves = [];
  }
  return appendLeafHashes(tree, leaves);
}

/** Record 0; where records are erased, the first whole state after them. */
async function openBefore(store: OpenStore, index: number): Promise<StoreState> {
  const erasure = await readErasure(store.folder);
  if (!erasure) return { state: createState(store.trust), tree: createRange() };
  for (const earlier of (await listSealedStates(store.folder)).toReversed()) {
    if (earlier < erasure.seal.index || earlier >= index) continue;
    const opened = await tryStoredSeal(store, earlier);
    if (opened) return opened;
  }
  const detail = `those before ${erasure.seal.index} are, and no state between them and ${index} is whole`;
  throw new LeixError("ledger/record-erased", detail);
}

async function* listItems(store: OpenStore, index: number, state: State): AsyncGenerator<SealedItem, void> {
  for await (const entry of store.reader.entries(0, index)) {
    if (entry.kind !== "statement") continue;
    yield { kind: "statement", record: await loadRecord(store, entry.index) };
  }
  yield* listSealedParts(state);
}

async function loadRecord({ reader }: OpenStore, index: number): Promise<Uint8Array> {
  const { record } = await reader.readRecord(index);
  if (record) return record;
  throw new LeixError("ledger/record-erased", `record ${index}, without which nothing can be sealed`);
}
