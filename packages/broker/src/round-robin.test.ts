import { AccountId } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import type { Delivery } from "./delivery.ts";
import { type RoundLimits, RoundRobin } from "./round-robin.ts";

const ACCOUNTS = ["A", "B", "C", "D"].map((letter) => AccountId.parse(`A${letter.repeat(55)}`));
const [A, B, C, D] = ACCOUNTS as [AccountId, AccountId, AccountId, AccountId];
const LIMITS = { perAccountMax: 4, roundMax: 8 };

/** A queue whose messages are numbered, each with its delivery count and size. */
function toLane(messages: readonly { deliveries?: number; bytes?: number }[]) {
  const queue = messages.map(({ deliveries = 1, bytes = 10 }, sequence) => {
    return { sequence, deliveries, data: new Uint8Array(bytes) } as unknown as Delivery;
  });
  return { peek: () => queue[0], take: () => queue.shift(), add: (one: Delivery) => queue.push(one) };
}

const fresh = (count: number) => Array.from({ length: count }, () => ({}));

function toRounds(robin: RoundRobin<ReturnType<typeof toLane>>, max = 100): AccountId[][] {
  const rounds: AccountId[][] = [];
  while (rounds.length < max) {
    const round = robin.compose();
    if (round.length === 0) break;
    rounds.push(round.map(({ account }) => account));
  }
  return rounds;
}

function create(lanes: readonly [AccountId, ReturnType<typeof toLane>][], limits: RoundLimits = LIMITS) {
  const robin = new RoundRobin<ReturnType<typeof toLane>>(limits);
  for (const [account, lane] of lanes) robin.add(account, lane);
  return robin;
}

describe("RoundRobin", () => {
  it("is empty when nothing waits", () => {
    expect(create([[A, toLane([])]]).compose()).toEqual([]);
  });

  it("takes at most its part from each account, in the account's order", () => {
    const robin = create([
      [A, toLane(fresh(6))],
      [B, toLane(fresh(1))],
    ]);
    const first = robin.compose();
    expect(first.map(({ account, sequence }) => [account, sequence])).toEqual([
      [A, 0],
      [A, 1],
      [A, 2],
      [A, 3],
      [B, 0],
    ]);
    expect(robin.compose().map(({ sequence }) => sequence)).toEqual([4, 5]);
  });

  it("takes of one account alone where it is asked to, and the others keep their turn", () => {
    const robin = create([
      [A, toLane(fresh(5))],
      [B, toLane([...fresh(2), { deliveries: 2 }])],
    ]);
    const taken = [robin.compose(B), robin.compose(B), robin.compose(B), robin.compose(C)];
    expect(taken.map((round) => round.map(({ account }) => account))).toEqual([[B, B], [B], [], []]);
    expect(robin.compose().map(({ account }) => account)).toEqual([A, A, A, A]);
  });

  it("puts a single message into the next round, however much others have", () => {
    const late = toLane([]);
    const robin = create([
      [A, toLane(fresh(5_000))],
      [B, toLane(fresh(5_000))],
      [C, late],
    ]);
    for (let round = 0; round < 100; round++) expect(robin.compose()).toHaveLength(8);
    late.add({ sequence: 1, deliveries: 1, data: new Uint8Array(1) } as unknown as Delivery);
    const next = [...robin.compose(), ...robin.compose()].map(({ account }) => account);
    expect(next).toContain(C);
  });

  it("serves every account before any is served again", () => {
    const robin = create(ACCOUNTS.map((account) => [account, toLane(fresh(100))]));
    const rounds = toRounds(robin).map((round) => [...new Set(round)]);
    expect(rounds.slice(0, 4)).toEqual([
      [A, B],
      [C, D],
      [A, B],
      [C, D],
    ]);
  });

  it("gives what was delivered before alone, with new messages in between", () => {
    const robin = create([
      [A, toLane([{ deliveries: 2 }, { deliveries: 3 }, {}])],
      [B, toLane(fresh(6))],
    ]);
    expect(toRounds(robin)).toEqual([[A], [B, B, B, B], [A], [B, B, A]]);
  });

  it("gives one of several such after the other when nothing else waits", () => {
    const robin = create([
      [A, toLane([{ deliveries: 2 }, { deliveries: 2 }])],
      [B, toLane([{ deliveries: 5 }])],
    ]);
    expect(toRounds(robin)).toEqual([[A], [B], [A]]);
  });

  it("stops a round before what was delivered before", () => {
    const robin = create([[A, toLane([{}, {}, { deliveries: 2 }, {}])]]);
    expect(toRounds(robin)).toEqual([[A, A], [A], [A]]);
  });

  it("ends a round at a size that fits one batch", () => {
    const large = Array.from({ length: 4 }, () => ({ bytes: 900_000 }));
    const robin = create(
      ACCOUNTS.map((account) => [account, toLane(large)]),
      { perAccountMax: 4, roundMax: 1_000 },
    );
    expect(toRounds(robin).map((round) => round.length)).toEqual([12, 4]);
  });

  it("takes few of one account while another is about that has no more, then much again", () => {
    let nowMs = 5_000;
    const sparse = toLane(fresh(1));
    const robin = create(
      [
        [A, toLane(fresh(100))],
        [B, sparse],
      ],
      { ...LIMITS, besideOthersMax: 2, clock: () => nowMs },
    );
    const toLetters = () => robin.compose().map(({ account }) => (account === A ? "A" : "B"));
    // Nobody knows yet who has much.
    expect(toLetters().join("")).toBe("AAB");
    expect(toLetters().join("")).toBe("AA");
    nowMs += 900;
    expect(toLetters().join("")).toBe("AA");
    nowMs += 101;
    expect(toLetters().join("")).toBe("AAAA");
    sparse.add({ sequence: 1, deliveries: 1, data: new Uint8Array(1) } as unknown as Delivery);
    expect(toLetters().join("")).toBe("BAA");
  });

  it("takes as much as ever of accounts that all have more", () => {
    const lanes = ACCOUNTS.slice(0, 2).map((account) => [account, toLane(fresh(100))] as const);
    const robin = create(lanes as never, { ...LIMITS, besideOthersMax: 2, clock: () => 0 });
    robin.compose();
    expect(robin.compose()).toHaveLength(8);
  });

  it("forgets an account that is removed", () => {
    const lane = toLane(fresh(1));
    const robin = create([[A, lane]]);
    expect(robin.remove(A)).toBe(lane);
    expect(robin.remove(A)).toBeUndefined();
    expect([robin.compose(), robin.size, robin.has(A)]).toEqual([[], 0, false]);
  });
});
