import type { OutMessage } from "@leix/broker";
import type { Decided } from "@leix/exchange";
import { AccountId } from "@leix/protocol";
import { expect, test } from "vitest";
import { createDeferredInputs } from "./deferred.ts";

const [ONE, OTHER] = ["A", "B"].map((letter) => AccountId.parse(`A${letter.repeat(55)}`)) as [
  AccountId,
  AccountId,
];

/** What the policy service has in hand, and all that it says. */
function createScene() {
  const said: string[] = [];
  const scene = { nowMs: 1_000_000, said };
  const deferred = createDeferredInputs({
    now: () => scene.nowMs,
    events: { deferred: (account, until) => said.push(`${account.slice(0, 2)} ${until}`) },
  });
  const toMessage = (sequence: number, account = ONE, deliveries = 1) => {
    const postpone = () => said.push(`in hand ${sequence}`);
    return { sequence, account, deliveries, data: new Uint8Array(10), postpone } as unknown as OutMessage;
  };
  const toDeferred = (sequence: number, until: number) => {
    return { kind: "deferred", until, input: { sequence } } as unknown as Decided;
  };
  const take = () => deferred.takeDue().map(({ sequence }) => sequence);
  return Object.assign(scene, { deferred, toMessage, toDeferred, take });
}

test("what is deferred is set aside and told of once, the rest of the round is done", () => {
  const { deferred, toMessage, toDeferred, said } = createScene();
  const round = [toMessage(1), toMessage(2), toMessage(3), toMessage(4, OTHER)];
  const decided = [2, 3].map((sequence) => toDeferred(sequence, 1_020));
  expect(deferred.putAside(round, decided).map(({ sequence }) => sequence)).toEqual([1, 4]);
  expect(said).toEqual(["in hand 2", "AA 1020", "in hand 3"]);
});

test("whatever its account sends after it waits behind it; others are not touched", () => {
  const scene = createScene();
  const { deferred, toMessage, toDeferred, take } = scene;
  deferred.putAside([toMessage(5)], [toDeferred(5, 1_020)]);
  const [behind, other] = [toMessage(7), toMessage(6, OTHER)];
  expect(deferred.leaveOut([behind, other])).toEqual([other]);
  expect([take(), deferred.waitMs()]).toEqual([[], 20_000]);
  scene.nowMs = 1_020_000;
  expect([deferred.waitMs(), take(), deferred.waitMs()]).toEqual([0, [5, 7], undefined]);
  expect(deferred.leaveOut([toMessage(8)])).toHaveLength(1);
});

test("it goes on in the order in which it was sent, few at once beside others, more alone", () => {
  const scene = createScene();
  const { deferred, toMessage, toDeferred, take } = scene;
  const round = Array.from({ length: 40 }, (_, i) => toMessage(40 - i));
  deferred.putAside(
    round,
    round.map(({ sequence }) => toDeferred(sequence, 1_020)),
  );
  scene.nowMs = 1_020_000;
  expect(take()).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  deferred.leaveOut([toMessage(50, OTHER)]);
  expect(take()).toEqual([17, 18]);
  expect(deferred.leaveOut([toMessage(41)])).toEqual([]);
  expect(take()).toEqual([19, 20]);
});

test("what is deferred once more waits at its old place, until later", () => {
  const scene = createScene();
  const { deferred, toMessage, toDeferred, take } = scene;
  const round = [toMessage(1), toMessage(2), toMessage(3)];
  deferred.putAside(
    round,
    round.map(({ sequence }) => toDeferred(sequence, 1_020)),
  );
  deferred.leaveOut([toMessage(9, OTHER)]);
  scene.nowMs = 1_020_000;
  expect(take()).toEqual([1, 2]);
  deferred.putAside([toMessage(2)], [toDeferred(2, 1_080)]);
  expect([take(), deferred.waitMs()]).toEqual([[], 60_000]);
  scene.nowMs = 1_080_000;
  expect(take()).toEqual([2, 3]);
});

test("every account's next comes in one round; what was delivered before is a round of its own", () => {
  const scene = createScene();
  const { deferred, toMessage, toDeferred, take } = scene;
  const again = toMessage(2, ONE, 2);
  const round = [toMessage(1), again, toMessage(3), toMessage(4, OTHER)];
  deferred.putAside(
    round,
    round.map(({ sequence }) => toDeferred(sequence, 1_020)),
  );
  scene.nowMs = 1_020_000;
  expect([take(), take(), take(), take()]).toEqual([[1, 4], [2], [3], []]);
});

test("what is delivered again while it waits keeps waiting, under its newer delivery", () => {
  const scene = createScene();
  const { deferred, toMessage, toDeferred } = scene;
  deferred.putAside([toMessage(1)], [toDeferred(1, 1_020)]);
  const again = toMessage(1, ONE, 2);
  expect(deferred.leaveOut([again])).toEqual([]);
  scene.nowMs = 1_020_000;
  expect(deferred.takeDue()).toEqual([again]);
});
