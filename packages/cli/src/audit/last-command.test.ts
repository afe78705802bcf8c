import { AgencyId, LeixError, parseRecord, toDigest } from "@leix/protocol";
import { beforeAll, expect, test } from "vitest";
import { findLast } from "./last-command.ts";
import type { ReplaySource, SourceRecord } from "./replay-source.ts";
import { createSignedLedger, type SignedLedger } from "./signed-ledger.testkit.ts";

const AGENCY = AgencyId.parse("AL-SPOC");

let ledger: SignedLedger;
beforeAll(async () => {
  ledger = await createSignedLedger();
  const prev = toDigest("the one before");
  for (const seq of [7, 7, 3]) {
    const claims = { classification: "unclassified", seq, prev };
    await ledger.append(await ledger.world.message("AL-SPOC", ["RS-SPOC"], claims));
  }
});

function toSource(records: readonly SourceRecord[]): ReplaySource {
  return {
    ...{ total: records.length, differences: [] },
    async *records() {
      yield* records;
    },
  };
}

const listMessages = (bytes: Uint8Array) => {
  const record = parseRecord(bytes);
  return record.kind === "message" && record.claims.iss === AGENCY ? [record] : [];
};

test("the highest number counts, and of two that have it the first", async () => {
  const found = await findLast(toSource(ledger.records.map((bytes) => ({ bytes }))), AGENCY);
  const first = ledger.records.flatMap(listMessages).find(({ claims }) => claims.seq === 7);
  expect(found).toEqual({ seq: 7, digest: first?.input.digest, index: ledger.records.length - 3 });
});

test("that nothing is found does not say that there was nothing, where records are erased", async () => {
  const none = ledger.records.filter((bytes) => listMessages(bytes).length === 0).map((bytes) => ({ bytes }));
  await expect(findLast(toSource(none), AGENCY)).rejects.toMatchObject({ code: "client/not-found" });
  const erased = [{ bytes: new Uint8Array(), erased: new Uint8Array() }, ...none];
  await expect(findLast(toSource(erased), AGENCY)).rejects.toMatchObject({ code: "ledger/record-erased" });
  const refused = new LeixError("ledger/store-damaged");
  const damaged = [...none, { bytes: new Uint8Array(), refused }];
  await expect(findLast(toSource(damaged), AGENCY)).rejects.toBe(refused);
});
