import type { OutMessage } from "@leix/broker";
import type { ThrottledInput } from "@leix/exchange";
import { AccountId } from "@leix/protocol";
import { expect, test } from "vitest";
import { createPostponedInputs } from "./postponed.ts";

const [ONE, OTHER] = ["A", "B"].map((letter) => AccountId.parse(`A${letter.repeat(55)}`)) as [
  AccountId,
  AccountId,
];

/** What the policy service has in hand, and all that it says. */
function createScene() {
  const said: string[] = [];
  const scene = { nowMs: 1_000_000, said };
  const postponed = createPostponedInputs({
    now: () => scene.nowMs,
    events: { throttled: (account, code, until) => said.push(`${account.slice(0, 2)} ${code} ${until}`) },
  });
  const toMessage = (sequence: number, account = ONE) => {
    return { sequence, account, postpone: () => said.push(`in hand ${sequence}`) } as unknown as OutMessage;
  };
  const toThrottled = (sequence: number, until: number) => {
    const code = "input/not-json" as const;
    return { kind: "throttled", code, until, input: { sequence } } as unknown as ThrottledInput;
  };
  return Object.assign(scene, { postponed, toMessage, toThrottled });
}

test("what is throttled is set aside and told of once, the rest of the round is done", () => {
  const { postponed, toMessage, toThrottled, said } = createScene();
  const round = [toMessage(1), toMessage(2), toMessage(3), toMessage(4, OTHER)];
  const decided = [2, 3, 4].map((sequence) => toThrottled(sequence, 1_020));
  expect(postponed.putAside(round, decided).map(({ sequence }) => sequence)).toEqual([1]);
  expect(said).toEqual([
    ...["in hand 2", "AA input/not-json 1020", "in hand 3", "in hand 4", "AB input/not-json 1020"],
  ]);
});

test("it is taken account by account once its minute is over, and not before", () => {
  const scene = createScene();
  const { postponed, toMessage, toThrottled } = scene;
  expect([postponed.takeDue(), postponed.waitMs()]).toEqual([undefined, undefined]);
  const round = [toMessage(1), toMessage(2, OTHER), toMessage(3)];
  postponed.putAside(round, [toThrottled(1, 1_020), toThrottled(2, 1_020), toThrottled(3, 1_080)]);
  expect([postponed.takeDue(), postponed.waitMs()]).toEqual([undefined, 20_000]);
  scene.nowMs = 1_020_000;
  const take = () => postponed.takeDue()?.map(({ message }) => message.sequence);
  expect([take(), take(), take()]).toEqual([[1], [2], undefined]);
  expect(postponed.waitMs()).toBe(60_000);
});

test("what is delivered again while it waits keeps waiting, under its newer delivery", () => {
  const scene = createScene();
  const { postponed, toMessage, toThrottled } = scene;
  postponed.putAside([toMessage(1)], [toThrottled(1, 1_020)]);
  const [again, fresh] = [toMessage(1), toMessage(2)];
  expect(postponed.leaveOut([again, fresh])).toEqual([fresh]);
  scene.nowMs = 1_020_000;
  expect(postponed.takeDue()?.map(({ message }) => message)).toEqual([again]);
  expect(postponed.leaveOut([again])).toEqual([again]);
});
