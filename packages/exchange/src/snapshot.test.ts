import { LeixError } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { createDutyInputs, createInputs } from "./history.testkit.ts";
import { startTestLedger, toContent } from "./ledger.testkit.ts";
import { digestState, listParts, restoreState, type SnapshotPart } from "./snapshot.ts";
import { createState, type State } from "./state.ts";
import { createWorld, NOW } from "./world.testkit.ts";

const MANY = { timeout: 300_000 };
const DAY = 86_400;
const ledger = await startTestLedger(createWorld());
const { world, records } = ledger;
const { trust } = world;
await ledger.appendInputs(await createInputs(world));
await ledger.appendInputs(await createDutyInputs(world));
// The last one seals the year.
for (const days of [5, 12, 30, 45, 50, 352]) {
  await ledger.appendInputs([world.tick(NOW + days * DAY)], NOW + days * DAY);
}

/** As it is written to a file, and read from it. */
function reload(state: State): State {
  const parts = [...listParts(state)].map((part) => JSON.parse(JSON.stringify(part)) as SnapshotPart);
  return restoreState(trust, parts);
}

/** The queue is another shape of the same duties. */
function toComparable(state: State) {
  const { dueQueue: _, ...content } = toContent(state);
  return JSON.parse(JSON.stringify(content));
}

describe("a state from its snapshot", () => {
  test(
    "after any prefix is the same, and goes on to the same findings and the same state",
    MANY,
    async () => {
      const expected = createState(trust);
      await auditBatch(expected, records);
      const whole = createState(trust);
      for (let at = 0; at < records.length; at += 9) {
        const restored = reload(whole);
        expect(toComparable(restored)).toEqual(toComparable(whole));
        expect(digestState(restored)).toBe(digestState(whole));
        const { audited, broken } = await auditBatch(restored, records.slice(at));
        expect([audited.length, broken]).toEqual([records.length - at, undefined]);
        expect(audited.every(({ difference }) => difference === undefined)).toBe(true);
        expect(toComparable(restored)).toEqual(toComparable(expected));
        await auditBatch(whole, records.slice(at, at + 9));
      }
    },
  );

  test("of another form is refused", () => {
    const code = (parts: Iterable<SnapshotPart>): string => {
      try {
        restoreState(trust, parts);
        return "restored";
      } catch (error) {
        if (error instanceof LeixError) return error.code;
        throw error;
      }
    };
    const parts = [...listParts(ledger.state)];
    expect(code(parts)).toBe("restored");
    expect(code([...parts, ["value", "unheardOf", 1]])).toBe("input/schema");
    expect(code([...parts, ["entry", "head", "a", 1]])).toBe("input/schema");
    expect(code([...parts, ["value", "messages", {}]])).toBe("input/schema");
    // What is no part of the digest may not come from outside.
    for (const name of ["trust", "deciders", "dueQueue"]) {
      expect(code([...parts, ["value", name, {}]])).toBe("input/schema");
    }
    for (const part of parts) expect(code([...parts, part])).toBe("input/schema");
    expect(code(parts.filter(([, name]) => name !== "head"))).toBe("input/schema");
  });
});
