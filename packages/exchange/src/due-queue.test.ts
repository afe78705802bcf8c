import { AgencyId, Digest, MessageId } from "@leix/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareDuties, type DueQueue, dequeue, enqueue } from "./due-queue.ts";
import type { RecordedDuty } from "./recorded.ts";

const about = {
  iss: AgencyId.parse("AL-SPOC"),
  id: MessageId.parse("01900000-0000-7000-8000-000000000000"),
  digest: Digest.parse("A".repeat(43)),
};
const duties = fc.array(
  fc.record({ due: fc.nat(20), party: fc.constantFrom("AL-SPOC", "RS-SPOC"), subject: fc.uuid() }).map(
    (some): RecordedDuty => ({
      ...some,
      ...{ party: AgencyId.parse(some.party), about, rule: "P08", duty: "answer", setAt: 0 },
    }),
  ),
  { maxLength: 60 },
);

function drain(queue: DueQueue | undefined): RecordedDuty[] {
  const all: RecordedDuty[] = [];
  for (let rest = queue; rest; rest = dequeue(rest)) all.push(rest.duty);
  return all;
}

test("whatever the order in which duties come, they leave in the fixed one", () => {
  fc.assert(
    fc.property(duties, (all) => {
      let queue: DueQueue | undefined;
      for (const duty of all) queue = enqueue(queue, duty);
      expect(drain(queue)).toEqual(all.toSorted(compareDuties));
    }),
  );
});

test("a queue stays as it is, whatever is put in and taken out above it", () => {
  fc.assert(
    fc.property(duties, duties, (all, more) => {
      let below: DueQueue | undefined;
      for (const duty of all) below = enqueue(below, duty);
      let above = below && dequeue(below);
      for (const duty of more) above = enqueue(above, duty);
      expect(drain(above)).toEqual([...drain(below).slice(1), ...more].toSorted(compareDuties));
      expect(drain(below)).toEqual(all.toSorted(compareDuties));
    }),
  );
});

test("many in order take no more depth than the shortest way", () => {
  let queue: DueQueue | undefined;
  for (let due = 0; due < 20_000; due++) {
    const duty = { party: about.iss, about, subject: "", rule: "P08", duty: "answer", due };
    queue = enqueue(queue, duty as RecordedDuty);
  }
  expect(drain(queue)).toHaveLength(20_000);
});
