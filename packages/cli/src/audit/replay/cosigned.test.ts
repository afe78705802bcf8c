import { createWorld, NOW, startTestLedger, toAgency, toRegisteredKey } from "@leix/exchange/testkit";
import { LeixError } from "@leix/protocol";
import type { TreeHead } from "@leix/tlog";
import { expect, test, vi } from "vitest";
import { replayLedger } from "../replay.ts";
import { toReport } from "../report.ts";
import { signLedger } from "../signed-ledger.testkit.ts";
import { findCosigned, toCosignedText } from "./cosigned.ts";

/** Who cosigns with which key; the FIU is of the same country as one of the others, and not its witness. */
const COSIGNERS = { "AL-SPOC": "spare", "RS-SPOC": "policy-next", "RS-FIU": "MK" } as const;
type Cosigner = keyof typeof COSIGNERS;

function toCosigning(agency: Cosigner, version: number, key: Parameters<typeof toRegisteredKey>[0]) {
  const keys = [...(toAgency(agency).keys ?? []), toRegisteredKey(key, { use: "cosign" })];
  return toAgency(agency, { version, keys });
}

async function start(witnessQuorum: number) {
  const world = createWorld();
  const ledger = await startTestLedger(world, { witnessQuorum });
  const agencies = Object.entries(COSIGNERS) as [Cosigner, (typeof COSIGNERS)[Cosigner]][];
  for (const [agency, key] of agencies) {
    await ledger.append(await world.statement(agency.slice(0, 2) as "AL", toCosigning(agency, 2, key)));
  }
  return signLedger(ledger);
}

const ledger = await start(2);
const head = ledger.headAt(ledger.records.length);
const note = (...agencies: readonly Cosigner[]) => {
  return ledger.sign(head, "ledger", Object.fromEntries(agencies.map((one) => [one, COSIGNERS[one]])));
};
const find = async (...agencies: readonly Cosigner[]) =>
  findCosigned(await note(...agencies), ledger.state, NOW);

test("countries are counted by their single point of contact, beside what is asked for", async () => {
  const none = await find();
  expect(none).toEqual({ countries: 0, of: 2, quorum: 2, witnesses: [] });
  expect(toCosignedText(none)).toBe("by none; this exchange asks for 2");
  const both = await find("AL-SPOC", "RS-SPOC", "RS-FIU");
  expect(both.witnesses.map(({ agency }) => agency)).toEqual(["AL-SPOC", "RS-SPOC", "RS-FIU"]);
  expect(toCosignedText(both)).toBe("by 2 of 2 countries; this exchange asks for 2");
  expect(await find("RS-SPOC", "RS-FIU")).toMatchObject({ countries: 1 });
  expect(await find("RS-FIU")).toMatchObject({ countries: 0, of: 2 });
});

test("an agency that is no country's contact point is named as what it is", async () => {
  expect(toCosignedText(await find("RS-FIU"))).toContain("by no country's single point of contact;");
});

test("a replay says of one root once who cosigned it: as the most have", async () => {
  const give = async function* () {
    for (const bytes of ledger.records) yield { bytes };
  };
  const notes = { checkpoint: await note(), cosigned: await note("AL-SPOC", "RS-SPOC") };
  const source = { total: ledger.records.length, differences: [], ...notes, records: give };
  vi.spyOn(Date, "now").mockReturnValue(NOW * 1_000);
  const found = await replayLedger(ledger.world.trust, source);
  vi.restoreAllMocks();
  expect(found.tree.checkpoints.map(({ cosigned }) => cosigned?.countries)).toEqual([0, 2]);
  const lines = toReport(found).split("\n");
  const [line, ...others] = lines.filter((one) => one.includes("cosigned by"));
  expect([line, others]).toEqual([expect.stringContaining("cosigned by 2 of 2 countries"), []]);
  expect(lines.filter((one) => one.includes("the same as the checkpoint's"))).toHaveLength(1);
});

test("what was signed later than now, or with a key that was withdrawn, counts no more", async () => {
  const all = await note("AL-SPOC", "RS-SPOC");
  expect(await findCosigned(all, ledger.state, NOW - 3_600)).toMatchObject({ countries: 0, witnesses: [] });
  const other = await start(0);
  await other.append(await other.world.statement("AL", toAgency("AL-SPOC", { version: 3 })));
  const found = await findCosigned(all, other.state, NOW);
  expect(found.witnesses.map(({ agency }) => agency)).toEqual(["RS-SPOC"]);
  expect(toCosignedText(found)).toContain("; this exchange asks for none");
});

/** As the ledger service signs it, with a witness's line over another text. */
async function forge(tree: TreeHead): Promise<Buffer> {
  const [line] = /^— .*\/witness\/AL-SPOC .*$/m.exec(
    Buffer.from(await ledger.sign(ledger.headAt(9), "ledger", { "AL-SPOC": "spare" })).toString(),
  ) ?? [""];
  const text = Buffer.from(await ledger.sign(tree, "ledger", { "AL-SPOC": "spare" })).toString();
  return Buffer.from(text.replace(/^— .*\/witness\/AL-SPOC .*$/m, line));
}

test("a cosignature that is not its key's over this text is no cosignature", async () => {
  const work = findCosigned(await forge(head), ledger.state, NOW);
  expect(await work.catch((error) => (error instanceof LeixError ? error.code : error))).toBe(
    "tlog/signature-invalid",
  );
});

test("a checkpoint with such a line is compared all the same", async () => {
  const { records, world } = ledger;
  const replay = (checkpoint: Uint8Array) => {
    const give = async function* () {
      for (const bytes of records) yield { bytes };
    };
    const source = { total: records.length, differences: [], checkpoint, records: give };
    return replayLedger(world.trust, source);
  };
  const own = await replay(await forge(head));
  expect(own.tree.checkpoints).toEqual([{ size: records.length, isSame: true, cosigned: null }]);
  expect(own.differences).toMatchObject([{ about: "checkpoint", code: "tlog/signature-invalid" }]);
  const other = await replay(await forge({ ...head, root: ledger.headAt(9).root }));
  expect(other.tree.checkpoints).toEqual([{ size: records.length, isSame: false, cosigned: null }]);
  expect(other.differences.map(({ code }) => code)).toEqual([
    "ledger/root-differs",
    "tlog/signature-invalid",
  ]);
});
