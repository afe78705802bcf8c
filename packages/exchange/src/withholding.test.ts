import { limits } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { type PairCounts, withholdSmall } from "./withholding.ts";

vi.setConfig({ testTimeout: 120_000 });

const MIN = limits.STATISTICS_COUNT_MIN;
const none = { requests: 0, answered: 0, refused: 0, late: 0 };
const toPair = (other: Partial<PairCounts["other"]>, ...grounds: readonly number[]): PairCounts => ({
  ...{ urgent: none, other: { ...none, ...other }, judicialDelays: 0 },
  refusals: grounds.map((count, i) => ({ ground: `ground-${i}`, count })),
});
const tell = (...pair: Parameters<typeof toPair>): unknown => {
  const { other, refusals } = withholdSmall(toPair(...pair));
  const { requests, answered, refused, late } = other;
  return [requests, answered, refused, late, refusals.map(({ count }) => count)];
};

describe("what is withheld", () => {
  test("is what is small, and what it would follow from", () => {
    expect(tell({ requests: 6, answered: 5, refused: 1 }, 1)).toEqual([6, null, null, 0, [null]]);
    expect(tell({ requests: 6, answered: 1, refused: 5 }, 5)).toEqual([6, null, null, 0, [null]]);
    expect(tell({ requests: 8, answered: 6, late: 7 })).toEqual([8, null, 0, null, []]);
    expect(tell({ requests: 13, answered: 6, refused: 5 }, 5)).toEqual([13, 6, null, 0, [null]]);
    expect(tell({ requests: 4, answered: 3 })).toEqual([null, null, 0, 0, []]);
  });

  test("of the grounds is all or none", () => {
    expect(tell({ requests: 20, refused: 12 }, 7, 5)).toEqual([20, 0, 12, 0, [7, 5]]);
    expect(tell({ requests: 20, refused: 12 }, 9, 3)).toEqual([20, 0, 12, 0, [null, null]]);
    expect(tell({ requests: 20, refused: 12 }, 9, 5)).toEqual([20, 0, 12, 0, [null, null]]);
    expect(tell({ requests: 20, refused: 12 }, 12, 5)).toEqual([20, 0, 12, 0, [12, 5]]);
  });

  test("is no more than that", () => {
    expect(tell({ requests: 120, answered: 110, refused: 2 }, 2)).toEqual([120, 110, null, 0, [null]]);
    expect(tell({ requests: 12, answered: 7, refused: 5, late: 12 }, 5)).toEqual([12, 7, 5, 12, [5]]);
    expect(tell({ requests: 5, answered: 5 })).toEqual([5, 5, 0, 0, []]);
  });
});

type Counted = PairCounts | ReturnType<typeof withholdSmall>;

function listCounts({ urgent, other, refusals, judicialDelays }: Counted): (number | null)[] {
  const ofRequests = [urgent, other].flatMap((one) => [one.requests, one.answered, one.refused, one.late]);
  return [...ofRequests, ...refusals.map(({ count }) => count), judicialDelays];
}

/** What is left by subtraction. */
function listRests({ urgent, other, refusals }: PairCounts): number[] {
  const ofRequests = [urgent, other].flatMap(({ requests, answered, refused, late }) => {
    return [requests - answered, requests - refused, requests - answered - refused, requests - late];
  });
  const refused = urgent.refused + other.refused;
  const all = refusals.reduce((total, { count }) => total + count, 0);
  return [...ofRequests, refused, all, all - refused];
}

/**
 * Whoever knows the rule, and all that there could have been, asks of what was published: which of these
 * would have been published so? Where all of them agree on a figure, it is known. Returns where one is that
 * is withheld, or small.
 */
function findKnown(domain: Iterable<PairCounts>): { readonly checked: number; readonly known: string[] } {
  const figuresOf = new Map<string, (number | null | undefined)[]>();
  let checked = 0;
  for (const pair of domain) {
    const published = JSON.stringify(withholdSmall(pair));
    const figures = [...listCounts(pair), ...listRests(pair)];
    const before = figuresOf.get(published) ?? figures;
    figuresOf.set(
      published,
      before.map((one, i) => (one === figures[i] ? one : undefined)),
    );
    checked++;
  }
  const known = [...figuresOf].flatMap(([published, figures]) => {
    const told = listCounts(JSON.parse(published));
    const isKnown = (one: number | null | undefined, i: number): boolean => {
      return typeof one === "number" && (told[i] === null || (one > 0 && one < MIN));
    };
    return figures.some(isKnown) ? [published] : [];
  });
  return { checked, known };
}

/** Exclusive: nobody answers what he has refused. A reader may take that for granted, and be right. */
function* listRequests(requestsMax: number, isExclusive: boolean): Iterable<PairCounts["other"]> {
  for (let requests = 0; requests <= requestsMax; requests++)
    for (let answered = 0; answered <= requests; answered++)
      for (let refused = 0; refused <= (isExclusive ? requests - answered : requests); refused++)
        yield { requests, answered, refused, late: 0 };
}

describe("from one publication nothing that is withheld, and no small number, can be computed", () => {
  test.each([true, false])("of the requests, whether what is refused stays so (%s) or not", (isExclusive) => {
    function* domain(): Iterable<PairCounts> {
      for (const counts of listRequests(14, isExclusive))
        for (let late = 0; late <= counts.requests; late++) yield toPair({ ...counts, late });
    }
    const { checked, known } = findKnown(domain());
    expect(checked).toBeGreaterThan(5_000);
    expect(known).toEqual([]);
  });

  test.each([0, 7])("of the refusals by ground, with up to %s in part or repeated", (inPartMax) => {
    function* domain(): Iterable<PairCounts> {
      for (const urgent of listRequests(6, true)) {
        if (urgent.answered > 0) continue;
        for (const other of listRequests(7, true)) {
          if (urgent.requests + other.requests === 0) continue;
          for (let inPart = 0; inPart <= inPartMax; inPart++) {
            const all = urgent.refused + other.refused + inPart;
            // One ground, or two.
            for (let first = 1; first <= all; first++)
              yield { ...toPair(other, ...[first, all - first].filter((count) => count > 0)), urgent };
          }
        }
      }
    }
    const { checked, known } = findKnown(domain());
    expect(checked).toBeGreaterThan(5_000);
    expect(known).toEqual([]);
  });

  test("of the delays", () => {
    const delays = Array.from({ length: 10 }, (_, judicialDelays) => ({ ...toPair({}), judicialDelays }));
    expect(findKnown(delays)).toEqual({ checked: 10, known: [] });
  });
});
