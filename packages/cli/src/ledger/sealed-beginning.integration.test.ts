import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { loadLedgerStream, recreateLedger, writeSealedPieces } from "@leix/broker";
import {
  openLedgerReader,
  readSealedBytes,
  readSealedState,
  type SealedLine,
  writeSealedState,
} from "@leix/ledger-store";
import { invariant } from "@leix/protocol";
import { NETWORK_FILES } from "@leix/runtime";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadVerifierKey } from "./operator-act.ts";
import { fillLedger } from "./restore-fill.ts";
import { createSealedLab, type SealedLab } from "./sealed-lab.testkit.ts";

let sealed: SealedLab;
beforeAll(async () => {
  sealed = await createSealedLab();
});
beforeEach(() => sealed.reset());
afterAll(() => sealed?.[Symbol.asyncDispose]());

describe("a LEDGER whose beginning is gone", () => {
  /** Makes LEDGER anew, from an index on. */
  async function cut(begin: number): Promise<void> {
    const reader = await openLedgerReader(sealed.lab.storeFolder, {
      log: await loadVerifierKey(sealed.lab.dir, sealed.lab.network),
    });
    await sealed.asRestorer(async (nc) => {
      await recreateLedger(nc, sealed.lab.network.streams, begin + 1);
      await fillLedger(nc, reader, begin, () => undefined);
    });
    expect(await sealed.lab.listMessages().catch(() => [])).toEqual(
      begin === sealed.seal ? sealed.good.slice(begin) : [],
    );
  }

  it.each([
    ["with no seal before it", () => sealed.seal + 1],
    ["at the seal, without a sealed state", () => sealed.seal],
  ])("is rolled back where it was cut off %s", async (_where, begin) => {
    await cut(begin());
    expect((await sealed.lab.follow())?.code).toBe("ledger/rolled-back");
    expect((await sealed.lab.follow(sealed.policyFolder))?.code).toBe("ledger/rolled-back");
  });

  it.each<[string, (line: SealedLine) => SealedLine[]]>([
    ["has one part less", (line) => (line.kind === "part" && line.part[1] === "rejections" ? [] : [line])],
    ["has another part", (line) => [alterQuorum(line)]],
    ["says less of the membership", (line) => (isSecondStatement(line) ? [] : [line])],
  ])("is not followed from a state that %s", async (_what, alter) => {
    await sealed.rotate();
    const content = await readSealedState(sealed.lab.storeFolder, sealed.seal);
    invariant(content, "the rotation has written it");
    const lines: SealedLine[] = [];
    for await (const line of content.items) lines.push(line);
    const altered = lines.flatMap(alter);
    expect(altered).not.toEqual(lines);
    const folder = join(sealed.lab.dir, "altered");
    await mkdir(folder);
    await writeSealedState(folder, content, altered);
    await sealed.asRestorer((nc) => writeSealedPieces(nc, sealed.seal, readSealedBytes(folder, sealed.seal)));
    expect((await sealed.lab.follow())?.code).toBe("ledger/seal-differs");
    await rm(folder, { recursive: true });
    expect(await sealed.rotate()).toMatchObject({ isRotated: false });
    await sealed.expectRotated();
  });

  let statements = 0;
  function isSecondStatement({ kind }: SealedLine): boolean {
    if (kind === "statement") statements++;
    return kind === "statement" && statements === 2;
  }

  function alterQuorum(line: SealedLine): SealedLine {
    const isQuorum = line.kind === "part" && line.part[1] === "witnessQuorum";
    return isQuorum ? { kind: "part", part: ["value", "witnessQuorum", 9] } : line;
  }
});

describe("leix ledger restore, after a rotation", () => {
  it("leaves a whole LEDGER alone", async () => {
    await sealed.rotate();
    expect(await sealed.restore()).toMatchObject({ isRecreated: false, lost: 0, forgetful: [] });
    await sealed.expectRotated();
  });

  it.each([
    ["LEDGER was lost", () => sealed.loseLedger()],
    [
      "the broker's disk was replaced",
      async () => {
        await sealed.lab.stop();
        await rm(join(sealed.lab.dir, NETWORK_FILES.nats, "store"), { recursive: true });
        await sealed.lab.start();
        await sealed.lab.provision();
      },
    ],
  ])("recreates it from the seal on where %s", async (_what, lose) => {
    await sealed.rotate();
    await lose();
    expect(await sealed.restore()).toMatchObject({ isRecreated: true, lost: 0, forgetful: [] });
    await sealed.expectRotated();
    expect((await sealed.asRestorer(loadLedgerStream))?.firstSequence).toBe(sealed.seal + 1);
  });

  it("ends a rotation that was killed", async () => {
    const ending = sealed.rotate((step) => {
      if (step === "filling LEDGER") throw new Error("killed");
    });
    await expect(ending).rejects.toThrow("killed");
    await sealed.loseLedger();
    expect(await sealed.restore()).toMatchObject({ isRecreated: true, lost: 0 });
    await sealed.expectRotated();
  });

  it("is what a rotation asks for where LEDGER is damaged", async () => {
    await sealed.loseLedger();
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "ledger/rolled-back" });
    expect(await sealed.restore()).toMatchObject({ isRecreated: true, lost: 0 });
    expect(await sealed.lab.listMessages()).toEqual(sealed.good);
    expect(await sealed.rotate()).toMatchObject({ isRotated: true });
    await sealed.expectRotated();
  });
});
