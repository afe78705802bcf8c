import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8, parseRecord } from "@leix/protocol";
import { expect, test } from "vitest";
import { createSignedLedger, writeSignedExport } from "../audit/signed-ledger.testkit.ts";
import { makeFromLedger } from "./make.ts";

test("a cosigned note that was damaged where it lies is passed over for the newest checkpoint", async () => {
  const ledger = await createSignedLedger();
  const folder = await mkdtemp(join(tmpdir(), "leix-make-"));
  try {
    const [file, trust] = [join(folder, "ledger.ndjson"), join(folder, "party.json")];
    await writeFile(trust, JSON.stringify(ledger.world.trust));
    const newest = await ledger.sign(ledger.headAt(ledger.records.length));
    const messages = ledger.records
      .map((bytes) => parseRecord(bytes))
      .filter(({ kind }) => kind === "message");
    const [message] = messages.flatMap((record) => (record.kind === "message" ? [record.claims.id] : []));
    const make = async (cosigned: Uint8Array) => {
      await writeSignedExport(file, ledger, newest, cosigned);
      return await makeFromLedger("/nowhere", message ?? "", { from: file, trust });
    };
    expect((await make(newest)).why).toBe("cosigned");
    const [origin, ...rest] = new TextDecoder().decode(newest).split("\n");
    const other = [`${origin}x`, ...rest].join("\n");
    expect((await make(encodeUtf8(other))).why).toBe("newest");
  } finally {
    await rm(folder, { recursive: true });
  }
});
