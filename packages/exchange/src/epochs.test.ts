import { LedgerEpoch, parseRecord, toDigest } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import type { Entry } from "./entry.ts";
import { epochEnd } from "./epochs.ts";
import { decideOn, forgeRecord, toContent, toWord } from "./ledger.testkit.ts";
import { toLedgerSubject } from "./ledger-subject.ts";
import { OVERDUE_GRACE_SECONDS } from "./limits.ts";
import { audit, follow } from "./replay.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { digestParts, digestState, listParts, restoreState, type SnapshotPart } from "./snapshot.ts";
import { createLayer, createState } from "./state.ts";
import { NOW } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const NEW_YEAR = Date.UTC(2028, 0, 1) / 1_000;
const SHORT = 600;

type Seal = Extract<Entry, { kind: "seal" }>;

async function tickSeal(scene: Scene, at: number): Promise<Seal> {
  const decided = await scene.tick(at);
  if (decided.kind !== "record" || decided.entry.kind !== "seal") throw new Error(toWord(decided));
  return decided.entry;
}

const createShort = () => createScene(undefined, { epochSeconds: SHORT });
const say = (scene: Scene, at: number) => scene.send("AL-CUSTOMS", ["RS-SPOC"], { kind: "notification" }, at);

async function listDifferences({ world, ledger }: Scene) {
  const { audited, broken } = await auditBatch(createState(world.trust), ledger.records);
  expect(broken).toBeUndefined();
  return audited.flatMap(({ difference }, i) => (difference ? [[i, difference.code]] : []));
}

describe("the first tick after an epoch's end", () => {
  test("seals it: a calendar year in UTC, where the anchor says nothing else", async () => {
    const scene = await createScene();
    await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
    const { ledger } = scene;
    expect(epochEnd(ledger.state)).toBe(NEW_YEAR);
    expect((await scene.tick(NEW_YEAR - 1)).kind).toBe("nothing-due");
    const [size, digest] = [ledger.records.length, digestState(ledger.state)];
    const seal = await tickSeal(scene, NEW_YEAR);
    expect([seal.index, seal.epoch, seal.state]).toEqual([size, 1, digest]);
    expect(toLedgerSubject(seal)).toBe("leix.ledger.seal.1");
    const recorded = parseRecord(ledger.records[size] ?? new Uint8Array());
    expect([recorded.kind, recorded.decision.content]).toMatchObject(["seal", { epoch: 1, state: digest }]);
    expect(epochEnd(ledger.state)).toBe(Date.UTC(2029, 0, 1) / 1_000);
    expect((await scene.tick(NEW_YEAR + 1)).kind).toBe("nothing-due");
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("of a length that the anchor says, one after the other; the same tick again is a repeat", async () => {
    const scene = await createShort();
    expect(epochEnd(scene.ledger.state)).toBe(NOW + SHORT);
    const first = await tickSeal(scene, NOW + SHORT);
    expect(toWord(await scene.tick(NOW + SHORT))).toBe(`repeat of ${first.index}`);
    // Late, as after an outage: the next epoch begins with the seal, not with the end of the last.
    const second = await tickSeal(scene, NOW + 5 * SHORT);
    expect([first.epoch, second.epoch, epochEnd(scene.ledger.state)]).toEqual([1, 2, NOW + 6 * SHORT]);
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("comes before what else the tick finds: that is the next one's", async () => {
    const scene = await createScene(undefined, { epochSeconds: 30 * 86_400 });
    await scene.send("AL-CUSTOMS", ["RS-FIU"], {});
    const at = NOW + 30 * 86_400;
    await tickSeal(scene, at);
    expect(toWord(await scene.tick(at + 1))).toBe("event");
    expect(await listDifferences(scene)).toEqual([]);
  });
});

describe("what is sealed", () => {
  test("is the state, which goes on from its parts alone as from all the records", async () => {
    const scene = await createShort();
    const { ledger, world } = scene;
    const asked = await scene.send("AL-SPOC", ["RS-SPOC"], {});
    const parts = [...listParts(ledger.state)].map(
      (part) => JSON.parse(JSON.stringify(part)) as SnapshotPart,
    );
    const seal = await tickSeal(scene, NOW + SHORT);
    await scene.reply("RS-SPOC", ["AL-SPOC"], "answer", asked.ref, {}, NOW + SHORT + 1);
    await ledger.appendInputs([asked.input], NOW + SHORT + 1);
    // Their order is nothing that anybody promised.
    const restored = restoreState(world.trust, parts.toReversed().toSorted());
    expect(digestState(restored)).toBe(seal.state);
    const later = ledger.records.slice(seal.index);
    const { audited, broken } = await auditBatch(restored, later);
    expect([broken, audited.map(({ difference }) => difference)]).toEqual([
      undefined,
      later.map(() => undefined),
    ]);
    expect(digestState(restored)).toBe(digestState(ledger.state));
    expect(toContent(restored).head).toEqual(toContent(ledger.state).head);
  });

  test("is another state with any other part", async () => {
    const { ledger } = await createShort();
    const parts = [...listParts(ledger.state)];
    const own = digestState(ledger.state);
    expect(digestParts(parts.toReversed())).toBe(own);
    for (const [i, part] of parts.entries()) {
      expect(digestParts(parts.toSpliced(i, 1))).not.toBe(own);
      expect(digestParts(parts.toSpliced(i, 0, part))).not.toBe(own);
      expect(digestParts(parts.with(i, part.with(-1, "x") as unknown as SnapshotPart))).not.toBe(own);
    }
  });
});

describe("an auditor", () => {
  test("misses a seal that is not there, once its time of grace has passed", async () => {
    const scene = await createShort();
    const end = NOW + SHORT;
    await say(scene, end + OVERDUE_GRACE_SECONDS - 1);
    expect(await listDifferences(scene)).toEqual([]);
    await say(scene, end + OVERDUE_GRACE_SECONDS);
    const last = scene.ledger.records.length - 1;
    expect(await listDifferences(scene)).toEqual([[last, "record/seal-missing"]]);
    await tickSeal(scene, end + OVERDUE_GRACE_SECONDS + 1);
    await say(scene, end + OVERDUE_GRACE_SECONDS + 2);
    expect(await listDifferences(scene)).toEqual([[last, "record/seal-missing"]]);
  });

  test("finds a seal that is not as it should be", async () => {
    const { ledger, world } = await createShort();
    const at = NOW + SHORT;
    const [decided] = await decideOn(world, createLayer(ledger.state), [world.tick(at)], at);
    if (decided?.kind !== "record" || decided.entry.kind !== "seal") throw new Error("no seal");
    const honest = decided.entry;
    const code = async (changes: Partial<Seal>) => {
      const record = await forgeRecord(ledger, { ...honest, ...changes });
      await follow(createLayer(ledger.state), record);
      return audit(createLayer(ledger.state), record).then(
        () => "sound",
        (error) => error.code,
      );
    };
    expect(await code({})).toBe("sound");
    for (const changes of [
      { state: toDigest("another") },
      { epoch: LedgerEpoch.parse(2) },
      { at: at - 1 },
      { input: { ...honest.input, account: world.trust.anchorAccount } },
    ]) {
      expect(await code(changes)).toBe("record/decided-otherwise");
    }
  });
});
