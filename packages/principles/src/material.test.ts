import { limits, type Markings } from "@leix/protocol";
import { expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import { INFORMATION_KINDS } from "./material.ts";

const sample = loadCase("P17-forward-with-consent.permit");
const { answer } = sample.history.messages;

function toMarkings(patch: unknown): Markings {
  return toDelivery(patchCase(sample, patch)).material.markings;
}

test("handling codes are united, in their own order", () => {
  const source = { history: { messages: { answer: { markings: { handling: ["H2", "H1"] } } } } };
  expect(toMarkings({ ...source, message: { handling: "H0" } }).handling).toEqual(["H0", "H1", "H2"]);
  expect(toMarkings({ ...source, message: { handling: null } }).handling).toEqual(["H1", "H2"]);
});

test("the earliest deletion date holds, whoever set it", () => {
  const source = { history: { messages: { answer: { markings: { deleteBy: 200 } } } } };
  expect(toMarkings({ ...source, message: { deleteBy: 300 } }).deleteBy).toBe(200);
  expect(toMarkings({ ...source, message: { deleteBy: 100 } }).deleteBy).toBe(100);
  expect(toMarkings(source).deleteBy).toBe(200);
  expect(toMarkings({})).not.toHaveProperty("deleteBy");
});

test("the purpose is the message's own", () => {
  expect(toMarkings({ message: { purpose: "detection" } }).purpose).toBe("detection");
  expect(toMarkings({ message: { purpose: null } })).not.toHaveProperty("purpose");
});

test("the origins are the message itself, then all its sources', each once", () => {
  expect(toMarkings({}).origins).toEqual([sample.ref, answer?.ref]);
  expect(toMarkings({ message: { derivedFrom: [answer?.ref, answer?.ref] } }).origins).toHaveLength(2);
  expect(toMarkings({ history: { messages: { answer: { holders: ["MK-FIU"] } } } }).origins).toEqual([
    sample.ref,
  ]);
});

test("more origins than a decision can carry are not cut short in silence", () => {
  const many = Array.from({ length: limits.ORIGINS_MAX }, (_, n) => {
    return { ...answer?.ref, id: `01920000-0000-7000-8000-${(n + 256).toString(16).padStart(12, "0")}` };
  });
  const over = patchCase(sample, { history: { messages: { answer: { markings: { origins: many } } } } });
  expect(toDelivery(over).material.originsExceeded).toBe(true);
  expect(toDelivery(over).material.markings.origins).toHaveLength(limits.ORIGINS_MAX);
});

test("an acknowledgement carries no markings", () => {
  const { material } = toDelivery(loadCase("P02-node-acknowledges.permit"));
  expect(material.markings).toMatchObject({ handling: [], classification: "unclassified" });
  expect(material.markings.origins).toHaveLength(1);
});

test("the kinds that carry information are the kinds that P22 names", () => {
  const text = loadFiles().find(({ name }) => name === "P22.cedar")?.content ?? "";
  const named = [...text.matchAll(/Action::"([a-z-]+)"/g)].map(([, kind]) => kind);
  expect(named.sort()).toEqual([...INFORMATION_KINDS].sort());
});
