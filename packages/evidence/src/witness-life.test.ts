import { NOW, type TestLedger, toAgency, toAuthority, toRegisteredKey } from "@leix/exchange/testkit";
import type { AgencyId } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { appointWitness, collect, createTreatedMessage, signCheckpoint } from "./evidence.testkit.ts";
import { encodeEvidence } from "./evidence.ts";
import { verifyEvidence } from "./verify-evidence.ts";

vi.setConfig({ testTimeout: 60_000 });

/** What evidence of a message under a checkpoint says of those who cosigned it. */
async function examine(ledger: TestLedger, id: string, checkpoint: string) {
  const evidence = await collect(ledger, id, checkpoint);
  const found = await verifyEvidence(encodeEvidence(evidence), ledger.world.trust);
  if (!found.isProven) throw new Error(`${found.part}: ${found.code}`);
  const [witnessed] = found.findings.filter(({ what }) => what === "witnessed");
  return { witnessed, isDoubtful: found.findings.some(({ what }) => what === "single-history") };
}

const FIU = { agency: "RS-FIU", at: NOW + 60 };

describe("evidence counts a cosignature", () => {
  test("by the membership up to its checkpoint, whatever became of the witness since", async () => {
    const { ledger, sent } = await createTreatedMessage(undefined, true);
    const then = await signCheckpoint(ledger, { witness: FIU });
    const expected = { witnesses: [FIU] };
    expect((await examine(ledger, sent.ref.id, then)).witnessed).toMatchObject(expected);
    await appointWitness(ledger, { version: 3, status: "revoked" });
    expect((await examine(ledger, sent.ref.id, then)).witnessed).toMatchObject(expected);
    const later = await signCheckpoint(ledger, { witness: { ...FIU, at: NOW + 120 } });
    expect(await examine(ledger, sent.ref.id, later)).toEqual({ witnessed: undefined, isDoubtful: true });
  });

  test("by a key that was replaced, for the checkpoints before and for no later ones", async () => {
    const { ledger, sent } = await createTreatedMessage(undefined, true);
    const then = await signCheckpoint(ledger, { witness: FIU });
    const keys = [toRegisteredKey("RS-FIU"), toRegisteredKey("policy-next", { use: "cosign" })];
    await ledger.append(await ledger.world.statement("RS", toAgency("RS-FIU", { version: 3, keys })));
    expect((await examine(ledger, sent.ref.id, then)).witnessed).toMatchObject({ witnesses: [FIU] });
    const later = await signCheckpoint(ledger, { witness: FIU });
    expect(await examine(ledger, sent.ref.id, later)).toEqual({ witnessed: undefined, isDoubtful: true });
  });

  test("for its country where the agency is the country's single point of contact", async () => {
    const { ledger, sent } = await createTreatedMessage(undefined, true);
    const judge = async () => examine(ledger, sent.ref.id, await signCheckpoint(ledger, { witness: FIU }));
    expect((await judge()).witnessed).toMatchObject({ countries: 0 });
    const spoc = "RS-FIU" as AgencyId;
    const { world } = ledger;
    await ledger.append(await world.statement("anchor", toAuthority("RS", { version: 2, spoc })));
    expect((await judge()).witnessed).toMatchObject({ countries: 1, witnesses: [FIU] });
  });
});
