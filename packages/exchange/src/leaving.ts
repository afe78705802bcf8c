import { iterateList, type LinkedList, toList } from "./linked-list.ts";

/** What leaves the state on a day. */
export interface Leaving {
  readonly table: "messages" | "events" | "floods" | "rejections";
  readonly key: string;
}

/**
 * What leaves on one day, the newest first. It grows at its front and shares the rest, as a linked list does;
 * but most of what leaves does so in years, and until then one text of many is a quarter of as many links.
 */
export interface LeavingList {
  readonly front: LinkedList<Leaving> | undefined;
  readonly frontLength: number;
  /** BLOCK_LENGTH of them in each. */
  readonly blocks: LinkedList<string> | undefined;
}

const BLOCK_LENGTH = 32;
const [BETWEEN, INSIDE] = ["\n", " "] as const;

export function addLeaving(list: LeavingList | undefined, leaving: Leaving): LeavingList {
  const { front, frontLength, blocks } = list ?? { front: undefined, frontLength: 0, blocks: undefined };
  if (frontLength < BLOCK_LENGTH) {
    return { front: { value: leaving, rest: front }, frontLength: frontLength + 1, blocks };
  }
  const block = { value: toText(front), rest: blocks };
  return { front: { value: leaving, rest: undefined }, frontLength: 1, blocks: block };
}

/** The first, and what is left; nothing of a list that is empty. */
export function takeLeaving(
  list: LeavingList | undefined,
): readonly [first: Leaving, rest: LeavingList | undefined] | undefined {
  if (!list) return undefined;
  const { front, frontLength, blocks } = list.front ? list : openBlock(list);
  if (!front) return undefined;
  const rest = { front: front.rest, frontLength: frontLength - 1, blocks };
  return [front.value, front.rest || blocks ? rest : undefined];
}

export function* iterateLeaving(list: LeavingList): IterableIterator<Leaving> {
  yield* iterateList(list.front);
  for (const block of iterateList(list.blocks)) yield* openText(block);
}

export function toLeavingList(all: readonly Leaving[]): LeavingList | undefined {
  return all.reduceRight<LeavingList | undefined>((list, leaving) => addLeaving(list, leaving), undefined);
}

function openBlock({ blocks }: LeavingList): LeavingList {
  const front = toList(blocks ? openText(blocks.value) : []);
  return { front, frontLength: blocks ? BLOCK_LENGTH : 0, blocks: blocks?.rest };
}

function toText(front: LinkedList<Leaving> | undefined): string {
  return [...iterateList(front)].map(({ table, key }) => `${table}${INSIDE}${key}`).join(BETWEEN);
}

/** No key has a space or a line end. */
function openText(block: string): Leaving[] {
  return block.split(BETWEEN).map((line) => {
    const [table = "", key = ""] = line.split(INSIDE);
    return { table: table as Leaving["table"], key };
  });
}
