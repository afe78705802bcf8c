import type { CompletenessProof } from "@leix/evidence";
import { AgencyId, KeyId, MessageId } from "@leix/protocol";
import { expect, test } from "vitest";
import { createPaper } from "../../messages/paper.ts";
import { listNotProven, listProven, writeProofText, writeWritten } from "./proof-text.ts";

const id = MessageId.parse("01a3185c-5000-7030-b030-303030303031");
const key = { party: "ledger", kid: KeyId.parse("A".repeat(43)), registered: { index: 3, by: "anchor" } };
const checkpoint = { origin: "test.example/ledger", size: 40, root: new Uint8Array(32), extensions: [] };
const proof = {
  ...{ isProven: true, agency: AgencyId.parse("AL-SPOC"), first: 1, last: 4 },
  recorded: [
    { seq: 1, id, index: 31, outcome: "permitted" },
    { seq: 2, id, index: 30, outcome: "denied" },
  ],
  rejected: [],
  erased: [],
  unrecorded: [
    { seq: 3, id },
    { seq: 4, id, told: 39 },
  ],
  reorders: [{ seq: 2, index: 31, higher: { seq: 3, index: 30 } }],
  log: { checkpoint, key, quorum: 2, countries: 0, witnesses: [] },
} as unknown as CompletenessProof;

test("what is not in the ledger is said to be shown by nothing, and what was told to be compared", () => {
  const [lost, told, end, witnesses] = listNotProven(proof);
  expect(lost).toMatch(/number 3\..* signed by nobody/);
  expect(told).toMatch(/number 4\..* decided them/);
  expect([end, witnesses]).toEqual([expect.stringContaining("number 4"), expect.stringContaining("too few")]);
  expect(listNotProven({ ...proof, unrecorded: [] })).toHaveLength(2);
});

test("only what is there is said to be proven", () => {
  const said = listProven(proof).join("\n");
  expect(said).toMatch(/signed 4 messages, numbered 1 to 4.*\n2 of them .*\nNumber 2 is record 31, after/);
  expect(said).not.toMatch(/rejected|Cosigned/);
});

test("whoever made it is told the file, and what was recorded out of order", () => {
  const lines: string[] = [];
  writeWritten(createPaper({ write: (text: string) => lines.push(text) }), proof, "proof.json");
  const [, order, written] = lines;
  expect(order).toBe("Number 2 is record 31, after number 3, which is record 30.\n");
  expect(written).toMatch(/messages 1 to 4 is proof\.json: leix audit completeness-verify/);
});

test("of an erased record is said what the tree still shows, and what only an older file does", () => {
  const erased = { ...proof, unrecorded: [], erased: [{ seq: 3, id, index: 35 }] };
  expect(listProven(erased).join("\n")).toMatch(/1 were decided, .* erased since\. .* leaf of a message/);
  const [said, ...rest] = listNotProven(erased);
  expect(said).toMatch(/number 3\. .*made before they were erased/);
  expect(rest.join()).not.toContain("number 3");
  const lines: string[] = [];
  writeProofText(createPaper({ write: (text: string) => lines.push(text) }), erased);
  expect(lines.join("")).toMatch(/ 3 .*decided as record 35, which is erased\n/);
});

test("every message has its line, in the order of the numbers", () => {
  const lines: string[] = [];
  writeProofText(createPaper({ write: (text: string) => lines.push(text) }), proof);
  const text = lines.join("");
  expect(text).toMatch(/^Valid\. Messages 1 to 4 of AL-SPOC\.\n/);
  expect(text).toMatch(/\n +1 .*permitted at record 31\n +2 .*\n +3 .*not shown\n +4 .*as record 39\n$/);
});
