import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryCase } from "../test/arbitrary-case.ts";
import { toDelivery } from "../test/case.ts";
import { loadCases, loadFiles } from "../test/fixtures.ts";
import { createEngine } from "./engine.ts";
import { listFacts, toFacts } from "./facts.ts";
import { parsePolicyFile } from "./policy-file.ts";
import { loadPolicySet, openPolicySet } from "./policy-set.ts";
import { createSlicedEngine } from "./sliced-engine.ts";

/** Cedar is asked some ten thousand times. */
const PATIENCE_MS = 120_000;

const policies = loadFiles()
  .filter(({ name }) => name.endsWith(".cedar"))
  .flatMap(({ name, content }) => parsePolicyFile(name, content));
const gates = policies.filter(({ rule }) => rule?.duty === undefined);
const duties = policies.filter(({ rule }) => rule?.duty !== undefined);
const engines = [gates, duties].map((some, i) => ({
  whole: createEngine(`whole ${i}`, some),
  sliced: createSlicedEngine(`sliced ${i}`, some),
  forgetful: createSlicedEngine(`forgetful ${i}`, some, { memoEntriesMax: 0 }),
  short: createSlicedEngine(`short ${i}`, some, { memoEntriesMax: 1 }),
}));

function expectSame(content: Parameters<typeof toDelivery>[0]): void {
  for (const recipient of [...content.message.to, ...content.message.copies]) {
    const facts = toFacts(toDelivery(content, recipient));
    for (const { whole, ...others } of engines) {
      const answer = whole.ask(content.message.kind, facts);
      for (const engine of Object.values(others)) {
        expect(engine.ask(content.message.kind, facts)).toEqual(answer);
      }
    }
  }
}

test(
  "asked rule by rule, remembered or not, a set answers every case as it does whole",
  () => {
    for (const { content } of loadCases()) expectSame(content);
  },
  PATIENCE_MS,
);

test(
  "and every generated message",
  () => {
    fc.assert(fc.property(arbitraryCase, expectSame), { numRuns: 100 });
  },
  PATIENCE_MS,
);

test("an answer is remembered, the oldest is dropped, and none is kept where there is no room", () => {
  const [policy] = policies.filter(({ id }) => id === "P20");
  const [base] = policies.filter(({ rule }) => rule === undefined);
  if (!policy || !base) throw new Error("P20 and base are there");
  const [one, other] = [true, false].map((restrictedMaterial) => {
    const [content] = loadCases().filter(({ name }) => name.startsWith("P20-forward-consent-only"));
    if (!content) throw new Error("the case is there");
    return { ...toFacts(toDelivery(content.content)), restrictedMaterial };
  });
  if (!one || !other) throw new Error("two questions");
  const ask = (memoEntriesMax: number) => {
    const remembered: boolean[] = [];
    const onQuestion = (isRemembered: boolean) => void remembered.push(isRemembered);
    const engine = createSlicedEngine(`memo ${memoEntriesMax}`, [base, policy], {
      memoEntriesMax,
      onQuestion,
    });
    for (const facts of [one, one, other, one]) engine.ask("notification", facts);
    // Every second question is to the rule; the others are to the permission, which reads no facts.
    return remembered.filter((_, i) => i % 2 === 1);
  };
  expect(ask(2)).toEqual([false, true, false, true]);
  expect(ask(1)).toEqual([false, true, false, false]);
  expect(ask(0)).toEqual([false, false, false, false]);
});

test(
  "a set that is only opened judges every case as the one that was loaded, and has the same digest",
  () => {
    const [loaded, opened] = [loadPolicySet(loadFiles()), openPolicySet(loadFiles())];
    expect(opened.digest).toBe(loaded.digest);
    let count = 0;
    for (const { content } of loadCases()) {
      const { kind, to, copies } = content.message;
      for (const recipient of [...to, ...copies]) {
        const facts = toFacts(toDelivery(content, recipient), {}, opened.reads(kind));
        expect(opened.judge(kind, facts)).toEqual(loaded.judge(kind, facts));
        const values = listFacts(toDelivery(content, recipient), {}, opened.reads(kind));
        expect(opened.judgeListed(kind, values)).toEqual(loaded.judgeListed(kind, values));
        count++;
      }
    }
    expect(count).toBeGreaterThan(100);
    const broken = [{ name: "P99.cedar", content: "forbid (" }];
    expect(() => openPolicySet([...loadFiles(), ...broken])).toThrow(
      expect.objectContaining({ code: "statement/policy-set" }),
    );
  },
  PATIENCE_MS,
);
