import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { appendCheckpoint } from "@leix/broker";
import { LeixError, toLogOrigin } from "@leix/protocol";
import { loadSigningKey, type NetworkFile, type PartyConnection, toPartyFolder } from "@leix/runtime";
import { type RecordedNetwork, startRecordedNetwork, waitUntil } from "@leix/testkit";
import { createSigner, encodeCheckpoint, encodeNote, signNote, type TreeHead } from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createSealedLab, type SealedLab } from "../ledger/sealed-lab.testkit.ts";
import { openBrokerSource } from "./broker-source.ts";
import { toTestHead } from "./export.testkit.ts";
import { replayLedger } from "./replay.ts";
import { toVerdict } from "./replay-result.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const LEIX = fileURLToPath(new URL("../main.ts", import.meta.url));

/** `folder` is the ledger service's. */
async function sign({ exchange }: NetworkFile, folder: string, head: TreeHead): Promise<Uint8Array> {
  const origin = toLogOrigin(exchange);
  const signer = await createSigner(origin, "ed25519", await loadSigningKey(folder));
  const text = encodeCheckpoint({ origin, ...head, extensions: [] });
  return encodeNote({ text, signatures: [await signNote(text, signer)] });
}

describe("an exchange at work, whose newest records are under no checkpoint yet", () => {
  let net: RecordedNetwork;
  beforeAll(async () => {
    net = await startRecordedNetwork();
    await net.recordGenesis();
  });
  afterAll(() => net?.[Symbol.asyncDispose]());

  const as = <T>(party: string, work: (nc: PartyConnection) => Promise<T>) => net.as(party, work);

  async function publish(size: number, after: number): Promise<void> {
    const note = await sign(net.network, net.folderOf("ledger"), toTestHead(net.records.slice(0, size)));
    await as("ledger", (nc) => appendCheckpoint(nc, note, after));
  }

  it("is audited up to the checkpoint that covers them, which is waited for", async () => {
    const { aud, anchorKey, anchorAccount } = net.state.trust;
    const trust = { aud, anchorKey, anchorAccount };
    const count = net.records.length;
    const none = await as("auditor", (nc) => openBrokerSource(nc));
    expect([none.total, none.checkpoint]).toEqual([count, undefined]);
    await publish(count - 2, 0);
    await as("auditor", async (nc) => {
      const lagging = await openBrokerSource(nc, { signingMs: 0 });
      expect(lagging.total).toBe(count);
      expect(toVerdict(await replayLedger(trust, lagging))).toBe("end-unproven");
      const asked = vi.spyOn(nc, "request");
      const opening = openBrokerSource(nc, { signingMs: 100_000 });
      const countAsked = () => asked.mock.calls.filter(([subject]) => subject.includes("CHECKPOINT")).length;
      await waitUntil("it has asked again", () => countAsked() > 1);
      await publish(count, 1);
      const covered = await opening;
      expect(covered.total).toBe(count);
      expect(toVerdict(await replayLedger(trust, covered))).toBe("sound");
    });
  });
});

describe("a LEDGER that begins with a seal", () => {
  let sealed: SealedLab;
  beforeAll(async () => {
    sealed = await createSealedLab();
  });
  afterAll(() => sealed?.[Symbol.asyncDispose]());

  it("says where else its records are, as whoever asks can name it", async () => {
    await sealed.rotate();
    const read = async (nc: PartyConnection) => {
      const source = await openBrokerSource(nc, { elsewhere: "(name a folder)", signingMs: 0 });
      expect(source.begin?.end).toBe(sealed.seal);
      for await (const _ of source.records()) return null;
      return null;
    };
    const error = await sealed.lab.as("auditor", read).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(LeixError);
    expect(error).toMatchObject({
      code: "ledger/record-erased",
      detail: expect.stringMatching(/only the ledger store has \(name a folder\)$/),
    });
  });

  it("that is not the one of a checkpoint is said, whatever of it was put away", async () => {
    const { dir, network, records } = sealed.lab;
    const forged = await sign(network, toPartyFolder(dir, network, "ledger"), {
      ...{ size: records, root: new Uint8Array(32) },
    });
    const file = join(dir, "forged");
    await writeFile(file, forged);
    const words = [LEIX, "--dir", dir, "audit", "replay", "--checkpoint", file];
    const found = await promisify(execFile)(process.execPath, words).catch((error: unknown) => error);
    expect(found).toMatchObject({
      ...{ code: 1, stderr: "" },
      stdout: expect.stringMatching(/\[ledger\/root-differs\][\s\S]*--fork-out <file> writes a proof/),
    });
  });
});
