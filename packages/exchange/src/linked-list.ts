/** A list that grows at its front and shares the rest: what a layer adds leaves the one below untouched. */
export interface LinkedList<T> {
  readonly value: T;
  readonly rest: LinkedList<T> | undefined;
}

export function* iterateList<T>(list: LinkedList<T> | undefined): IterableIterator<T> {
  for (let link = list; link; link = link.rest) yield link.value;
}

/** The first item is the list's front. */
export function toList<T>(items: readonly T[]): LinkedList<T> | undefined {
  return items.reduceRight<LinkedList<T> | undefined>((rest, value) => ({ value, rest }), undefined);
}
