import { loadPolicySet, type PolicyFile, type PolicySet } from "@leix/principles";
import { LeixError, type ParsedRecord } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { createDutyInputs, createInputs } from "./history.testkit.ts";
import { startTestLedger, toContent } from "./ledger.testkit.ts";
import { createPolicyFiles } from "./policy-files.testkit.ts";
import { follow } from "./replay.ts";
import { absorbLayer, createLayer, createState, type State } from "./state.ts";
import { type WhatIf, whatIf } from "./what-if.ts";
import { createWhatIfTally, type WhatIfCounts } from "./what-if-tally.ts";
import { createWorld, NOW, type World } from "./world.testkit.ts";

/** Ledgers are made and followed, on a machine that does other things too. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

interface Compared {
  readonly record: ParsedRecord;
  readonly found: WhatIf;
}

/** Every message of a ledger beside its decision, from the state before it. */
async function compareAll(
  world: World,
  records: readonly Uint8Array[],
  proposed: PolicySet,
): Promise<Compared[]> {
  const state = createState(world.trust);
  const compared: Compared[] = [];
  for (const bytes of records) {
    const layer = createLayer(state);
    const record = await follow(layer, bytes);
    const before = toContent(state);
    const found = whatIf(state, record, proposed);
    expect(toContent(state)).toEqual(before);
    if (found) compared.push({ record, found });
    else expect(record.kind).not.toBe("message");
    absorbLayer(state, layer);
  }
  return compared;
}

function count(compared: readonly Compared[]): WhatIfCounts {
  const tally = createWhatIfTally();
  for (const { record, found } of compared) {
    if (record.kind !== "message") throw new Error("only messages are compared");
    const { claims, input, decision } = record;
    const ref = { iss: claims.iss, id: claims.id, digest: input.digest };
    const { index, at } = decision.content;
    tally.add({ index, at, ref, kind: claims.kind, recipients: decision.recipients.length }, found);
  }
  return tally.result();
}

async function createLedger() {
  const world = createWorld();
  const ledger = await startTestLedger(world);
  const secret = { classification: "secret" };
  await ledger.append(
    await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }),
    await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], secret),
    await world.message("RS-FIU", ["AL-SPOC"], secret),
  );
  const first = ledger.records.length - 3;
  await ledger.appendInputs(await createInputs(world));
  return { world, records: ledger.records, first };
}

const { world, records, first } = await createLedger();
const files = createPolicyFiles();
const recordedSet = loadPolicySet(files);

function without(name: string): PolicySet {
  return loadPolicySet(files.filter((file) => file.name !== name));
}

function toPolicy(id: string, when: string, more = ""): PolicyFile {
  const annotations = [
    `@id("${id}")\n@principle("Test")\n@rule("A rule.")\n@source("None")\n@link("https://example.com")\n`,
    `@confidence("K")\n@disclosure("sender")\n${more}`,
  ].join("");
  return {
    name: `${id.slice(0, 3)}.cedar`,
    content: `${annotations}forbid (principal, action, resource) when { ${when} };\n`,
  };
}

describe("the set that decided", () => {
  test("would change nothing, whatever the history", async () => {
    const compared = await compareAll(world, records, recordedSet);
    expect(compared.length).toBeGreaterThan(10);
    expect(compared.every(({ found }) => found.kind === "same")).toBe(true);
    const duties = createWorld();
    const ledger = await startTestLedger(duties);
    await ledger.appendInputs(await createDutyInputs(duties));
    await ledger.appendInputs([duties.tick(NOW + 30 * 86_400)], NOW + 30 * 86_400);
    const all = await compareAll(duties, ledger.records, recordedSet);
    expect(count(all)).toMatchObject({ messages: all.length, changed: 0, reasons: 0, failed: 0 });
    expect(all.length).toBeGreaterThan(5);
  });
});

