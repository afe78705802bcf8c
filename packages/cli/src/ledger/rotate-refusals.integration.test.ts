import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commitBatch, publishOnce, recreateLedger } from "@leix/broker";
import { listSealedStates, openLedgerWriter } from "@leix/ledger-store";
import { AgencyId, decodeUtf8, encodeUtf8, invariant, toOutSubject, toWitnessName } from "@leix/protocol";
import { loadCosigningKey, toPartyFolder } from "@leix/runtime";
import { cosignCheckpoint, createSigner, encodeNote, parseNote } from "@leix/tlog";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadVerifierKey } from "./operator-act.ts";
import { createSealedLab, type SealedLab } from "./sealed-lab.testkit.ts";

/** Both countries have to cosign. */
const WITNESSES = ["AL-SPOC", "RS-SPOC"];

let sealed: SealedLab;
beforeAll(async () => {
  sealed = await createSealedLab(WITNESSES.length);
});
beforeEach(() => sealed.reset());
afterAll(() => sealed?.[Symbol.asyncDispose]());

/** The public checkpoint with these cosignatures, where the ledger service keeps it. */
async function cosign(witnesses: readonly string[]): Promise<void> {
  const { lab } = sealed;
  const note = parseNote(await lab.fillStore([], sealed.good.length));
  const now = Math.floor(Date.now() / 1_000);
  const lines = witnesses.map(async (agency) => {
    const key = await loadCosigningKey(toPartyFolder(lab.dir, lab.network, agency));
    invariant(key, "a SPOC has a key to cosign with");
    const name = toWitnessName(lab.trust.aud, AgencyId.parse(agency));
    return cosignCheckpoint(note.text, now, await createSigner(name, "cosignature/v1", key));
  });
  const signatures = [...note.signatures, ...(await Promise.all(lines))];
  const file = join(toPartyFolder(lab.dir, lab.network, "ledger"), "cosigned");
  await writeFile(file, encodeNote({ ...note, signatures }));
}

describe("leix ledger rotate refuses, and changes nothing,", () => {
  it("while the witnesses that the anchor asks for have not cosigned the seal", async () => {
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "ledger/checkpoint-uncovered" });
    await cosign(WITNESSES.slice(1));
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "tlog/quorum" });
    expect(await sealed.lab.listMessages()).toEqual(sealed.good);
    await cosign(WITNESSES);
    expect(await sealed.rotate()).toMatchObject({ isRotated: true });
    await sealed.expectRotated();
  });

  it("while OUT has inputs that it would put away", async () => {
    await cosign(WITNESSES);
    const { lab, seal } = sealed;
    const subject = toOutSubject(lab.network.brokerAccount);
    await lab.as("policy", async (nc) => {
      for (let i = 0; i < seal; i++) await publishOnce(nc, { subject, data: encodeUtf8(`tick ${i}`) });
    });
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "rotate/unrouted" });
    expect(await lab.listMessages()).toEqual(sealed.good);
    expect(await listSealedStates(lab.storeFolder)).toEqual([]);
  });

  it("while another has the store open", async () => {
    const { lab } = sealed;
    const log = await loadVerifierKey(lab.dir, lab.network);
    await using _writer = await openLedgerWriter(lab.storeFolder, { log });
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "ledger/store-locked" });
  });

  it("where LEDGER is not what the store has", async () => {
    await cosign(WITNESSES);
    const { lab, good } = sealed;
    const records = await lab.loadRecords();
    const [last, ...others] = records.toReversed();
    await sealed.asRestorer(async (nc) => {
      await recreateLedger(nc, lab.network.streams);
      let head = 0;
      for (const data of others.toReversed()) {
        await commitBatch(nc, [{ subject: `leix.ledger.event.${head}`, data }], {
          expectedLastSequence: head,
        });
        head++;
      }
    });
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "ledger/rolled-back" });
    const altered = encodeUtf8(decodeUtf8(last ?? new Uint8Array()).replace(/.{8}$/, 'AAAAAA~"}'));
    await sealed.asRestorer((nc) =>
      commitBatch(nc, [{ subject: "leix.ledger.event.last", data: altered }], {
        expectedLastSequence: good.length - 1,
      }),
    );
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "ledger/rolled-back" });
    expect(await listSealedStates(lab.storeFolder)).toEqual([]);
  });
});

describe("leix ledger rotate", () => {
  it("first brings into the store what the ledger service did not come to append", async () => {
    await cosign(WITNESSES);
    const { lab, good, seal } = sealed;
    const before = lab.records;
    await lab.recordRejections(40);
    const all = await lab.listMessages();
    expect(all).toHaveLength(good.length + lab.records - before);
    expect(await sealed.rotate()).toEqual({ seal, isRotated: true, left: all.length - seal });
    expect(await lab.listMessages()).toEqual(all.slice(seal));
    const log = await loadVerifierKey(lab.dir, lab.network);
    await using writer = await openLedgerWriter(lab.storeFolder, { log });
    expect(writer.head.size).toBe(all.length);
  });
});