describe("a rule taken out", () => {
  test("lets through what it alone denied, and nothing else", async () => {
    const compared = await compareAll(world, records, without("P32.cedar"));
    const counts = count(compared);
    expect(counts.toDeny).toBe(0);
    expect(counts.toPermit).toBeGreaterThan(2);
    expect(counts.byPolicy.map(({ policy }) => policy)).toEqual(["P32"]);
    expect(counts.byPolicy[0]).toMatchObject({ toPermit: counts.toPermit, toDeny: 0 });
    const changed = compared.filter(({ found }) => found.kind === "changed");
    for (const { record } of changed) {
      expect(record.decision.grounds.flatMap(({ determining }) => determining)).toContain("P32");
    }
    expect(compared[1]?.found).toMatchObject({
      ...{ kind: "changed", recorded: "denied", proposed: "permitted" },
      recipients: [
        { agency: "RS-SPOC", recorded: "deny", proposed: "permit", added: [], removed: ["P32"] },
        { agency: "RS-FIU", recorded: "deny", proposed: "permit", added: [], removed: ["P32"] },
      ],
    });
    expect(counts.byPair).toContainEqual({ pair: "RS > AL", toDeny: 0, toPermit: 1 });
    expect(counts.byAgency.find(({ agency }) => agency === "AL-SPOC")).toMatchObject({ toPermit: 1 });
    expect(counts.changes[0]).toMatchObject({
      index: first + 1,
      agency: "RS-SPOC",
      from: "deny",
      to: "permit",
    });
    expect(counts.byDay).toEqual([
      { day: "2027-01-15", toDeny: 0, toPermit: counts.toPermit, messages: compared.length },
    ]);
  });

  test("that only lays on a duty changes no answer, and is listed apart", async () => {
    const counts = count(await compareAll(world, records, without("P08.cedar")));
    expect(counts).toMatchObject({ changed: 0, toDeny: 0, toPermit: 0, byPolicy: [] });
    expect(counts.reasons).toBeGreaterThan(0);
    expect(counts.otherReasons).toMatchObject([{ name: "P08 answer", added: 0, removed: counts.reasons }]);
  });
});

describe("a rule added", () => {
  test("denies what it is about, and names itself", async () => {
    const proposed = loadPolicySet([
      ...files,
      toPolicy("P99", 'context.recipientAs == "to" && !context.domestic'),
    ]);
    const compared = await compareAll(world, records, proposed);
    const counts = count(compared);
    expect(counts.toPermit).toBe(0);
    expect(counts.byPolicy.map(({ policy }) => policy)).toEqual(["P99"]);
    expect(compared[0]?.found).toMatchObject({
      ...{ kind: "changed", recorded: "permitted", proposed: "denied" },
      recipients: [{ added: ["P99"], removed: [] }],
    });
    // Denied already, and now for another reason too.
    expect(compared[1]?.found).toMatchObject({ kind: "reasons", recorded: "denied", proposed: "denied" });
    expect(counts.otherReasons.find(({ name }) => name === "P99")).toMatchObject({ removed: 0 });
    expect(counts.messages).toBe(compared.length);
  });

  test("that fails on a message gives no answer to it, and never a permit", async () => {
    const overflow = "context.classificationRank + 9223372036854775807 > 0 && context.classificationRank > 1";
    const proposed = loadPolicySet([...files, toPolicy("P99", overflow)]);
    const compared = await compareAll(world, records, proposed);
    const counts = count(compared);
    expect(compared[1]?.found).toMatchObject({ kind: "failed", code: "decision/engine" });
    expect(counts.failed).toBe(compared.filter(({ found }) => found.kind === "failed").length);
    expect(counts.failures[0]).toMatchObject({ code: "decision/engine" });
  });

  test("in the place of the permission: nothing permits, and no rule denies", async () => {
    const base = files.map(({ name, content }) => {
      return {
        name,
        content: name === "base.cedar" ? content.replace(/;\s*$/, " when { context.domestic };\n") : content,
      };
    });
    const [one] = await compareAll(world, records, loadPolicySet(base));
    expect(one?.found).toMatchObject({ kind: "changed", recipients: [{ added: ["base"], removed: [] }] });
  });
});

test("a record of an unknown decider is not decided", async () => {
  const state: State = createState(world.trust, []);
  const known = createState(world.trust);
  let record: ParsedRecord | undefined;
  for (const bytes of records.slice(0, first + 1)) record = await follow(known, bytes);
  const attempt = () => record && whatIf(state, record, recordedSet);
  expect(attempt).toThrow(LeixError);
  expect(attempt).toThrow(expect.objectContaining({ code: "record/decider-unknown" }));
});

test("examples are few, and each message is one", async () => {
  const many = createWorld();
  const ledger = await startTestLedger(many);
  const sent = Array.from({ length: 8 }, () =>
    many.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], { classification: "secret" }),
  );
  await ledger.append(...(await Promise.all(sent)));
  const counts = count(await compareAll(many, ledger.records, without("P32.cedar")));
  expect(counts).toMatchObject({ messages: 8, changed: 8, deliveries: 16, toPermit: 16 });
  expect(counts.byPolicy[0]?.examples).toHaveLength(5);
  expect(new Set(counts.byPolicy[0]?.examples.map(({ id }) => id)).size).toBe(5);
  expect(counts.changes).toHaveLength(16);
});
